#pragma once

#include "dbstow/core/result.h"
#include "engines/postgres/pg_backup_catalog.h"
#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

/// Our sessions have settings of their own, so that rows and definitions are written and read in
/// one form. What is computed anew has to be what sessions of the database itself would compute:
/// under its time zone, its text search configuration, its own variables.
///
/// This is for sessions that read rows and definitions, and evaluate checks, generated columns and
/// the expressions of indexes on the way: only what changes no form is as in the database. A
/// setting that the server refuses stays as it was: whoever sets it for the database tells.
[[nodiscard]] Result<void> ComputeAsInDatabase(PgSession& session, const PgDatabaseFacts& facts);

/// The forms in which values become text and back are as in the database, too: for queries of
/// users. Such a session reads no backup.
[[nodiscard]] Result<void> WriteAsInDatabase(PgSession& session, const PgDatabaseFacts& facts);

}  // namespace dbstow::postgres
