#include "doubles/sqlserver/model/journal.h"

#include <algorithm>

#include "doubles/sqlserver/model/log_images.h"
#include "doubles/sqlserver/model/row_codec.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::uint32_t kBlocksPerVlf = 4000;
constexpr std::uint32_t kBlockStep = 8;

// Each commit is one flush of the log: a new block.
void Advance(Database& database, LogOp op) {
  if (op == LogOp::kCommit || op == LogOp::kAbort || database.next_lsn.slot == 0xFFF0) {
    database.next_lsn.block += kBlockStep;
    database.next_lsn.slot = 1;
    if (database.next_lsn.block > kBlocksPerVlf) {
      ++database.next_lsn.vlf;
      database.next_lsn.block = 16;
    }
  } else {
    ++database.next_lsn.slot;
  }
}

Value Bytes(const std::string& bytes) { return Value(Blob{bytes}); }

}  // namespace

std::string Journal::RowsOf(int table) const {
  return "rows_" + std::to_string(id_) + "_" + std::to_string(table);
}

SqlResult<Lsn> Journal::Append(LogRecord record) {
  Database& database = instance_.Mutable(id_);
  record.lsn = database.next_lsn;
  record.time = instance_.Now();
  DBSTOW_TRY(Import({record}));
  Advance(database, record.op);
  return record.lsn;
}

SqlResult<void> Journal::Import(const std::vector<LogRecord>& records) {
  for (const LogRecord& record : records) {
    DBSTOW_TRY(instance_.store().Run(
        "INSERT OR REPLACE INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {Int(id_), Text(record.lsn.ToKey()), Int(record.transaction),
         Int(static_cast<int>(record.op)), Int(record.object), Int(record.row),
         Bytes(record.before), Bytes(record.after), Int(record.time), Text(record.name)}));
  }
  return {};
}

SqlResult<std::vector<LogRecord>> Journal::Records(const std::string& condition,
                                                   const Row& values) const {
  Row all{Int(id_)};
  all.insert(all.end(), values.begin(), values.end());
  DBSTOW_ASSIGN(
      const std::vector<Row> rows,
      instance_.store().Query("SELECT lsn, tx, op, object, row, before, after, time, name FROM log "
                              "WHERE db = ? AND " +
                                  condition,
                              all));
  std::vector<LogRecord> records;
  for (const Row& row : rows) {
    const std::optional<Lsn> lsn = Lsn::FromHex(std::get<std::string>(row[0]));
    if (!lsn) return BrokenLog();
    records.push_back(
        {*lsn, std::get<std::int64_t>(row[1]), static_cast<LogOp>(std::get<std::int64_t>(row[2])),
         static_cast<int>(std::get<std::int64_t>(row[3])), std::get<std::int64_t>(row[4]),
         std::get<Blob>(row[5]).bytes, std::get<Blob>(row[6]).bytes, std::get<std::int64_t>(row[7]),
         std::get<std::string>(row[8])});
  }
  return records;
}

SqlResult<std::vector<LogRecord>> Journal::Read(const Lsn& from, const Lsn& until) const {
  return Records("lsn >= ? AND lsn < ? ORDER BY lsn", {Text(from.ToKey()), Text(until.ToKey())});
}

SqlResult<std::int64_t> Journal::BeginTransaction(const std::string& mark) {
  const std::int64_t transaction = instance_.Mutable(id_).next_transaction++;
  LogRecord record;
  record.transaction = transaction;
  record.name = mark;
  DBSTOW_TRY(Append(std::move(record)));
  return transaction;
}

SqlResult<void> Journal::Commit(std::int64_t transaction) {
  LogRecord record;
  record.transaction = transaction;
  record.op = LogOp::kCommit;
  DBSTOW_TRY(Append(std::move(record)));
  return {};
}

SqlResult<void> Journal::Abort(std::int64_t transaction) {
  DBSTOW_ASSIGN(std::vector<LogRecord> changes,
                Records("tx = ? ORDER BY lsn DESC", {Int(transaction)}));
  for (const LogRecord& change : changes) {
    if (IsChange(change.op)) DBSTOW_TRY(AppendAndApply(Inverse(change)));
  }
  LogRecord record;
  record.transaction = transaction;
  record.op = LogOp::kAbort;
  DBSTOW_TRY(Append(std::move(record)));
  return {};
}

SqlResult<void> Journal::AppendAndApply(LogRecord record) {
  DBSTOW_ASSIGN(const Lsn lsn, Append(record));
  // What is taken back in a file that is not online is taken back there when the log is restored.
  const Database& database = instance_.databases().at(id_);
  const auto table = database.tables.find(record.object);
  const bool online =
      table == database.tables.end() ||
      database.FindFile(database.FileOf(table->second))->state == FileState::kOnline;
  return Apply(record, lsn, {.rows = online});
}

SqlResult<void> Journal::Insert(std::int64_t transaction, int table, const Row& row) {
  DBSTOW_ASSIGN(const std::vector<Row> highest,
                instance_.store().Query("SELECT COALESCE(MAX(rid), 0) + 1 FROM " + RowsOf(table)));
  LogRecord record{{}, transaction, LogOp::kInsert, table, std::get<std::int64_t>(highest[0][0])};
  record.after = EncodeRow(row);
  return AppendAndApply(std::move(record));
}

