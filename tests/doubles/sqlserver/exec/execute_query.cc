#include <chrono>
#include <thread>

#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/executor.h"
#include "doubles/sqlserver/exec/file_groups.h"
#include "doubles/sqlserver/exec/history.h"
#include "doubles/sqlserver/exec/properties.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/exec/system_views.h"
#include "doubles/sqlserver/model/journal.h"
#include "doubles/sqlserver/value/convert.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::uint16_t kSelectCommand = 0xC1;

struct SplitName {
  std::string database;
  std::string schema;
  std::string object;
};

SplitName Split(const ObjectName& name) {
  SplitName split;
  const auto& parts = name.parts;
  split.object = parts.back();
  if (parts.size() > 1) split.schema = parts[parts.size() - 2];
  if (parts.size() > 2) split.database = parts[parts.size() - 3];
  return split;
}

SqlError NoObject(const ObjectName& name) {
  return {208, 16, "Invalid object name '" + name.ToString() + "'."};
}

}  // namespace

SqlResult<TypedValue> Executor::Variable(const std::string& name) {
  const auto found = variables_.find(ToLower(name));
  if (found == variables_.end()) {
    return SqlError{137, 15, "Must declare the scalar variable \"" + name + "\"."};
  }
  return found->second;
}

SqlResult<TypedValue> Executor::Global(const std::string& name) {
  const std::string upper = ToUpper(name);
  const auto number = [](std::int64_t value) { return TypedValue{IntType(), Int(value)}; };
  const Instance& instance = engine_.instance();
  if (upper == "@@VERSION") {
    const std::string year = instance.settings().major == 15 ? "2019" : "2022";
    return TypedValue{NVarChar(300), Text("Microsoft SQL Server " + year + " (RTM-CU1) - " +
                                          instance.Version() + " (X64) \n\tdouble for tests\n\t" +
                                          instance.EditionName() + " on Linux")};
  }
  if (upper == "@@SPID") return TypedValue{{TypeId::kSmallInt}, Int(session_.id)};
  if (upper == "@@SERVERNAME") {
    return TypedValue{NVarChar(128), Text(instance.settings().server_name)};
  }
  if (upper == "@@SERVICENAME") return TypedValue{NVarChar(128), Text("MSSQLSERVER")};
  if (upper == "@@LANGUAGE") return TypedValue{NVarChar(128), Text("us_english")};
  if (upper == "@@TRANCOUNT") return number(session_.transaction.depth);
  if (upper == "@@ROWCOUNT") return number(session_.row_count);
  if (upper == "@@ERROR") return number(session_.last_error);
  if (upper == "@@LOCK_TIMEOUT") return number(session_.lock_timeout_ms);
  if (upper == "@@MAX_PRECISION") return TypedValue{{TypeId::kTinyInt}, Int(38)};
  if (upper == "@@TEXTSIZE") return number(2147483647);
  if (upper == "@@MICROSOFTVERSION") {
    return number(instance.settings().major * 0x1000000 + instance.Build());
  }
  return SqlError{137, 15, "Must declare the scalar variable \"" + name + "\"."};
}

SqlResult<SourceTable> Executor::Materialize(const std::vector<Column>& columns,
                                             const std::vector<Row>& rows) {
  const std::string name = "temp.v" + std::to_string(++temporary_tables_);
  std::string definition;
  std::string marks;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    definition += (i == 0 ? "c" : ", c") + std::to_string(i) + " COLLATE NOCASE";
    marks += i == 0 ? "?" : ", ?";
  }
  DBSTOW_TRY(store().Run("DROP TABLE IF EXISTS " + name));
  DBSTOW_TRY(store().Run("CREATE TABLE " + name + " (" + definition + ")"));
  for (const Row& row : rows) {
    DBSTOW_TRY(store().Run("INSERT INTO " + name + " VALUES (" + marks + ")", row));
  }
  return SourceTable{name, columns};
}

