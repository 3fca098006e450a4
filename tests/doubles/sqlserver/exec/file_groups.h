#pragma once

#include "doubles/sqlserver/model/database.h"
#include "doubles/sqlserver/value/sql_result.h"

namespace dbstow::doubles::sqlserver {

/// Whether the rows of a table can be read now. Errors: 8653.
[[nodiscard]] SqlResult<void> CheckReadable(const Database& database, const Table& table);
/// And changed. Errors: 8653, 652.
[[nodiscard]] SqlResult<void> CheckChangeable(const Database& database, const Table& table);
/// Whether a table can be made there. Errors: 1921, 1922, 1924, 1931.
[[nodiscard]] SqlResult<void> CheckRoom(const Database& database, const std::string& file_group);
/// Whether a table can be dropped. Errors: 3740, 3741.
[[nodiscard]] SqlResult<void> CheckDroppable(const Database& database, const Table& table);

}  // namespace dbstow::doubles::sqlserver
