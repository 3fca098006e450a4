#pragma once

#include <string>

#include "doubles/sqlserver/value/sql_result.h"

namespace dbstow::doubles::sqlserver {

/// Not an error of the server: the statement must wait for the session in `state` and run again.
inline constexpr int kBlocked = -1;

[[nodiscard]] inline SqlError Denied(const std::string& permission, const std::string& database) {
  return {262, 14, permission + " permission denied in database '" + database + "'."};
}
[[nodiscard]] inline SqlError NoPermission() {
  return {15247, 16, "User does not have permission to perform this action."};
}
[[nodiscard]] inline SqlError NoDatabase(const std::string& name) {
  return {911, 16,
          "Database '" + name + "' does not exist. Make sure that the name is entered correctly."};
}
[[nodiscard]] inline SqlError NotSupportedHere(const std::string& what) {
  return {40510, 16, "Statement '" + what + "' is not supported in this version of SQL Server."};
}

}  // namespace dbstow::doubles::sqlserver
