#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doubles/sqlserver/sql/ast.h"

namespace dbstow::doubles::sqlserver {

/// What a test does to a statement to come.
struct StatementFault {
  std::string statement;  ///< "BACKUP", "BACKUP LOG", "RESTORE VERIFYONLY", "SELECT", …
  int nth = 1;            ///< of those that match, counted from now on
  int times = 1;          ///< that many from there on
  /// Of a BACKUP, RESTORE or VERIFYONLY when it is that far; 0, and others: before it does
  /// anything.
  int at_percent = 0;
  int wait_ms = 0;
  bool cut = false;              ///< the connection breaks, without a word
  std::vector<SqlError> errors;  ///< said in that order; BACKUP and RESTORE add their 3013
};

/// What tests do to the server through the control port. Under the instance's lock.
struct Faults {
  int backup_step_ms = 0;        ///< each percent of a backup or restore takes this long
  int break_upload_at_part = 0;  ///< to a URL; 0: never
  int most_parts = 0;            ///< of an object at a URL; 0: what the endpoints allow
  std::int64_t free_bytes = -1;  ///< on the disk of data files; -1: enough
  std::vector<StatementFault> statements;

  /// What happens to this statement, which is counted.
  [[nodiscard]] std::optional<StatementFault> Strike(std::string_view kind);
};

/// "BACKUP LOG", "SELECT", "ALTER DATABASE": how faults name it. Empty for what they do not know.
[[nodiscard]] std::string KindOf(const Statement& statement);
/// Whether it says how far it is.
[[nodiscard]] bool ShowsPercent(std::string_view kind);
[[nodiscard]] std::string_view NameOf(RestoreVerb verb);
[[nodiscard]] std::string_view NameOf(const BackupStatement& statement);

}  // namespace dbstow::doubles::sqlserver
