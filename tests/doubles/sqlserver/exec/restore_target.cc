#include "doubles/sqlserver/exec/restore_target.h"

#include <algorithm>
#include <iterator>

#include "doubles/sqlserver/exec/history.h"
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
  database.clone = from.clone;
  database.verified_clone = from.verified_clone;
  database.file_groups = from.file_groups;
  database.users = from.users;
  database.broker_guid = from.broker_guid;
  database.broker_enabled = false;
  database.next_transaction = std::max(database.next_transaction, from.next_transaction);
  database.next_object = std::max(database.next_object, from.next_object);
  database.family_guid = set.family_guid;
  database.forks = set.forks;
  database.checkpoint_lsn = set.checkpoint_lsn;
  database.last_full_checkpoint = from.last_full_checkpoint;
  database.next_lsn = set.last_lsn;
  database.redo_time = set.finish;
  database.last_log_backup = from.recovery_model == RecoveryModel::kSimple ? Lsn{} : set.first_lsn;
}

SqlResult<void> RestoreTarget::LoadPages(const BackupSet& set, const Payload& payload,
                                         const std::vector<PageId>& pages) {
  Database& database = instance_.Mutable(id_);
  const std::vector<PageId>& bad = payload.database.bad_pages;
  for (const PageId& id : pages) {
    RestoringPage page{id, {set.last_lsn, set.last_fork()}};
    if (IsOnline()) page.target = {database.next_lsn, database.fork()};
    page.restored_guid = set.guid;
    page.bad = std::find(bad.begin(), bad.end(), id) != bad.end();
    const auto known = std::find_if(database.pages.begin(), database.pages.end(),
                                    [&](const RestoringPage& one) { return one.id == id; });
    if (known == database.pages.end()) {
      database.pages.push_back(std::move(page));
      continue;
    }
    page.target = known->target;
    page.restored_guid = IsDifferential(set.type) ? known->restored_guid : set.guid;
    *known = std::move(page);
  }
  return {};
}

SqlResult<void> RestoreTarget::OpenPage(PageId page) {
  Database& database = instance_.Mutable(id_);
  const auto found = std::find_if(database.pages.begin(), database.pages.end(),
                                  [&](const RestoringPage& one) { return one.id == page; });
  if (!found->bad) std::erase(database.bad_pages, page);
  database.pages.erase(found);
  return RecordPage(instance_, id_, page, PageEvent::kRestored);
}

bool RestoreTarget::IsOnline() const {
  const Database& database = instance_.databases().at(id_);
  return database.state == DatabaseState::kOnline && !database.standby;
}

SqlResult<void> RestoreTarget::LoadTable(const TableImage& image, const Table& table,
                                         LoadKind kind) {
  const std::string rows = journal_.RowsOf(table.id);
  DBSTOW_ASSIGN(
      const std::vector<Row> there,
      instance_.store().Query("SELECT 1 FROM sqlite_master WHERE name = ?", {Text(rows)}));
  if (kind == LoadKind::kWhole || there.empty()) {
    DBSTOW_TRY(journal_.DropRows(table.id));
    DBSTOW_TRY(journal_.MakeRows(table));
  } else {
    DBSTOW_ASSIGN(const std::vector<Row> old, instance_.store().Query("SELECT rid FROM " + rows));
    for (const Row& row : old) {
      const bool alive = std::binary_search(image.alive.begin(), image.alive.end(),
                                            std::get<std::int64_t>(row[0]));
      if (alive) continue;
      DBSTOW_TRY(instance_.store().Run("DELETE FROM " + rows + " WHERE rid = ?", {row[0]}));
    }
  }
  return PutRows(image, table.columns.size());
}

// Rows that the backup does not know belong to the future; those in other files stay for it.
SqlResult<void> RestoreTarget::LoadCatalog(const BackupSet& set, const Database& from,
                                           const std::set<int>& files) {
  const Database& database = instance_.databases().at(id_);
  for (const auto& [table_id, table] : database.tables) {
    const bool goes = files.contains(database.FileOf(table)) && !from.tables.contains(table_id);
    if (goes) DBSTOW_TRY(journal_.DropRows(table_id));
  }
  Adopt(set, from);
  Database& adopted = instance_.Mutable(id_);
  adopted.tables = from.tables;
  for (const DatabaseFile& file : from.files) {
    if (adopted.FindFile(file.id) == nullptr) adopted.files.push_back(file);
  }
  return journal_.DropLog({});
}

