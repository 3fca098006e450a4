#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "repository/environment.h"
#include "repository/key_slot.h"
#include "repository/reports.h"
#include "repository/repository_file.h"

namespace dbstow::repository {

/// A slot as it is in the store: its name, and what it holds or why that is unknown.
struct StoredSlot {
  std::string name;
  Result<KeySlot> slot;
};
[[nodiscard]] Result<std::vector<StoredSlot>> ListSlots(storage::ObjectStore& store);
/// Returns the slot's name.
[[nodiscard]] Result<std::string> StoreSlot(storage::ObjectStore& store, const KeySlot& slot);

struct Unlocked {
  RepositoryFile file;
  Keyring keyring;
  std::set<std::string> slots;  ///< names of all that were there
  std::string opened;           ///< the one that the keyring is from
};
/// Writes nothing. A slot that is damaged or cannot be tried only matters when no other opens: then
/// it is named. Errors: NoRepository, WrongKey, Corrupt, UnsupportedCapability, OutOfSpace
/// (memory), store errors.
[[nodiscard]] Result<Unlocked> UnlockRepository(storage::ObjectStore& store,
                                                const SecretString& passphrase);
/// Stores a slot that holds a keyring read when the slots were those of `known`. Whoever changes
/// keys at the same time from an older keyring would lose the epochs that are not in it, so when
/// other slots came or went this one is taken back. Returns its name. Errors: Conflict.
[[nodiscard]] Result<std::string> StoreSlotUnlessOthersChanged(storage::ObjectStore& store,
                                                               const KeySlot& slot,
                                                               const std::set<std::string>& known);
/// Whoever changes keys from a keyring that lacks the newest epochs could delete the only slot that
/// has them. Errors: Conflict when a slot has more epochs than `keyring`; why a slot's number of
/// epochs is unknown, unless it is damaged for good.
[[nodiscard]] Result<void> CheckHasAllEpochs(const std::vector<StoredSlot>& slots,
                                             const Keyring& keyring);
/// Names of the whole slots with fewer epochs than another: a rotation left them, or a second
/// `init`.
[[nodiscard]] std::vector<std::string> SlotsWithOldEpochs(const std::vector<StoredSlot>& slots);
/// What is wrong with repo.json and these slots.
[[nodiscard]] Result<std::vector<DamagedObject>> CheckKeyObjects(
    storage::ObjectStore& store, const std::vector<StoredSlot>& slots);

}  // namespace dbstow::repository
