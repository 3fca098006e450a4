#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engines/postgres/pg_backup_catalog.h"
#include "engines/postgres/pg_schema_apply.h"
#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

// What pg_dump's schema does not hold, put back from `catalog.json`.

/// Creates the large objects, empty, with owner, comment and grants. Returns a warning for each
/// reason why an owner or grant could not be set: a role that is missing, a right that the session
/// lacks.
[[nodiscard]] Result<std::vector<std::string>> CreateLargeObjects(PgSession& session,
                                                                  const PgBackupCatalog& catalog,
                                                                  const RestoreRights& rights);
/// `present`: which of the sequences the database has (a selection may have left some out).
[[nodiscard]] Result<void> SetSequences(PgSession& session, const PgBackupCatalog& catalog);

/// Statements that give database `name` the settings of the backed up one, also those of roles in
/// it.
[[nodiscard]] std::vector<std::string> SettingStatements(const PgDatabaseFacts& facts,
                                                         const std::string& name);

/// Statements that give database `name` the settings, grants and limits of the backed up one; each
/// stands alone, and a failure of one is worth a warning only. The owner comes last.
[[nodiscard]] std::vector<std::string> DatabaseStatements(const PgDatabaseFacts& facts,
                                                          const std::string& name,
                                                          const RestoreRights& rights);

/// The names in the value of a setting that is a list of them, such as search_path.
[[nodiscard]] std::vector<std::string> NamesInList(std::string_view value);

/// The value of a setting as SQL: a list of quoted names for settings that are lists.
[[nodiscard]] std::string SettingValue(const std::string& name, const std::string& value);

}  // namespace dbstow::postgres
