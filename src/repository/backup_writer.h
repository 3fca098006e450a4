#pragma once

#include <memory>

#include "dbstow/core/backup_store.h"
#include "repository/chain.h"

namespace dbstow::repository {

/// Announces a writer and gives it a backup to fill. Errors: InvalidOptions (no instance), store
/// errors.
[[nodiscard]] Result<std::unique_ptr<BackupWriter>> BeginBackup(const Chain& chain,
                                                                const BackupPlan& plan);

}  // namespace dbstow::repository
