#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

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

  /// These files as a data backup has them, or with what a differential one brings. The primary
  /// file comes with the catalog.
  [[nodiscard]] SqlResult<void> Load(const BackupSet& set, const Payload& payload,
                                     const std::set<int>& files);
  /// Pages as a data backup has them. The rows are not in pages, so only their health changes.
  [[nodiscard]] SqlResult<void> LoadPages(const BackupSet& set, const Payload& payload,
                                          const std::vector<PageId>& pages);
  /// Whether the stop was reached, or the end of the log without one. Errors: 4334.
  [[nodiscard]] SqlResult<bool> RollForward(const BackupSet& set, const Payload& payload,
                                            const StopPoint& stop);

  /// Undoes what was not committed and opens the database on a new recovery fork. All files but
  /// those whose recovery was put off are where the primary one is, or need no log.
  [[nodiscard]] SqlResult<void> Recover();
  /// Opens files of a database that is online.
  void Open(const std::set<int>& files);
  /// And pages: what was wrong with them is gone.
  [[nodiscard]] SqlResult<void> OpenPage(PageId page);
  /// Undoes it for readers only, and remembers what.
  [[nodiscard]] SqlResult<void> EnterStandby(const std::string& undo_file);
  /// Errors: 3441 when the undo file is gone.
  [[nodiscard]] SqlResult<void> LeaveStandby();

 private:
  enum class LoadKind { kWhole, kChanges };

  [[nodiscard]] bool IsOnline() const;
  [[nodiscard]] SqlResult<void> PutRows(const TableImage& image, std::size_t columns);
  [[nodiscard]] SqlResult<void> LoadTable(const TableImage& image, const Table& table,
                                          LoadKind kind);
  [[nodiscard]] SqlResult<void> LoadCatalog(const BackupSet& set, const Database& from,
                                            const std::set<int>& files);
  [[nodiscard]] SqlResult<void> LoadLog(const BackupSet& set, const Payload& payload,
                                        const std::set<int>& files);
  void Adopt(const BackupSet& set, const Database& from);
  void AdvancePrimary(const BackupSet& set, const Payload& payload, const Lsn& end);

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