SqlResult<SourceTable> Executor::Resolve(const ObjectName& name,
                                         const std::vector<TypedValue>& arguments,
                                         bool is_function) {
  Instance& instance = engine_.instance();
  const SplitName split = Split(name);
  const Database* database = split.database.empty() ? &instance.databases().at(session_.database)
                                                    : instance.Find(split.database);
  if (database == nullptr) return NoObject(name);
  DBSTOW_TRY(CheckEntry(*database));
  const std::string schema = split.schema.empty() ? "dbo" : ToLower(split.schema);
  if (schema == "sys" || database->id == 4) {
    const ViewContext context{instance, session_, engine_.sessions, *database, arguments};
    DBSTOW_ASSIGN(const std::optional<ViewRows> view,
                  ReadSystemView(schema + "." + ToLower(split.object), context));
    if (view) return Materialize(view->columns, view->rows);
  }
  if (is_function) return NoObject(name);
  const Table* table = const_cast<Database*>(database)->FindTable(schema, split.object);
  if (table == nullptr) return NoObject(name);
  if (!Security(instance).HasDatabase(session_.login, *database, "SELECT", table->name)) {
    return SqlError{229, 14,
                    "The SELECT permission was denied on the object '" + table->name +
                        "', database '" + database->name + "', schema 'dbo'."};
  }
  DBSTOW_TRY(CheckReadable(*database, *table));
  if (const auto holder = engine_.locks.HolderBeside(session_.id, {database->id, table->id})) {
    return SqlError{kBlocked, 16, "", *holder};
  }
  SourceTable source{Journal(instance, database->id).RowsOf(table->id), {}};
  for (const TableColumn& column : table->columns) {
    source.columns.push_back({column.name, column.type});
  }
  return source;
}

Executor::OutcomeOr Executor::Execute(const SelectStatement& statement) {
  QueryCompiler compiler(*this);
  DBSTOW_ASSIGN(const CompiledQuery query, compiler.Compile(*statement.select));
  DBSTOW_ASSIGN(std::vector<Row> rows, store().Query(query.sql, query.bindings));
  Outcome outcome;
  outcome.completion = {kSelectCommand, true, rows.size(), false};
  bool assigns = false;
  for (std::size_t i = 0; i < query.variables.size(); ++i) {
    if (query.variables[i].empty()) continue;
    assigns = true;
    DBSTOW_ASSIGN(TypedValue variable, Variable(query.variables[i]));
    if (rows.empty()) continue;
    DBSTOW_ASSIGN(variable.value, Convert(rows.back()[i], query.columns[i].type, variable.type));
    variables_[ToLower(query.variables[i])] = variable;
  }
  if (assigns) return outcome;
  outcome.columns = query.columns;
  outcome.rows = std::move(rows);
  outcome.has_rows = true;
  return outcome;
}

Executor::OutcomeOr Executor::Execute(const DeclareStatement& statement) {
  for (const Declaration& declaration : statement.variables) {
    TypedValue variable{declaration.type, {}};
    if (declaration.value) {
      QueryCompiler compiler(*this);
      DBSTOW_ASSIGN(const TypedValue given, compiler.Evaluate(*declaration.value));
      DBSTOW_ASSIGN(variable.value, Convert(given.value, given.type, declaration.type));
    }
    if (variables_.contains(ToLower(declaration.name))) {
      return SqlError{134, 15,
                      "The variable name '" + declaration.name + "' has already been declared."};
    }
    variables_[ToLower(declaration.name)] = std::move(variable);
  }
  Outcome outcome;
  outcome.silent = true;
  return outcome;
}

Executor::OutcomeOr Executor::Execute(const SetVariableStatement& statement) {
  DBSTOW_ASSIGN(TypedValue variable, Variable(statement.name));
  QueryCompiler compiler(*this);
  DBSTOW_ASSIGN(const TypedValue given, compiler.Evaluate(*statement.value));
  DBSTOW_ASSIGN(variable.value, Convert(given.value, given.type, variable.type));
  variables_[ToLower(statement.name)] = std::move(variable);
  Outcome outcome;
  outcome.silent = true;
  return outcome;
}

