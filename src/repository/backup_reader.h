#pragma once

#include <memory>
#include <optional>

#include "dbstow/core/backup_store.h"
#include "repository/chain.h"

namespace dbstow::repository {

/// Announces a reader of the manifest, then opens it. Errors: Conflict when a pruner removed it
/// meanwhile, Corrupt, WrongKey, store errors.
[[nodiscard]] Result<std::unique_ptr<BackupReader>> OpenBackup(Chain chain, ManifestName name);

/// Keeps the session of a reader announced for as long as it lives. Where the store refuses to be
/// written to (full, read-only, broken), reading goes on unannounced: a restore matters more, and
/// the worst that can happen to it is that a pruner makes it fail.
class ReadAnnouncement {
 public:
  [[nodiscard]] static std::unique_ptr<ReadAnnouncement> Put(const Chain& chain,
                                                             const ManifestName& name);
  ~ReadAnnouncement();
  ReadAnnouncement(const ReadAnnouncement&) = delete;
  ReadAnnouncement& operator=(const ReadAnnouncement&) = delete;

 private:
  ReadAnnouncement(const Chain& chain, std::optional<Intent> intent)
      : chain_(chain), intent_(std::move(intent)) {}
  const Chain chain_;
  const std::optional<Intent> intent_;
};

}  // namespace dbstow::repository
