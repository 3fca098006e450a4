#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "doubles/sqlserver/model/instance.h"

namespace dbstow::doubles::sqlserver {

enum class LogOp {
  kBegin = 1,  ///< `name` is the mark, if any
  kCommit = 2,
  kAbort = 3,
  kInsert = 4,
  kUpdate = 5,
  kDelete = 6,
  kCreateTable = 7,  ///< the table's JSON in `after`
  kDropTable = 8,    ///< the same in `before`; its rows were deleted before
  kUsers = 9,        ///< all users, before and after
  kAddFile = 10,     ///< file and group in `after`
  kFileGroup = 11,   ///< the group, before and after
};

struct LogRecord {
  Lsn lsn;
  std::int64_t transaction = 0;
  LogOp op = LogOp::kBegin;
  int object = 0;
  std::int64_t row = 0;
  std::string before;
  std::string after;
  Milliseconds time = 0;
  std::string name;
};

/// What a record is applied to.
struct ApplyScope {
  bool catalog = true;
  bool rows = true;
};

/// A database's log and the rows it describes. Everything runs within the instance's unit of work.
class Journal {
 public:
  Journal(Instance& instance, int database) : instance_(instance), id_(database) {}

  [[nodiscard]] SqlResult<std::int64_t> BeginTransaction(const std::string& mark = {});
  [[nodiscard]] SqlResult<void> Commit(std::int64_t transaction);
  /// Takes every change back by changes of its own, newest first.
  [[nodiscard]] SqlResult<void> Abort(std::int64_t transaction);

  [[nodiscard]] SqlResult<void> Insert(std::int64_t transaction, int table, const Row& row);
  [[nodiscard]] SqlResult<void> Update(std::int64_t transaction, int table, std::int64_t row_id,
                                       const Row& before, const Row& after);
  [[nodiscard]] SqlResult<void> Delete(std::int64_t transaction, int table, std::int64_t row_id,
                                       const Row& before);
  [[nodiscard]] SqlResult<void> CreateTable(std::int64_t transaction, const Table& table);
  /// Deletes its rows, then the table.
  [[nodiscard]] SqlResult<void> DropTable(std::int64_t transaction, int table);
  [[nodiscard]] SqlResult<void> SetUsers(std::int64_t transaction, const std::vector<User>& users);
  [[nodiscard]] SqlResult<void> AddFile(std::int64_t transaction, const DatabaseFile& file,
                                        const FileGroup& group);
  [[nodiscard]] SqlResult<void> ChangeFileGroup(std::int64_t transaction, const FileGroup& group);

  /// Records with from ≤ lsn < until, in order.
  [[nodiscard]] SqlResult<std::vector<LogRecord>> Read(const Lsn& from, const Lsn& until) const;
  /// Adds records of a backup as they are.
  [[nodiscard]] SqlResult<void> Import(const std::vector<LogRecord>& records);
  [[nodiscard]] SqlResult<void> Redo(const LogRecord& record);
  /// For those of the files that have not got there yet; the primary one has the catalog.
  [[nodiscard]] SqlResult<void> RedoBehind(const LogRecord& record, const std::set<int>& files);
  /// Without logging: for STANDBY.
  [[nodiscard]] SqlResult<void> UndoQuietly(const LogRecord& record);
  /// Transactions without an end, in the log below `until`, with the LSN of their begin.
  struct Open {
    std::int64_t transaction = 0;
    Lsn begin;
  };
  [[nodiscard]] SqlResult<std::vector<Open>> OpenTransactions() const;
  /// The changes of open transactions, newest first.
  [[nodiscard]] SqlResult<std::vector<LogRecord>> OpenChanges() const;
  /// Rolls every open transaction back.
  [[nodiscard]] SqlResult<void> UndoOpen();

  /// Drops what nobody needs: below `until`, running transactions and running backups.
  [[nodiscard]] SqlResult<void> Truncate(const Lsn& until);
  /// Truncate for a database whose log is not backed up; nothing for others.
  [[nodiscard]] SqlResult<void> TruncateIfSimple();
  [[nodiscard]] SqlResult<Lsn> OldestNeeded() const;

  /// Makes and drops what holds rows; not logged.
  [[nodiscard]] SqlResult<void> MakeRows(const Table& table);
  [[nodiscard]] SqlResult<void> DropRows(int table);
  /// The rows of another database's table of that number, as they are now.
  [[nodiscard]] SqlResult<void> CopyRows(const Table& table, const Journal& from);
  [[nodiscard]] SqlResult<void> DropEverything();
  /// All of the log, or what is before an LSN; what is from an LSN on.
  [[nodiscard]] SqlResult<void> DropLog(const std::optional<Lsn>& before);
  [[nodiscard]] SqlResult<void> DropLogFrom(const Lsn& from);
  [[nodiscard]] std::string RowsOf(int table) const;

 private:
  [[nodiscard]] SqlResult<Lsn> Append(LogRecord record);
  [[nodiscard]] SqlResult<void> AppendAndApply(LogRecord record);
  [[nodiscard]] SqlResult<void> Apply(const LogRecord& record, const Lsn& lsn,
                                      const ApplyScope& scope);
  [[nodiscard]] SqlResult<void> ApplyToCatalog(const LogRecord& record, const Lsn& lsn);
  [[nodiscard]] SqlResult<void> PutRow(const LogRecord& record, const Lsn& lsn,
                                       const ApplyScope& scope);
  [[nodiscard]] SqlResult<std::vector<LogRecord>> Records(const std::string& condition,
                                                          const Row& values) const;

  Instance& instance_;
  int id_;
};

/// The record that takes `record` back.
[[nodiscard]] LogRecord Inverse(const LogRecord& record);
[[nodiscard]] bool IsChange(LogOp op);

}  // namespace dbstow::doubles::sqlserver
