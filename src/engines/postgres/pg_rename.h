#pragma once

#include <string>
#include <vector>

#include "engines/postgres/pg_mapping.h"
#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

/// Renames the schemas and tables of a loaded database as the mapping says, in one transaction.
/// Swapping two names works. Returns warnings: functions whose text still says an old name.
/// Errors: AlreadyExists when a new name is taken, PermissionDenied, NotFound.
[[nodiscard]] Result<std::vector<std::string>> RenameObjects(PgSession& session,
                                                             const RestoreMapping& mapping);

}  // namespace dbstow::postgres
