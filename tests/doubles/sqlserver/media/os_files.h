#pragma once

#include <cstdint>
#include <string>

#include "doubles/sqlserver/value/sql_result.h"

namespace dbstow::doubles::sqlserver {

/// The files of databases: empty, but there, so that paths collide and vanish as they do in life.

/// "5(Access is denied.)" and its kind, from errno.
[[nodiscard]] std::string OsErrorText(int error);
/// The server's (Windows') number for an errno: 2, 3, 5, 32, 112, …
[[nodiscard]] int OsErrorNumber(int error);
[[nodiscard]] bool FileExists(const std::string& path);
/// Errors: 5170 when it exists, 5133 without its folder, 5123 otherwise.
[[nodiscard]] SqlResult<void> CreateDataFile(const std::string& path);
/// As CreateDataFile, but takes over a file that is there.
[[nodiscard]] SqlResult<void> TakeDataFile(const std::string& path);
void RemoveDataFile(const std::string& path);

}  // namespace dbstow::doubles::sqlserver