SqlResult<void> Journal::Update(std::int64_t transaction, int table, std::int64_t row_id,
                                const Row& before, const Row& after) {
  LogRecord record{{}, transaction, LogOp::kUpdate, table, row_id};
  record.before = EncodeRow(before);
  record.after = EncodeRow(after);
  return AppendAndApply(std::move(record));
}

SqlResult<void> Journal::Delete(std::int64_t transaction, int table, std::int64_t row_id,
                                const Row& before) {
  LogRecord record{{}, transaction, LogOp::kDelete, table, row_id};
  record.before = EncodeRow(before);
  return AppendAndApply(std::move(record));
}

SqlResult<void> Journal::CreateTable(std::int64_t transaction, const Table& table) {
  LogRecord record{{}, transaction, LogOp::kCreateTable, table.id};
  record.after = ToJsonText(table);
  return AppendAndApply(std::move(record));
}

SqlResult<void> Journal::DropTable(std::int64_t transaction, int table) {
  const Table definition = instance_.Mutable(id_).tables.at(table);
  std::string columns = "rid";
  for (std::size_t i = 0; i < definition.columns.size(); ++i) columns += ", c" + std::to_string(i);
  DBSTOW_ASSIGN(std::vector<Row> rows,
                instance_.store().Query("SELECT " + columns + " FROM " + RowsOf(table)));
  for (Row& row : rows) {
    const std::int64_t row_id = std::get<std::int64_t>(row[0]);
    row.erase(row.begin());
    DBSTOW_TRY(Delete(transaction, table, row_id, row));
  }
  LogRecord record{{}, transaction, LogOp::kDropTable, table};
  record.before = ToJsonText(definition);
  return AppendAndApply(std::move(record));
}

SqlResult<void> Journal::SetUsers(std::int64_t transaction, const std::vector<User>& users) {
  LogRecord record{{}, transaction, LogOp::kUsers};
  record.before = ToJsonText(instance_.Mutable(id_).users);
  record.after = ToJsonText(users);
  return AppendAndApply(std::move(record));
}

SqlResult<void> Journal::ChangeFileGroup(std::int64_t transaction, const FileGroup& group) {
  LogRecord record{{}, transaction, LogOp::kFileGroup};
  record.before = ToJsonText(*instance_.databases().at(id_).FindFileGroup(group.id));
  record.after = ToJsonText(group);
  return AppendAndApply(std::move(record));
}

SqlResult<void> Journal::AddFile(std::int64_t transaction, const DatabaseFile& file,
                                 const FileGroup& group) {
  LogRecord record{{}, transaction, LogOp::kAddFile};
  record.after = ToJsonText(AddedFile{file, group});
  return AppendAndApply(std::move(record));
}

SqlResult<std::vector<Journal::Open>> Journal::OpenTransactions() const {
  DBSTOW_ASSIGN(
      const std::vector<Row> rows,
      instance_.store().Query("SELECT tx, MIN(lsn) FROM log WHERE db = ?1 GROUP BY tx "
                              "HAVING SUM(op IN (2, 3)) = 0 AND SUM(op = 1) > 0 ORDER BY tx",
                              {Int(id_)}));
  std::vector<Open> open;
  for (const Row& row : rows) {
    const std::optional<Lsn> begin = Lsn::FromHex(std::get<std::string>(row[1]));
    if (!begin) return BrokenLog();
    open.push_back({std::get<std::int64_t>(row[0]), *begin});
  }
  return open;
}

SqlResult<std::vector<LogRecord>> Journal::OpenChanges() const {
  DBSTOW_ASSIGN(std::vector<LogRecord> records,
                Records("op >= 4 AND tx IN (SELECT tx FROM log WHERE db = ?1 GROUP BY tx HAVING "
                        "SUM(op IN (2, 3)) = 0 AND SUM(op = 1) > 0) ORDER BY lsn DESC",
                        {}));
  return records;
}

SqlResult<void> Journal::UndoOpen() {
  DBSTOW_ASSIGN(std::vector<Open> open, OpenTransactions());
  std::reverse(open.begin(), open.end());
  for (const Open& one : open) DBSTOW_TRY(Abort(one.transaction));
  return {};
}

SqlResult<Lsn> Journal::OldestNeeded() const {
  DBSTOW_ASSIGN(const std::vector<Open> open, OpenTransactions());
  Lsn oldest = instance_.databases().at(id_).next_lsn;
  for (const Open& one : open) oldest = std::min(oldest, one.begin);
  return oldest;
}

SqlResult<void> Journal::Truncate(const Lsn& until) {
  DBSTOW_ASSIGN(Lsn oldest, OldestNeeded());
  oldest = std::min(oldest, until);
  if (const auto held = instance_.log_holds.find(id_); held != instance_.log_holds.end()) {
    oldest = std::min(oldest, held->second);
  }
  return instance_.store().Run("DELETE FROM log WHERE db = ? AND lsn < ?",
                               {Int(id_), Text(oldest.ToKey())});
}

SqlResult<void> Journal::TruncateIfSimple() {
  const Database& database = instance_.databases().at(id_);
  const bool kept =
      database.recovery_model != RecoveryModel::kSimple && !database.last_log_backup.IsNone();
  if (kept || database.state != DatabaseState::kOnline || database.standby) return {};
  return Truncate(database.next_lsn);
}

}  // namespace dbstow::doubles::sqlserver
