#include <algorithm>

#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/executor.h"
#include "doubles/sqlserver/exec/file_groups.h"
#include "doubles/sqlserver/exec/properties.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/model/journal.h"
#include "doubles/sqlserver/value/convert.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::uint16_t kInsertCommand = 0xC3;
constexpr std::uint16_t kDeleteCommand = 0xC4;
constexpr std::uint16_t kUpdateCommand = 0xC5;

// A value for a column, as an assignment converts it: text too long is an error, not cut.
SqlResult<Value> Fit(const TypedValue& given, const TableColumn& column, const std::string& table) {
  if (IsNull(given.value)) {
    if (column.nullable) return Value();
    return SqlError{515, 16,
                    "Cannot insert the value NULL into column '" + column.name + "', table '" +
                        table + "'; column does not allow nulls."};
  }
  const bool limited =
      column.type.length > 0 && (IsText(column.type) || column.type.id == TypeId::kVarBinary);
  if (limited) {
    SqlType unlimited = column.type;
    unlimited.length = kMaxLength;
    if (column.type.id == TypeId::kChar || column.type.id == TypeId::kNChar) {
      unlimited.id = TypeId::kNVarChar;
    }
    DBSTOW_ASSIGN(const Value whole, Convert(given.value, given.type, unlimited));
    const auto* text = std::get_if<std::string>(&whole);
    const auto* blob = std::get_if<Blob>(&whole);
    const std::size_t length = text != nullptr ? Utf16Length(*text) : blob->bytes.size();
    if (length > static_cast<std::size_t>(column.type.length)) {
      return SqlError{2628, 16,
                      "String or binary data would be truncated in table '" + table +
                          "', column '" + column.name + "'."};
    }
  }
  return Convert(given.value, given.type, column.type);
}

}  // namespace

SqlResult<const Database*> Executor::WritableDatabase(const ObjectName& name) {
  Instance& instance = engine_.instance();
  const Database* database = name.parts.size() > 2
                                 ? instance.Find(name.parts[name.parts.size() - 3])
                                 : &instance.databases().at(session_.database);
  if (database == nullptr) {
    return SqlError{208, 16, "Invalid object name '" + name.ToString() + "'."};
  }
  DBSTOW_TRY(CheckOpen(*database));
  if (database->state == DatabaseState::kEmergency) {
    return SqlError{3908, 16,
                    "Could not run BEGIN TRANSACTION in database '" + database->name +
                        "' because the database is in emergency mode or is damaged and must be "
                        "restarted."};
  }
  if (database->ReadsOnly()) {
    return SqlError{
        3906, 16,
        "Failed to update database \"" + database->name + "\" because the database is read-only."};
  }
  if (database->id == 2) return NotSupportedHere("tables in tempdb");
  return database;
}

SqlResult<Executor::Target> Executor::TargetOf(const ObjectName& name, std::string_view permission,
                                               Access access) {
  DBSTOW_ASSIGN(const Database* database, WritableDatabase(name));
  const std::string schema = name.parts.size() > 1 ? name.parts[name.parts.size() - 2] : "dbo";
  const Table* table = const_cast<Database*>(database)->FindTable(schema, name.name());
  if (table == nullptr) {
    return SqlError{208, 16, "Invalid object name '" + name.ToString() + "'."};
  }
  const Security security(engine_.instance());
  if (!security.HasDatabase(session_.login, *database, permission, table->name)) {
    return SqlError{229, 14,
                    "The " + std::string(permission) + " permission was denied on the object '" +
                        table->name + "', database '" + database->name + "', schema 'dbo'."};
  }
  if (access == Access::kRows) DBSTOW_TRY(CheckChangeable(*database, *table));
  const TableLocks::Key key{database->id, table->id};
  if (const auto holder = engine_.locks.HolderBeside(session_.id, key)) {
    return SqlError{kBlocked, 16, "", *holder};
  }
  if (session_.transaction.depth > 0 || session_.implicit_transactions) {
    engine_.locks.Take(session_.id, key);
  }
  Target target{database->id, table->id, table->name, table->columns, {}};
  target.source.store_name = Journal(engine_.instance(), database->id).RowsOf(table->id);
  for (const TableColumn& column : table->columns) {
    target.source.columns.push_back({column.name, column.type});
  }
  return target;
}

