#pragma once

#include <optional>
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
};
/// Writes nothing. Errors: NoRepository, WrongKey, Corrupt, UnsupportedCapability, store errors.
[[nodiscard]] Result<Unlocked> UnlockRepository(storage::ObjectStore& store,
                                                const SecretString& passphrase);
/// What is wrong with repo.json and the slots.
[[nodiscard]] Result<std::vector<DamagedObject>> CheckKeyObjects(storage::ObjectStore& store);

}  // namespace dbstow::repository
