#include "doubles/sqlserver/exec/restore_target.h"

#include <algorithm>

#include "doubles/sqlserver/media/os_files.h"
#include "doubles/sqlserver/model/row_codec.h"

namespace dbstow::doubles::sqlserver {
namespace {

SqlError Damaged() { return {3189, 16, "Damage to the backup set was detected."}; }

// The commit of the transaction that was begun with the mark.
std::optional<Lsn> CommitOfMark(const std::vector<LogRecord>& log, const StopPoint& stop) {
  std::optional<std::int64_t> transaction;
  for (const LogRecord& record : log) {
    const bool marked = record.op == LogOp::kBegin && !record.name.empty() &&
                        SameName(record.name, stop.mark) && record.time >= stop.time;
    if (!transaction && marked) transaction = record.transaction;
    if (transaction == record.transaction && record.op == LogOp::kCommit) return record.lsn;
  }
  return std::nullopt;
}

// The place behind a record: what a comparison "before" takes for "and it too".
Lsn After(Lsn lsn) {
  ++lsn.slot;
  return lsn;
}

}  // namespace

SqlResult<std::optional<Lsn>> FindStop(const BackupSet& set, const std::vector<LogRecord>& log,
                                       const StopPoint& stop) {
  switch (stop.kind) {
    case StopPoint::Kind::kNone: return std::optional(set.last_lsn);
    case StopPoint::Kind::kTime: {
      for (const LogRecord& record : log) {
        if (record.op == LogOp::kCommit && record.time > stop.time) {
          return std::optional(record.lsn);
        }
      }
      if (set.finish >= stop.time) return std::optional(set.last_lsn);
      return std::optional<Lsn>();
    }
    case StopPoint::Kind::kMark: {
      const std::optional<Lsn> commit = CommitOfMark(log, stop);
      if (!commit) return std::optional<Lsn>();
      return std::optional(stop.inclusive ? After(*commit) : *commit);
    }
    case StopPoint::Kind::kLsn: {
      if (stop.lsn >= set.last_lsn) return std::optional<Lsn>();
      return std::optional(stop.inclusive ? After(stop.lsn) : stop.lsn);
    }
  }
  return std::optional<Lsn>();
}

SqlResult<void> RestoreTarget::PutRows(const TableImage& image, std::size_t columns) {
  const std::string rows = journal_.RowsOf(image.table);
  std::string marks = "?, ?";
  for (std::size_t i = 0; i < columns; ++i) marks += ", ?";
  for (const RowImage& row : image.rows) {
    DBSTOW_TRY(instance_.store().Run("DELETE FROM " + rows + " WHERE rid = ?", {Int(row.id)}));
  }
  for (const RowImage& row : image.rows) {
    const std::optional<Row> decoded = DecodeRow(row.image);
    if (!decoded || decoded->size() != columns) return Damaged();
    Row values{Int(row.id), Text(row.lsn)};
    values.insert(values.end(), decoded->begin(), decoded->end());
    DBSTOW_TRY(instance_.store().Run("INSERT INTO " + rows + " VALUES (" + marks + ")", values));
  }
  return {};
}

// What the set says of the database, but for who and where it is.
void RestoreTarget::Adopt(const BackupSet& set, const Database& from) {
  Database& database = instance_.Mutable(id_);
  database.recovery_model = from.recovery_model;
  database.collation = from.collation;
  database.compatibility_level = from.compatibility_level;
  database.page_verify = from.page_verify;
  database.read_only = from.read_only;
  database.has_bad_page = from.has_bad_page;
  database.clone = from.clone;
  database.verified_clone = from.verified_clone;
  database.file_groups = from.file_groups;
  database.users = from.users;
  database.next_transaction = std::max(database.next_transaction, from.next_transaction);
  database.next_object = std::max(database.next_object, from.next_object);
  database.family_guid = set.family_guid;
  database.forks = set.forks;
  database.checkpoint_lsn = set.checkpoint_lsn;
  database.last_full_checkpoint = from.last_full_checkpoint;
  database.next_lsn = set.last_lsn;
  database.redo_lsn = set.last_lsn;
  database.redo_time = set.finish;
  database.last_log_backup = from.recovery_model == RecoveryModel::kSimple ? Lsn{} : set.first_lsn;
}

SqlResult<void> RestoreTarget::RedoImageLog(const Payload& payload) {
  DBSTOW_TRY(journal_.Import(payload.log));
  for (const LogRecord& record : payload.log) {
    if (record.lsn >= payload.image_lsn) DBSTOW_TRY(journal_.Redo(record));
  }
  return {};
}

SqlResult<void> RestoreTarget::LoadFull(const BackupSet& set, const Payload& payload) {
  Adopt(set, payload.database);
  Database& database = instance_.Mutable(id_);
  database.restored_full_guid = set.guid;
  database.differential_base = payload.database.differential_base;
  if (!set.copy_only) {
    database.differential_base = {set.checkpoint_lsn, set.guid, set.start};
    database.last_full_checkpoint = set.checkpoint_lsn;
  }
  for (const TableImage& image : payload.tables) {
    const auto table = payload.database.tables.find(image.table);
    if (table == payload.database.tables.end()) return Damaged();
    DBSTOW_TRY(journal_.MakeRows(table->second));
    DBSTOW_TRY(PutRows(image, table->second.columns.size()));
  }
  database.tables = payload.database.tables;
  return RedoImageLog(payload);
}

SqlResult<void> RestoreTarget::LoadDifferential(const BackupSet& set, const Payload& payload) {
  Adopt(set, payload.database);
  Database& database = instance_.Mutable(id_);
  const auto& tables = payload.database.tables;
  for (const auto& [table_id, table] : database.tables) {
    if (!tables.contains(table_id)) DBSTOW_TRY(journal_.DropRows(table_id));
  }
  for (const TableImage& image : payload.tables) {
    const auto table = tables.find(image.table);
    if (table == tables.end()) return Damaged();
    if (!database.tables.contains(image.table)) DBSTOW_TRY(journal_.MakeRows(table->second));
    DBSTOW_ASSIGN(const std::vector<Row> rows,
                  instance_.store().Query("SELECT rid FROM " + journal_.RowsOf(image.table)));
    for (const Row& row : rows) {
      const bool alive = std::binary_search(image.alive.begin(), image.alive.end(),
                                            std::get<std::int64_t>(row[0]));
      if (alive) continue;
      DBSTOW_TRY(instance_.store().Run(
          "DELETE FROM " + journal_.RowsOf(image.table) + " WHERE rid = ?", {row[0]}));
    }
    DBSTOW_TRY(PutRows(image, table->second.columns.size()));
  }
  database.tables = tables;
  // What the restored full's log left open is as the differential's log has it.
  DBSTOW_TRY(instance_.store().Run("DELETE FROM log WHERE db = ?", {Int(id_)}));
  return RedoImageLog(payload);
}

SqlResult<bool> RestoreTarget::RollForward(const BackupSet& set, const Payload& payload,
                                           const StopPoint& stop) {
  DBSTOW_ASSIGN(const std::optional<Lsn> found, FindStop(set, payload.log, stop));
  const Lsn end = found.value_or(set.last_lsn);
  std::vector<LogRecord> applied;
  for (const LogRecord& record : payload.log) {
    if (record.lsn < end) applied.push_back(record);
  }
  DBSTOW_TRY(journal_.Import(applied));
  const Lsn from = instance_.Mutable(id_).redo_lsn;
  for (const LogRecord& record : applied) {
    if (record.lsn < from) continue;
    DBSTOW_TRY(journal_.Redo(record));
    if (record.op == LogOp::kCommit) instance_.Mutable(id_).redo_time = record.time;
  }
  Database& database = instance_.Mutable(id_);
  const bool whole = end >= set.last_lsn;
  database.redo_lsn = std::max(database.redo_lsn, std::min(end, set.last_lsn));
  database.next_lsn = database.redo_lsn;
  database.forks = whole ? set.forks : PathUntil(set.forks, database.redo_lsn);
  if (whole) database.recovery_model = payload.database.recovery_model;
  const bool logged = database.recovery_model != RecoveryModel::kSimple;
  database.last_log_backup = !logged ? Lsn{} : whole ? set.last_lsn : set.first_lsn;
  return found.has_value();
}

SqlResult<void> RestoreTarget::Recover() {
  Database& database = instance_.Mutable(id_);
  database.state = DatabaseState::kOnline;
  database.forks.push_back({instance_.NewGuid(), database.redo_lsn});
  database.database_guid = instance_.NewGuid();
  database.next_lsn = {database.redo_lsn.vlf + 1, 16, 1};
  database.begins_chain = false;
  DBSTOW_TRY(journal_.UndoOpen());
  Database& recovered = instance_.Mutable(id_);
  recovered.checkpoint_lsn = recovered.next_lsn;
  recovered.redo_lsn = {};
  recovered.redo_time = 0;
  recovered.restored_full_guid.clear();
  if (recovered.last_log_backup.IsNone()) return journal_.TruncateIfSimple();
  return journal_.Truncate(recovered.last_log_backup);
}

SqlResult<void> RestoreTarget::EnterStandby(const std::string& undo_file) {
  DBSTOW_TRY(TakeDataFile(undo_file));
  DBSTOW_ASSIGN(const std::vector<LogRecord> open, journal_.OpenChanges());
  Database& database = instance_.Mutable(id_);
  database.standby_undone.clear();
  for (const LogRecord& record : open) {
    DBSTOW_TRY(journal_.UndoQuietly(record));
    instance_.Mutable(id_).standby_undone.push_back(record.lsn.ToKey());
  }
  Database& undone = instance_.Mutable(id_);
  undone.state = DatabaseState::kOnline;
  undone.standby = true;
  undone.standby_file = undo_file;
  return {};
}

SqlResult<void> RestoreTarget::LeaveStandby() {
  Database& database = instance_.Mutable(id_);
  if (!database.standby) return {};
  if (!FileExists(database.standby_file)) {
    return SqlError{3441, 21,
                    "During startup of warm standby database '" + database.name +
                        "', its standby file ('" + database.standby_file +
                        "') was inaccessible to the RESTORE statement. The operating system error "
                        "was '2(The system cannot find the file specified.)'."};
  }
  std::vector<std::string> keys = database.standby_undone;
  std::reverse(keys.begin(), keys.end());
  for (const std::string& key : keys) {
    const std::optional<Lsn> lsn = Lsn::FromHex(key);
    if (!lsn) return Damaged();
    DBSTOW_ASSIGN(
        const std::vector<LogRecord> records,
        journal_.Read(*lsn, {lsn->vlf, lsn->block, static_cast<std::uint16_t>(lsn->slot + 1)}));
    for (const LogRecord& record : records) DBSTOW_TRY(journal_.Redo(record));
  }
  Database& restoring = instance_.Mutable(id_);
  restoring.standby = false;
  restoring.standby_undone.clear();
  restoring.state = DatabaseState::kRestoring;
  RemoveDataFile(restoring.standby_file);
  restoring.standby_file.clear();
  return {};
}

}  // namespace dbstow::doubles::sqlserver