Executor::OutcomeOr Executor::Execute(const SetOptionStatement& statement) {
  const bool on = statement.value == "ON";
  if (statement.option == "NOCOUNT") session_.no_count = on;
  if (statement.option == "XACT_ABORT") session_.abort_on_error = on;
  if (statement.option == "IMPLICIT_TRANSACTIONS") session_.implicit_transactions = on;
  if (statement.option == "LOCK_TIMEOUT") {
    session_.lock_timeout_ms = std::atoi(statement.value.c_str());
  }
  static constexpr std::string_view kKnown =
      " NOCOUNT XACT_ABORT IMPLICIT_TRANSACTIONS LOCK_TIMEOUT TEXTSIZE ROWCOUNT ANSI_NULLS "
      "ANSI_PADDING ANSI_WARNINGS ANSI_NULL_DFLT_ON ARITHABORT CONCAT_NULL_YIELDS_NULL "
      "CURSOR_CLOSE_ON_COMMIT NUMERIC_ROUNDABORT QUOTED_IDENTIFIER DATEFORMAT DATEFIRST LANGUAGE "
      "DEADLOCK_PRIORITY CONTEXT_INFO ANSI_DEFAULTS FMTONLY NOEXEC ";
  if (statement.option != "TRANSACTION ISOLATION LEVEL" &&
      kKnown.find(" " + statement.option + " ") == std::string_view::npos) {
    return SqlError{195, 15, "'" + statement.option + "' is not a recognized SET option."};
  }
  return Outcome{};
}

SqlResult<void> Executor::CheckEntry(const Database& database) {
  if (!Security(engine_.instance()).UserIn(session_.login, database)) {
    return SqlError{916, 14,
                    "The server principal \"" + session_.login +
                        "\" is not able to access the database \"" + database.name +
                        "\" under the current security context."};
  }
  DBSTOW_TRY(CheckOpen(database));
  if (database.access != UserAccess::kRestricted ||
      Security(engine_.instance()).MayEnterRestricted(session_.login, database)) {
    return {};
  }
  return SqlError{923, 14,
                  "Database '" + database.name +
                      "' is in restricted mode. Only the database owner and members of the "
                      "dbcreator and sysadmin roles can access it."};
}

Executor::OutcomeOr Executor::Execute(const UseStatement& statement) {
  const Instance& instance = engine_.instance();
  const Database* database = instance.Find(statement.database);
  if (database == nullptr) return NoDatabase(statement.database);
  DBSTOW_TRY(CheckEntry(*database));
  if (database->access == UserAccess::kSingle && engine_.InUse(database->id, session_)) {
    return SqlError{
        924, 14,
        "Database '" + database->name + "' is already open and can only have one user at a time."};
  }
  const std::string before = instance.databases().at(session_.database).name;
  session_.database = database->id;
  sink_.Changed(Change::kDatabase, database->name, before);
  Outcome outcome;
  outcome.messages.push_back(
      {5701, 10, "Changed database context to '" + database->name + "'.", 2});
  return outcome;
}

Executor::OutcomeOr Executor::Execute(const PrintStatement& statement) {
  QueryCompiler compiler(*this);
  DBSTOW_ASSIGN(const TypedValue value, compiler.Evaluate(*statement.value));
  Outcome outcome;
  outcome.messages.push_back({0, 0, ToText(value.value, value.type)});
  return outcome;
}