SqlResult<void> RestoreTarget::Load(const BackupSet& set, const Payload& payload,
                                    const std::set<int>& files) {
  const bool differential = IsDifferential(set.type);
  const bool primary = files.contains(instance_.databases().at(id_).primary().id);
  if (primary) DBSTOW_TRY(LoadCatalog(set, payload.database, files));
  std::set<int> loaded;
  for (const TableImage& image : payload.tables) {
    const auto table = payload.database.tables.find(image.table);
    if (table == payload.database.tables.end()) return Damaged();
    if (!files.contains(payload.database.FileOf(table->second))) continue;
    DBSTOW_TRY(
        LoadTable(image, table->second, differential ? LoadKind::kChanges : LoadKind::kWhole));
    loaded.insert(image.table);
  }
  Database& database = instance_.Mutable(id_);
  for (const auto& [table_id, table] : database.tables) {
    if (loaded.contains(table_id) || !files.contains(database.FileOf(table))) continue;
    // It was made after the backup: the log brings its rows.
    DBSTOW_TRY(journal_.DropRows(table_id));
    DBSTOW_TRY(journal_.MakeRows(table));
  }
  for (const int id : files) {
    DatabaseFile* file = database.FindFile(id);
    const DatabaseFile* from = payload.database.FindFile(id);
    if (file == nullptr || from == nullptr) return Damaged();
    file->redo = {payload.image_lsn, set.last_fork()};
    if (!differential) {
      file->restored_guid = set.guid;
      file->base =
          set.copy_only ? from->base : DifferentialBase{set.checkpoint_lsn, set.guid, set.start};
    }
    file->state = IsOnline() ? FileState::kRestoring : FileState::kOnline;
    const auto here = [&](const PageId& page) { return page.file == id; };
    std::erase_if(database.bad_pages, here);
    std::copy_if(payload.database.bad_pages.begin(), payload.database.bad_pages.end(),
                 std::back_inserter(database.bad_pages), here);
    std::erase_if(database.pages, [&](const RestoringPage& page) { return here(page.id); });
  }
  if (primary && !differential && !set.copy_only && set.type == BackupType::kDatabase) {
    database.last_full_checkpoint = set.checkpoint_lsn;
  }
  return LoadLog(set, payload, files);
}

SqlResult<void> RestoreTarget::LoadLog(const BackupSet& set, const Payload& payload,
                                       const std::set<int>& files) {
  for (const LogRecord& record : payload.log) {
    if (record.lsn >= payload.image_lsn) DBSTOW_TRY(journal_.RedoBehind(record, files));
  }
  Database& database = instance_.Mutable(id_);
  bool rolls_on = false;
  for (const int id : files) {
    DatabaseFile& file = *database.FindFile(id);
    file.redo = {set.last_lsn, set.last_fork()};
    rolls_on = rolls_on || !database.IsSettled(file);
  }
  // The log of a database that is online is its own. What no log will follow needs none.
  if (IsOnline() || !rolls_on) return {};
  // Who is not in this log had ended before it.
  DBSTOW_TRY(journal_.DropLog(set.first_lsn));
  return journal_.Import(payload.log);
}

void RestoreTarget::AdvancePrimary(const BackupSet& set, const Payload& payload, const Lsn& end) {
  Database& database = instance_.Mutable(id_);
  const bool whole = end >= set.last_lsn;
  database.next_lsn = std::max(database.primary().redo.lsn, end);
  database.forks = whole ? set.forks : PathUntil(set.forks, database.next_lsn);
  if (whole) database.recovery_model = payload.database.recovery_model;
  const bool logged = database.recovery_model != RecoveryModel::kSimple;
  database.last_log_backup = !logged ? Lsn{} : whole ? set.last_lsn : set.first_lsn;
}

