#pragma once

#include <string>

#include "doubles/sqlserver/model/database.h"
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
[[nodiscard]] inline SqlError HasSnapshot(const std::string& verb, const Database& snapshot) {
  return {3709, 16,
          "Cannot " + verb + " the database while the database snapshot \"" + snapshot.name +
              "\" refers to it. Drop that database first."};
}
[[nodiscard]] inline SqlError NoBackupOfSnapshots() {
  return {3002, 16, "Cannot BACKUP or RESTORE a database snapshot."};
}
/// What RESTORE says of a database that it cannot make.
[[nodiscard]] inline SqlError NoSuchDatabase(const std::string& name) {
  return {3118, 16,
          "The database \"" + name +
              "\" does not exist. RESTORE can only create a database when restoring either a full "
              "backup or a file backup of the primary file."};
}
[[nodiscard]] inline SqlError NotSupportedHere(const std::string& what) {
  return {40510, 16, "Statement '" + what + "' is not supported in this version of SQL Server."};
}

}  // namespace dbstow::doubles::sqlserver
