#include <algorithm>

#include "doubles/sqlserver/model/journal.h"
#include "doubles/sqlserver/model/log_images.h"
#include "doubles/sqlserver/model/row_codec.h"

// What a log record does to the rows and the catalog.
namespace dbstow::doubles::sqlserver {

bool IsChange(LogOp op) { return op >= LogOp::kInsert; }

LogRecord Inverse(const LogRecord& record) {
  LogRecord inverse = record;
  std::swap(inverse.before, inverse.after);
  switch (record.op) {
    case LogOp::kInsert: inverse.op = LogOp::kDelete; break;
    case LogOp::kDelete: inverse.op = LogOp::kInsert; break;
    case LogOp::kCreateTable: inverse.op = LogOp::kDropTable; break;
    case LogOp::kDropTable: inverse.op = LogOp::kCreateTable; break;
    default: break;
  }
  return inverse;
}

SqlResult<void> Journal::MakeRows(const Table& table) {
  std::string columns;
  std::string key;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const std::string name = "c" + std::to_string(i);
    columns += ", " + name + " COLLATE NOCASE";
    if (table.columns[i].key) key += (key.empty() ? "" : ", ") + name;
  }
  DBSTOW_TRY(instance_.store().Run("CREATE TABLE " + RowsOf(table.id) +
                                   " (rid INTEGER PRIMARY KEY, lsn TEXT" + columns + ")"));
  if (key.empty()) return {};
  return instance_.store().Run("CREATE UNIQUE INDEX key_" + RowsOf(table.id) + " ON " +
                               RowsOf(table.id) + " (" + key + ")");
}

SqlResult<void> Journal::DropRows(int table) {
  return instance_.store().Run("DROP TABLE IF EXISTS " + RowsOf(table));
}

SqlResult<void> Journal::CopyRows(const Table& table, const Journal& from) {
  DBSTOW_TRY(MakeRows(table));
  return instance_.store().Run("INSERT INTO " + RowsOf(table.id) + " SELECT * FROM " +
                               from.RowsOf(table.id));
}

SqlResult<void> Journal::DropEverything() {
  // Rows of tables that the catalog does not know (any more, or yet) are there too.
  DBSTOW_ASSIGN(const std::vector<Row> tables,
                instance_.store().Query("SELECT name FROM sqlite_master WHERE type = 'table' AND "
                                        "name GLOB ?",
                                        {Text("rows_" + std::to_string(id_) + "_*")}));
  for (const Row& table : tables) {
    DBSTOW_TRY(instance_.store().Run("DROP TABLE " + std::get<std::string>(table[0])));
  }
  return DropLog({});
}

SqlResult<void> Journal::DropLog(const std::optional<Lsn>& before) {
  return instance_.store().Run("DELETE FROM log WHERE db = ? AND (? IS NULL OR lsn < ?)",
                               {Int(id_), before ? Text(before->ToKey()) : Value(),
                                before ? Text(before->ToKey()) : Value()});
}

SqlResult<void> Journal::DropLogFrom(const Lsn& from) {
  return instance_.store().Run("DELETE FROM log WHERE db = ? AND lsn >= ?",
                               {Int(id_), Text(from.ToKey())});
}

SqlResult<void> Journal::PutRow(const LogRecord& record, const Lsn& lsn, const ApplyScope& scope) {
  const std::optional<Row> decoded = DecodeRow(record.after);
  if (!decoded) return BrokenLog();
  const auto table = instance_.Mutable(id_).tables.find(record.object);
  if (scope.rows) {
    const std::string rows = RowsOf(record.object);
    Row values{Int(record.row), Text(lsn.ToKey())};
    values.insert(values.end(), decoded->begin(), decoded->end());
    std::string marks = "?";
    for (std::size_t i = 1; i < values.size(); ++i) marks += ", ?";
    // Not REPLACE alone: it would also replace another row of the same key.
    DBSTOW_TRY(instance_.store().Run("DELETE FROM " + rows + " WHERE rid = ?", {Int(record.row)}));
    DBSTOW_TRY(instance_.store().Run("INSERT INTO " + rows + " VALUES (" + marks + ")", values));
  }
  if (!scope.catalog || table == instance_.databases().at(id_).tables.end()) return {};
  Table& definition = table->second;
  for (std::size_t i = 0; i < definition.columns.size(); ++i) {
    const auto* number = std::get_if<std::int64_t>(&(*decoded)[i]);
    if (definition.columns[i].identity && number != nullptr) {
      definition.next_identity = std::max(definition.next_identity, *number + 1);
    }
  }
  return {};
}