Executor::OutcomeOr Executor::Execute(const TransactionStatement& statement) {
  SessionTransaction& transaction = session_.transaction;
  if (statement.verb == TransactionVerb::kBegin) {
    Outcome begun;
    if (transaction.depth > 0 && statement.marked) {
      begun.messages.push_back({3920, 10,
                                "The WITH MARK option only applies to the first BEGIN TRAN WITH "
                                "MARK statement. The option is ignored."});
    }
    if (transaction.depth++ == 0) {
      transaction.name = statement.name;
      transaction.mark = statement.marked ? statement.name : "";
      transaction.mark_description = statement.description;
      transaction.descriptor = static_cast<std::uint64_t>(engine_.instance().Now()) << 8 |
                               static_cast<std::uint64_t>(session_.id & 0xFF);
      std::string bytes;
      for (int i = 0; i < 8; ++i) bytes += static_cast<char>(transaction.descriptor >> (8 * i));
      sink_.Changed(Change::kBeginTransaction, bytes, "");
    }
    return begun;
  }
  const bool commits = statement.verb == TransactionVerb::kCommit;
  if (transaction.depth == 0) {
    return commits ? SqlError{3902, 16,
                              "The COMMIT TRANSACTION request has no corresponding BEGIN "
                              "TRANSACTION."}
                   : SqlError{3903, 16,
                              "The ROLLBACK TRANSACTION request has no corresponding BEGIN "
                              "TRANSACTION."};
  }
  if (!commits && !statement.name.empty() && !SameName(statement.name, transaction.name)) {
    return SqlError{6401, 16,
                    "Cannot roll back " + statement.name +
                        ". No transaction or savepoint of that name was found."};
  }
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(transaction.descriptor >> (8 * i));
  if (!commits) {
    DBSTOW_TRY(engine_.RollbackTransaction(session_));
    sink_.Changed(Change::kRollback, "", bytes);
    return Outcome{};
  }
  if (transaction.depth > 1) {
    --transaction.depth;
    return Outcome{};
  }
  for (const auto& [database, part] : transaction.parts) DBSTOW_TRY(AwaitResume(database));
  const SqlResult<void> committed = Work([&]() -> SqlResult<void> {
    for (const auto& [database, part] : transaction.parts) {
      Journal journal(engine_.instance(), database);
      if (!transaction.mark.empty()) {
        DBSTOW_TRY(RecordMark(engine_.instance(), database,
                              {transaction.mark, transaction.mark_description, session_.login}));
      }
      DBSTOW_TRY(journal.Commit(part));
      DBSTOW_TRY(journal.TruncateIfSimple());
    }
    return {};
  });
  if (!committed) return committed.error();
  transaction = {};
  engine_.locks.Release(session_.id);
  engine_.instance().released().notify_all();
  sink_.Changed(Change::kCommit, "", bytes);
  return Outcome{};
}

Executor::OutcomeOr Executor::Execute(const CheckpointStatement&) {
  const int id = session_.database;
  const Security security(engine_.instance());
  const Database& database = engine_.instance().databases().at(id);
  if (!security.HasDatabase(session_.login, database, "CHECKPOINT")) {
    return Denied("CHECKPOINT", database.name);
  }
  DBSTOW_TRY(Work([&]() -> SqlResult<void> {
    Database& changed = engine_.instance().Mutable(id);
    changed.checkpoint_lsn = changed.next_lsn;
    return Journal(engine_.instance(), id).TruncateIfSimple();
  }));
  return Outcome{};
}

Executor::OutcomeOr Executor::Execute(const KillStatement& statement) {
  const Security security(engine_.instance());
  if (!security.HasServer(session_.login, "ALTER ANY CONNECTION")) {
    return SqlError{6102, 14, "User does not have permission to use the KILL statement."};
  }
  QueryCompiler compiler(*this);
  DBSTOW_ASSIGN(const TypedValue value, compiler.Evaluate(*statement.session));
  const auto* id = std::get_if<std::int64_t>(&value.value);
  if (id == nullptr) return SqlError{6101, 16, "Session ID is not valid."};
  if (*id == session_.id) return SqlError{6104, 16, "Cannot use KILL to kill your own process."};
  const auto found = engine_.sessions.find(static_cast<int>(*id));
  if (found == engine_.sessions.end()) {
    return SqlError{6106, 16,
                    "Process ID " + std::to_string(*id) + " is not an active process ID."};
  }
  found->second->killed = true;
  engine_.instance().released().notify_all();
  return Outcome{};
}

// Lets the server go on meanwhile.
Executor::OutcomeOr Executor::Execute(const WaitForStatement& statement) {
  QueryCompiler compiler(*this);
  DBSTOW_ASSIGN(const TypedValue value, compiler.Evaluate(*statement.delay));
  const auto* text = std::get_if<std::string>(&value.value);
  const std::optional<Milliseconds> delay =
      text == nullptr ? std::nullopt : ParseDateTime("1970-01-01 " + *text);
  if (!delay) return SqlError{148, 15, "Incorrect time syntax in time string used with WAITFOR."};
  session_.command = "WAITFOR";
  lock_.unlock();
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(*delay);
  bool stopped = false;
  while (!stopped && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    stopped = interruption_.Interrupted();
  }
  lock_.lock();
  session_.command.clear();
  if (stopped) return SqlError{0, 11, "Operation cancelled by user."};
  return Outcome{};
}

}  // namespace dbstow::doubles::sqlserver
