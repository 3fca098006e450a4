#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/backup_store.h"
#include "dbstow/core/clock.h"
#include "dbstow/core/secret.h"
#include "io/key_derivation.h"
#include "repository/environment.h"
#include "repository/reports.h"
#include "repository/retention.h"
#include "repository/tuning.h"
#include "repository/verification.h"

namespace dbstow::repository {

/// A passphrase, or the text of a resolved secret.
struct KeySource {
  const SecretString& passphrase;
};

struct CreateOptions {
  io::KdfCost kdf;  ///< tests choose a cheap one
};

/// One way to unlock the repository.
struct KeySlotInfo {
  std::string id;
  std::string label;
};

/// Chains of backups, one per instance, in an object store: page-exact, compressed, encrypted.
/// docs/repository-format.md says what the bytes mean and why writers, readers and pruners may work
/// at the same time. Thread-safe; starts no threads.
class Repository final : public BackupStore {
 public:
  /// One that died before its end is completed by the next with the same passphrase, which also
  /// puts a lost repo.json back. Errors:
  /// AlreadyExists, InvalidOptions (empty passphrase), store errors.
  [[nodiscard]] static Result<std::unique_ptr<Repository>> Create(RepositoryPorts ports,
                                                                  KeySource key,
                                                                  const CreateOptions& options,
                                                                  RepositoryTuning tuning = {});
  /// Writes nothing. Errors: NoRepository, WrongKey, UnsupportedCapability (made by a later
  /// version), Corrupt.
  [[nodiscard]] static Result<std::unique_ptr<Repository>> Open(RepositoryPorts ports,
                                                                KeySource key,
                                                                RepositoryTuning tuning = {});
  ~Repository() override;

  const std::string& id() const override;
  Result<std::unique_ptr<BackupWriter>> Begin(const BackupPlan& plan) override;
  Result<std::unique_ptr<BackupReader>> Open(std::string_view selector,
                                             std::string_view instance) override;
  Result<std::vector<BackupRecord>> List(std::string_view instance) override;

  /// The instances that have a chain, sorted.
  [[nodiscard]] Result<std::vector<std::string>> Instances();

  /// What `latest` stands for, here and in `Open`. Errors: NotFound; Corrupt when the record of the
  /// newest backup is damaged, with the newest that can be read in the hint.
  [[nodiscard]] Result<BackupRecord> Latest(std::string_view instance);

  /// What `policy` would remove and why it keeps the rest. Changes nothing.
  [[nodiscard]] Result<PrunePlan> PlanPrune(std::string_view instance,
                                            const RetentionPolicy& policy,
                                            const CheckContext& context = {});
  /// Removes what the plan says, as far as nobody uses it and the floor still allows it, and all
  /// debris of writers and pruners that died. Safe beside writers, readers and other pruners.
  /// Errors: Corrupt when a manifest cannot be read (no pack is removed then), Cancelled, Timeout
  /// (what is not removed by then stays, whole), store errors; `PruneReport::failure` when a backup
  /// is gone already, so that the report says which.
  [[nodiscard]] Result<PruneReport> Prune(const PrunePlan& plan, const CheckContext& context = {});
  /// Ends a session that is taken for dead. False when it had already committed its backup.
  [[nodiscard]] Result<bool> Fence(std::string_view instance, std::string_view session);

  /// Checks one backup (`selector` as in `Open`) or, when it is empty, all of the instance.
  /// Level 0: the manifest opens and every pack is there in full size; 1: and has the SHA-256 it is
  /// named by; 2: and every frame decrypts, decompresses and has the recorded page hashes.
  /// Damage is in the report; errors are InvalidOptions, NotFound, Cancelled, Timeout.
  [[nodiscard]] Result<VerifyReport> Verify(std::string_view selector, std::string_view instance,
                                            int level, const CheckContext& context = {});
  /// Stores the outcome of a check, of this room's or of a real restore (level 3).
  [[nodiscard]] Result<void> RecordVerification(const Verification& verification);
  /// What all checks of a chain's backups come to, by backup id.
  [[nodiscard]] Result<std::map<std::string, Standing>> Standings(std::string_view instance);
  /// The same for backups of several chains, as remarks on a list of them: a chain whose checks
  /// cannot be read has none.
  [[nodiscard]] std::map<std::string, Standing> Standings(const std::vector<BackupRecord>& records);
  /// Which backups are restorable, which not and why; reads manifests and listings only.
  [[nodiscard]] Result<CheckReport> Check(const CheckContext& context = {});

  [[nodiscard]] Result<std::vector<KeySlotInfo>> KeySlots();
  /// Errors: Conflict when somebody else has added, removed or rotated keys since it was opened, or
  /// a slot has epochs that are not known here.
  [[nodiscard]] Result<KeySlotInfo> AddKeySlot(KeySource key, std::string_view label,
                                               io::KdfCost cost = {});
  /// Errors: NotFound; SafetyRefused for the last slot that is known to open this repository (it
  /// was opened with that one, or stored it); Conflict when a slot has epochs that are not known
  /// here.
  [[nodiscard]] Result<void> RemoveKeySlot(std::string_view slot);
  /// Opens a new epoch for all later packs: they cannot be read with any key known before. Only
  /// `key` opens the repository afterwards; add the other slots again. The next backup of each
  /// chain stores everything. Errors: Conflict as for `AddKeySlot`; then nothing has changed.
  /// Store errors naming the old slots that could not be removed: the new epoch holds all the same.
  [[nodiscard]] Result<void> RotateEpoch(KeySource key, io::KdfCost cost = {});

 private:
  struct State;
  explicit Repository(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace dbstow::repository
