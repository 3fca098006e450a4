#pragma once

#include "engines/postgres/pg_backup_catalog.h"
#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

/// Reads all of it from the session's database. Sequences are read as they are now, which is never
/// behind what the session's snapshot shows. Errors: PermissionDenied on a sequence.
[[nodiscard]] Result<PgBackupCatalog> ReadCatalog(PgSession& session);

/// The values of sequences in it.
[[nodiscard]] Result<std::vector<PgSequenceValue>> ReadSequences(PgSession& session);

/// The part of it that is about the session's database as a whole.
[[nodiscard]] Result<PgDatabaseFacts> ReadDatabaseFacts(PgSession& session);

/// User mappings whose options (passwords, often) the role may not see, so that pg_dump writes them
/// without, and says nothing: one warning each.
[[nodiscard]] Result<std::vector<std::string>> ListHiddenOptions(PgSession& session);

}  // namespace dbstow::postgres
