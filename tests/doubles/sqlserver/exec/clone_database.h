#pragma once

#include <vector>

#include "doubles/sqlserver/exec/engine.h"

namespace dbstow::doubles::sqlserver {

/// DBCC CLONEDATABASE: the schema without its rows, read-only. Returns what the server says on the
/// way. Under the instance's lock, in a unit of work of its own.
[[nodiscard]] SqlResult<std::vector<SqlError>> CloneDatabase(Engine& engine, const Session& session,
                                                             const DbccStatement& statement);

}  // namespace dbstow::doubles::sqlserver
