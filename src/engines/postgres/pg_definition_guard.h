#pragma once

#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

/// Looks whether definitions that `snapshot`, a session with a snapshot of before, sees still stand
/// unchanged: schemas, functions, types, views, operators and their classes, collations, text
/// search configurations and dictionaries. To be asked after pg_dump, which locks only tables and
/// lets the server spell the rest as it is at that moment: a function dropped meanwhile is written
/// without its result, a renamed type under both names, and nothing fails until the restore.
/// Errors: Conflict (transient) naming what changed.
[[nodiscard]] Result<void> CheckDefinitionsStand(PgSession& snapshot,
                                                 const OperationContext& context);

}  // namespace dbstow::postgres