SqlResult<void> Journal::Apply(const LogRecord& record, const Lsn& lsn, const ApplyScope& scope) {
  if (record.op == LogOp::kInsert || record.op == LogOp::kUpdate) {
    return PutRow(record, lsn, scope);
  }
  if (record.op == LogOp::kDelete) {
    if (!scope.rows) return {};
    return instance_.store().Run("DELETE FROM " + RowsOf(record.object) + " WHERE rid = ?",
                                 {Int(record.row)});
  }
  if (record.op == LogOp::kCreateTable) {
    DBSTOW_ASSIGN(const Table table, FromJsonText<Table>(record.after));
    if (scope.catalog) {
      Database& database = instance_.Mutable(id_);
      database.tables[table.id] = table;
      database.next_object = std::max(database.next_object, table.id + 1);
    }
    if (!scope.rows) return {};
    DBSTOW_TRY(DropRows(table.id));
    return MakeRows(table);
  }
  if (record.op == LogOp::kDropTable && scope.rows) DBSTOW_TRY(DropRows(record.object));
  return scope.catalog ? ApplyToCatalog(record, lsn) : SqlResult<void>();
}

SqlResult<void> Journal::ApplyToCatalog(const LogRecord& record, const Lsn& lsn) {
  Database& database = instance_.Mutable(id_);
  switch (record.op) {
    case LogOp::kDropTable: database.tables.erase(record.object); return {};
    case LogOp::kUsers: {
      DBSTOW_ASSIGN(database.users, FromJsonText<std::vector<User>>(record.after));
      return {};
    }
    case LogOp::kAddFile: {
      if (record.after.empty()) return {};  // the inverse: files stay, as they are empty
      DBSTOW_ASSIGN(AddedFile added, FromJsonText<AddedFile>(record.after));
      if (!added.file.logical.empty() && database.FindFile(added.file.id) == nullptr) {
        if (database.state == DatabaseState::kRestoring) added.file.redo = {lsn, database.fork()};
        database.files.push_back(added.file);
      }
      if (!added.group.name.empty() && database.FindFileGroup(added.group.name) == nullptr) {
        database.file_groups.push_back(added.group);
      }
      return {};
    }
    case LogOp::kFileGroup: {
      DBSTOW_ASSIGN(FileGroup changed, FromJsonText<FileGroup>(record.after));
      for (FileGroup& group : database.file_groups) {
        if (group.id != changed.id) continue;
        const bool set = changed.read_only && !group.read_only;
        changed.read_only_lsn = set ? lsn : changed.read_only ? group.read_only_lsn : Lsn{};
        for (auto& [id, table] : database.tables) {
          if (SameName(table.file_group, group.name)) table.file_group = changed.name;
        }
        group = changed;
      }
      return {};
    }
    default: return {};
  }
}

SqlResult<void> Journal::Redo(const LogRecord& record) {
  Database& database = instance_.Mutable(id_);
  database.next_transaction = std::max(database.next_transaction, record.transaction + 1);
  return Apply(record, record.lsn, {});
}

SqlResult<void> Journal::RedoBehind(const LogRecord& record, const std::set<int>& files) {
  Database& database = instance_.Mutable(id_);
  const auto behind = [&](int id) {
    const DatabaseFile* file = database.FindFile(id);
    return files.contains(id) && file != nullptr && file->redo.lsn <= record.lsn;
  };
  std::optional<int> file;
  if (record.op == LogOp::kCreateTable) {
    DBSTOW_ASSIGN(const Table table, FromJsonText<Table>(record.after));
    file = database.FileOf(table);
  } else if (const auto table = database.tables.find(record.object);
             table != database.tables.end()) {
    file = database.FileOf(table->second);
  }
  const ApplyScope scope{behind(database.primary().id), file && behind(*file)};
  if (scope.catalog) {
    database.next_transaction = std::max(database.next_transaction, record.transaction + 1);
  }
  return Apply(record, record.lsn, scope);
}

SqlResult<void> Journal::UndoQuietly(const LogRecord& record) {
  return Apply(Inverse(record), record.lsn, {});
}

}  // namespace dbstow::doubles::sqlserver