SqlResult<Row> Executor::FitRow(const Target& target, const std::vector<std::size_t>& places,
                                const std::vector<TypedValue>& values,
                                std::int64_t& next_identity) {
  if (values.size() != places.size()) {
    return SqlError{213, 16,
                    "Column name or number of supplied values does not match table definition."};
  }
  std::vector<TypedValue> all(target.columns.size());
  for (std::size_t i = 0; i < values.size(); ++i) all[places[i]] = values[i];
  Row row;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (target.columns[i].identity) all[i] = {{TypeId::kBigInt}, Int(next_identity++)};
    DBSTOW_ASSIGN(Value value, Fit(all[i], target.columns[i], target.name));
    row.push_back(std::move(value));
  }
  return row;
}

SqlResult<std::vector<Row>> Executor::RowsToInsert(const InsertStatement& statement,
                                                   const Target& target) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < target.columns.size() && statement.columns.empty(); ++i) {
    if (!target.columns[i].identity) places.push_back(i);
  }
  for (const std::string& name : statement.columns) {
    const auto found =
        std::find_if(target.columns.begin(), target.columns.end(),
                     [&](const TableColumn& column) { return SameName(column.name, name); });
    if (found == target.columns.end()) {
      return SqlError{207, 16, "Invalid column name '" + name + "'."};
    }
    if (found->identity) {
      return SqlError{544, 16,
                      "Cannot insert explicit value for identity column in table '" + target.name +
                          "' when IDENTITY_INSERT is set to OFF."};
    }
    places.push_back(static_cast<std::size_t>(found - target.columns.begin()));
  }
  std::int64_t next =
      engine_.instance().databases().at(target.database).tables.at(target.table).next_identity;
  std::vector<Row> rows;
  if (statement.select) {
    QueryCompiler compiler(*this);
    DBSTOW_ASSIGN(const CompiledQuery query, compiler.Compile(*statement.select));
    DBSTOW_ASSIGN(const std::vector<Row> found, store().Query(query.sql, query.bindings));
    for (const Row& row : found) {
      std::vector<TypedValue> values;
      for (std::size_t i = 0; i < row.size(); ++i) {
        values.push_back({query.columns[i].type, row[i]});
      }
      DBSTOW_ASSIGN(Row fitted, FitRow(target, places, values, next));
      rows.push_back(std::move(fitted));
    }
    return rows;
  }
  for (const std::vector<ExprPtr>& given : statement.rows) {
    std::vector<TypedValue> values;
    for (const ExprPtr& expr : given) {
      QueryCompiler compiler(*this);
      DBSTOW_ASSIGN(TypedValue value, compiler.Evaluate(*expr));
      values.push_back(std::move(value));
    }
    const bool defaults = given.empty();
    DBSTOW_ASSIGN(Row fitted,
                  FitRow(target, defaults ? std::vector<std::size_t>() : places, values, next));
    rows.push_back(std::move(fitted));
  }
  return rows;
}

Executor::OutcomeOr Executor::Execute(const InsertStatement& statement) {
  DBSTOW_ASSIGN(const Target target, TargetOf(statement.table, "INSERT"));
  DBSTOW_ASSIGN(const std::vector<Row> rows, RowsToInsert(statement, target));
  DBSTOW_TRY(Logged(target.database, [&](std::int64_t transaction) -> SqlResult<void> {
    Journal journal(engine_.instance(), target.database);
    for (const Row& row : rows) DBSTOW_TRY(journal.Insert(transaction, target.table, row));
    return {};
  }));
  Outcome outcome;
  outcome.completion = {kInsertCommand, true, rows.size(), false};
  return outcome;
}

Executor::OutcomeOr Executor::Execute(const UpdateStatement& statement) {
  DBSTOW_ASSIGN(const Target target, TargetOf(statement.table, "UPDATE"));
  std::vector<const Expr*> values;
  std::vector<std::size_t> places;
  for (const auto& [name, value] : statement.sets) {
    const auto found = std::find_if(
        target.columns.begin(), target.columns.end(),
        [&, &wanted = name](const TableColumn& c) { return SameName(c.name, wanted); });
    if (found == target.columns.end()) {
      return SqlError{207, 16, "Invalid column name '" + name + "'."};
    }
    if (found->identity) {
      return SqlError{8102, 16, "Cannot update identity column '" + name + "'."};
    }
    values.push_back(value.get());
    places.push_back(static_cast<std::size_t>(found - target.columns.begin()));
  }
  QueryCompiler compiler(*this);
  DBSTOW_ASSIGN(const CompiledQuery query,
                compiler.CompileRows(target.source, target.name, values, statement.where.get()));
  DBSTOW_ASSIGN(const std::vector<Row> found, store().Query(query.sql, query.bindings));
  DBSTOW_TRY(Logged(target.database, [&](std::int64_t transaction) -> SqlResult<void> {
    Journal journal(engine_.instance(), target.database);
    const auto width = static_cast<std::ptrdiff_t>(target.columns.size());
    for (const Row& row : found) {
      const Row before(row.begin() + 1, row.begin() + 1 + width);
      Row after = before;
      for (std::size_t i = 0; i < places.size(); ++i) {
        const TypedValue given{query.columns[i].type, row[1 + target.columns.size() + i]};
        DBSTOW_ASSIGN(after[places[i]], Fit(given, target.columns[places[i]], target.name));
      }
      DBSTOW_TRY(
          journal.Update(transaction, target.table, std::get<std::int64_t>(row[0]), before, after));
    }
    return {};
  }));
  Outcome outcome;
  outcome.completion = {kUpdateCommand, true, found.size(), false};
  return outcome;
}

