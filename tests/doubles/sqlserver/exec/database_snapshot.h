#pragma once

#include "doubles/sqlserver/exec/engine.h"
#include "doubles/sqlserver/sql/ast.h"

namespace dbstow::doubles::sqlserver {

/// CREATE DATABASE … AS SNAPSHOT OF: a database that can be read, as its source was now, without
/// what is not committed. Errors: 226, 911, 1801, 1815, 1816, 1817, 1821, 1822, 1825, 5114, 5115,
/// 5127 and what the files say.
[[nodiscard]] SqlResult<void> CreateSnapshot(Engine& engine, const Session& session,
                                             const CreateDatabaseStatement& statement);

/// The database becomes what its only snapshot is. Its log begins anew. Errors: 3101, 3137, 3139.
[[nodiscard]] SqlResult<void> Revert(Engine& engine, const Session& session, int database,
                                     const std::string& snapshot);

}  // namespace dbstow::doubles::sqlserver
