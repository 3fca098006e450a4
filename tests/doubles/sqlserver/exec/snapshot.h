#pragma once

#include <vector>

#include "doubles/sqlserver/exec/engine.h"
#include "doubles/sqlserver/media/backup_set.h"
#include "doubles/sqlserver/media/payload.h"

namespace dbstow::doubles::sqlserver {

enum class DifferentialBitmap { kCleared, kKept };

/// Freezes a database until `Resume` or the end of the session. Meanwhile changes wait, and its
/// primary data file holds what a copy of the files taken now is worth. Returns what there is to
/// say. Errors: 3023, 3081, and what the file says.
[[nodiscard]] SqlResult<std::vector<SqlError>> Suspend(Engine& engine, const Session& session,
                                                       int database, DifferentialBitmap bitmap);
/// Errors: 3082 when it was not suspended.
[[nodiscard]] SqlResult<std::vector<SqlError>> Resume(Engine& engine, const Session& session,
                                                      int database);
/// The database in files that were copied while it was suspended for this set. Errors: 5120 when
/// one is not there, 5171 when the primary one holds something else.
[[nodiscard]] SqlResult<Payload> ReadCopiedFiles(const BackupSet& set,
                                                 const std::vector<DatabaseFile>& files);

}  // namespace dbstow::doubles::sqlserver