Executor::OutcomeOr Executor::Execute(const DeleteStatement& statement) {
  DBSTOW_ASSIGN(const Target target,
                TargetOf(statement.table, statement.truncates ? "ALTER" : "DELETE"));
  QueryCompiler compiler(*this);
  DBSTOW_ASSIGN(const CompiledQuery query,
                compiler.CompileRows(target.source, target.name, {}, statement.where.get()));
  DBSTOW_ASSIGN(const std::vector<Row> found, store().Query(query.sql, query.bindings));
  DBSTOW_TRY(Logged(target.database, [&](std::int64_t transaction) -> SqlResult<void> {
    Journal journal(engine_.instance(), target.database);
    for (const Row& row : found) {
      DBSTOW_TRY(journal.Delete(transaction, target.table, std::get<std::int64_t>(row[0]),
                                Row(row.begin() + 1, row.end())));
    }
    return {};
  }));
  Outcome outcome;
  outcome.completion = {kDeleteCommand, !statement.truncates, found.size(), false};
  return outcome;
}

Executor::OutcomeOr Executor::Execute(const CreateTableStatement& statement) {
  DBSTOW_ASSIGN(const Database* database, WritableDatabase(statement.table));
  const Security security(engine_.instance());
  if (!security.HasDatabase(session_.login, *database, "CREATE TABLE")) {
    return Denied("CREATE TABLE", database->name);
  }
  Table table;
  table.id = database->next_object;
  table.name = statement.table.name();
  const auto& parts = statement.table.parts;
  if (parts.size() > 1 && !SameName(parts[parts.size() - 2], "dbo")) {
    return SqlError{2760, 16, "The specified schema name does not exist."};
  }
  if (const_cast<Database*>(database)->FindTable("dbo", table.name) != nullptr) {
    return SqlError{2714, 16,
                    "There is already an object named '" + table.name + "' in the database.", 6};
  }
  const auto usual = std::find_if(database->file_groups.begin(), database->file_groups.end(),
                                  [](const FileGroup& group) { return group.is_default; });
  table.file_group = statement.file_group.empty() ? usual->name : statement.file_group;
  DBSTOW_TRY(CheckRoom(*database, table.file_group));
  for (const ColumnDefinition& column : statement.columns) {
    for (const TableColumn& other : table.columns) {
      if (SameName(other.name, column.name)) {
        return SqlError{2705, 16,
                        "Column names in each table must be unique: '" + column.name + "'."};
      }
    }
    table.columns.push_back(
        {column.name, column.type, column.nullable, column.identity, column.key});
  }
  const int id = database->id;
  DBSTOW_TRY(Logged(id, [&](std::int64_t transaction) {
    return Journal(engine_.instance(), id).CreateTable(transaction, table);
  }));
  if (session_.transaction.depth > 0) engine_.locks.Take(session_.id, {id, table.id});
  return Outcome{};
}

Executor::OutcomeOr Executor::Execute(const DropTableStatement& statement) {
  for (const ObjectName& name : statement.tables) {
    SqlResult<Target> target = TargetOf(name, "ALTER", Access::kTable);
    if (!target && target.error().number == 208) {
      if (statement.if_exists) continue;
      return SqlError{3701, 11,
                      "Cannot drop the table '" + name.ToString() +
                          "', because it does not exist or you do not have permission."};
    }
    DBSTOW_TRY(target);
    const Database& database = engine_.instance().databases().at(target->database);
    DBSTOW_TRY(CheckDroppable(database, database.tables.at(target->table)));
    DBSTOW_TRY(Logged(target->database, [&](std::int64_t transaction) {
      return Journal(engine_.instance(), target->database).DropTable(transaction, target->table);
    }));
  }
  return Outcome{};
}

}  // namespace dbstow::doubles::sqlserver