SqlResult<bool> RestoreTarget::RollForward(const BackupSet& set, const Payload& payload,
                                           const StopPoint& stop) {
  DBSTOW_ASSIGN(const std::optional<Lsn> found, FindStop(set, payload.log, stop));
  const Lsn end = std::min(found.value_or(set.last_lsn), set.last_lsn);
  std::vector<LogRecord> applied;
  for (const LogRecord& record : payload.log) {
    if (record.lsn < end) applied.push_back(record);
  }
  if (!IsOnline()) DBSTOW_TRY(journal_.Import(applied));
  const Database& before = instance_.databases().at(id_);
  std::set<int> moving;
  const auto look_what_moves = [&] {
    for (const DatabaseFile& file : before.files) {
      if (before.Restores(file)) moving.insert(file.id);
    }
  };
  look_what_moves();
  const Lsn primary_at = before.primary().redo.lsn;
  const bool primary = moving.contains(before.primary().id) && primary_at <= end;
  for (const LogRecord& record : applied) {
    DBSTOW_TRY(journal_.RedoBehind(record, moving));
    if (record.op == LogOp::kAddFile) look_what_moves();
    const bool commits = primary && record.lsn >= primary_at && record.op == LogOp::kCommit;
    if (commits) instance_.Mutable(id_).redo_time = record.time;
  }
  if (primary) AdvancePrimary(set, payload, end);
  Database& database = instance_.Mutable(id_);
  const std::string fork = PathUntil(set.forks, end).back().guid;
  for (DatabaseFile& file : database.files) {
    if (!database.Restores(file) || file.redo.lsn > end) continue;
    file.redo = {end, end >= set.last_lsn ? set.last_fork() : fork};
  }
  for (RestoringPage& page : database.pages) {
    if (page.redo.lsn <= end) page.redo = {end, end >= set.last_lsn ? set.last_fork() : fork};
  }
  return found.has_value();
}

SqlResult<void> RestoreTarget::Recover() {
  Database& database = instance_.Mutable(id_);
  const Lsn at = database.primary().redo.lsn;
  // What was begun beyond that point never was.
  DBSTOW_TRY(journal_.DropLogFrom(at));
  std::set<int> put_off;
  for (DatabaseFile& file : database.files) {
    if (file.log || file.state != FileState::kPending) continue;
    put_off.insert(file.id);
    const bool intact = file.redo.lsn == at && OnPath(database.forks, at, file.redo.fork);
    // Undone with the others, so that it can be opened as it is.
    if (intact) file.state = FileState::kOnline;
  }
  database.state = DatabaseState::kOnline;
  database.forks.push_back({instance_.NewGuid(), at});
  database.database_guid = instance_.NewGuid();
  database.next_lsn = {at.vlf + 1, 16, 1};
  database.begins_chain = false;
  DBSTOW_TRY(journal_.UndoOpen());
  Database& recovered = instance_.Mutable(id_);
  recovered.checkpoint_lsn = recovered.next_lsn;
  recovered.redo_time = 0;
  const Position here{recovered.next_lsn, recovered.fork()};
  for (DatabaseFile& file : recovered.files) {
    if (file.log || file.state == FileState::kDefunct) continue;
    if (!put_off.contains(file.id)) {
      Open({file.id});
      continue;
    }
    if (file.state == FileState::kOnline) file.redo = here;
    const bool lost = recovered.recovery_model == RecoveryModel::kSimple &&
                      !recovered.FindFileGroup(file.file_group)->read_only;
    file.state = lost ? FileState::kDefunct : FileState::kPending;
    file.target = here;
  }
  while (!recovered.pages.empty()) DBSTOW_TRY(OpenPage(recovered.pages.front().id));
  if (recovered.last_log_backup.IsNone()) return journal_.TruncateIfSimple();
  return journal_.Truncate(recovered.last_log_backup);
}

void RestoreTarget::Open(const std::set<int>& files) {
  Database& database = instance_.Mutable(id_);
  for (const int id : files) {
    DatabaseFile& file = *database.FindFile(id);
    file.state = FileState::kOnline;
    file.redo = {};
    file.target = {};
    file.restored_guid.clear();
  }
}

SqlResult<void> RestoreTarget::EnterStandby(const std::string& undo_file) {
  DBSTOW_TRY(TakeDataFile(undo_file));
  DBSTOW_TRY(journal_.DropLogFrom(instance_.databases().at(id_).primary().redo.lsn));
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
