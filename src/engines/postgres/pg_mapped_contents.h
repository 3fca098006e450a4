#pragma once

#include <string>
#include <vector>

#include "engines/postgres/pg_backup_contents.h"
#include "engines/postgres/pg_mapping.h"

namespace dbstow::postgres {

/// Narrows a backup to what the mapping selects, and replaces owners and tablespaces. Renames are
/// left to `RenameObjects`, after the load. Returns warnings.
/// Errors: InvalidOptions for names that the backup does not hold.
[[nodiscard]] Result<std::vector<std::string>> MapContents(const RestoreMapping& mapping,
                                                           const std::string& target,
                                                           BackupContents& contents);

}  // namespace dbstow::postgres
