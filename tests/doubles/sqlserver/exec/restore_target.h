#pragma once

#include <optional>
#include <string>

#include "doubles/sqlserver/media/backup_set.h"
#include "doubles/sqlserver/media/payload.h"
#include "doubles/sqlserver/model/journal.h"

namespace dbstow::doubles::sqlserver {

/// Where rolling forward ends.
struct StopPoint {
  enum class Kind { kNone, kTime, kMark, kLsn };
  Kind kind = Kind::kNone;
  Milliseconds time = 0;  ///< or AFTER for a mark
  std::string mark;
  Lsn lsn;
  bool inclusive = true;  ///< STOPATMARK rather than STOPBEFOREMARK
};

/// A database that is being restored: data, log, recovery. Everything runs within a unit of work.
class RestoreTarget {
 public:
  RestoreTarget(Instance& instance, int database)
      : instance_(instance), journal_(instance, database), id_(database) {}

  /// The rows and the log of a full backup, into an empty database.
  [[nodiscard]] SqlResult<void> LoadFull(const BackupSet& set, const Payload& payload);
  [[nodiscard]] SqlResult<void> LoadDifferential(const BackupSet& set, const Payload& payload);
  /// Whether the stop was reached, or the end of the log without one. Errors: 4334.
  [[nodiscard]] SqlResult<bool> RollForward(const BackupSet& set, const Payload& payload,
                                            const StopPoint& stop);

  /// Undoes what was not committed and opens the database on a new recovery fork.
  [[nodiscard]] SqlResult<void> Recover();
  /// Undoes it for readers only, and remembers what.
  [[nodiscard]] SqlResult<void> EnterStandby(const std::string& undo_file);
  /// Errors: 3441 when the undo file is gone.
  [[nodiscard]] SqlResult<void> LeaveStandby();

 private:
  [[nodiscard]] SqlResult<void> PutRows(const TableImage& image, std::size_t columns);
  [[nodiscard]] SqlResult<void> RedoImageLog(const Payload& payload);
  void Adopt(const BackupSet& set, const Database& from);

  Instance& instance_;
  Journal journal_;
  int id_;
};

/// The LSN of the first record that is not to be applied any more; none: the log does not reach the
/// stop. Errors: 4334.
[[nodiscard]] SqlResult<std::optional<Lsn>> FindStop(const BackupSet& set,
                                                     const std::vector<LogRecord>& log,
                                                     const StopPoint& stop);

}  // namespace dbstow::doubles::sqlserver
