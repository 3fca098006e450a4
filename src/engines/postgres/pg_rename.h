#pragma once

#include <map>
#include <string>
#include <vector>

#include "engines/postgres/pg_archive.h"
#include "engines/postgres/pg_mapping.h"
#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

/// Renames the schemas and tables of a loaded database as the mapping says, in one transaction.
/// Swapping two names works. Returns warnings: what still says an old name in a text.
/// Errors: AlreadyExists when a new name is taken, PermissionDenied, NotFound.
[[nodiscard]] Result<std::vector<std::string>> RenameObjects(PgSession& session,
                                                             const RestoreMapping& mapping);

/// What is made after the renames calls functions by their new schemas.
void RenameInEventTriggers(const std::map<std::string, std::string>& schemas, PgArchive& archive);

}  // namespace dbstow::postgres
