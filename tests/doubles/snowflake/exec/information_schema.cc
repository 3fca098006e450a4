#include <algorithm>

#include "doubles/snowflake/exec/names.h"
#include "doubles/snowflake/exec/show.h"
#include "doubles/snowflake/exec/source.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

// INFORMATION_SCHEMA.QUERY_HISTORY reaches back seven days and gives 100 rows unless told
// otherwise.
constexpr Nanos kHistoryDays = 7;
constexpr size_t kHistoryRows = 100;
constexpr size_t kMostHistoryRows = 10000;

Source FromShow(const ResultSet& columns) {
  Source source;
  for (const ResultColumn& column : columns.columns) {
    source.scope.columns.push_back(ScopeColumn{"", column.name, column.type});
  }
  return source;
}

std::string NameOf(const CatalogView& view, Id id) {
  const Object* object = view.Find(id);
  return object == nullptr ? "" : object->name();
}

/// Schemas of a database, or of all when there is none; dropped ones only then.
std::vector<const Object*> SchemasOf(const Execution& execution, const Object* database) {
  const CatalogView& view = execution.change;
  const Access access = execution.access();
  std::vector<const Object*> schemas;
  for (const auto& [id, object] : view.objects()) {
    if (object->kind != ObjectKind::kSchema) continue;
    if (database != nullptr && (object->container() != database->id || !object->live())) continue;
    if (database == nullptr || access.HasAny(*object)) schemas.push_back(object.get());
  }
  return schemas;
}

std::vector<const Object*> ObjectsOf(const Execution& execution, const Object* database,
                                     std::initializer_list<ObjectKind> kinds) {
  std::vector<const Object*> found;
  const Access access = execution.access();
  const auto schemas = SchemasOf(execution, database);
  for (const auto& [id, object] : execution.change.objects()) {
    if (std::find(kinds.begin(), kinds.end(), object->kind) == kinds.end()) continue;
    if (database != nullptr && !object->live()) continue;
    if (!object->session.empty() && object->session != execution.session.id) continue;
    const bool inside = std::any_of(schemas.begin(), schemas.end(), [&](const Object* schema) {
      return schema->id == object->container();
    });
    if (inside && access.HasAny(*object)) found.push_back(object.get());
  }
  return found;
}

int64_t RowCount(const CatalogView& view, const Object& table) {
  int64_t rows = 0;
  for (const Membership& membership : table.table()->memberships) {
    if (membership.to == kForever) {
      rows += static_cast<int64_t>(view.FindPartition(membership.partition)->rows.size());
    }
  }
  return rows;
}

Source Tables(const Execution& execution, const Object* database) {
  const CatalogView& view = execution.change;
  Source source = FromShow(ShowResult(
      {"number:TABLE_ID", "TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_OWNER",
       "TABLE_TYPE", "IS_TRANSIENT", "number:ROW_COUNT", "number:BYTES", "number:RETENTION_TIME",
       "ltz:CREATED", "ltz:LAST_ALTERED", "ltz:DELETED", "COMMENT"}));
  for (const Object* object :
       ObjectsOf(execution, database, {ObjectKind::kTable, ObjectKind::kView})) {
    const Object* schema = view.Find(object->container());
    const bool table = object->kind == ObjectKind::kTable;
    const int64_t rows = table ? RowCount(view, *object) : 0;
    source.rows.push_back(
        {Integer(object->id), NameOf(view, schema->container()), schema->name(), object->name(),
         NameOf(view, object->owner),
         table ? (object->session.empty() ? "BASE TABLE" : "LOCAL TEMPORARY") : "VIEW",
         view.IsTransient(*object) ? "YES" : "NO", table ? Integer(rows) : Value(Null{}),
         table ? Integer(rows * 64) : Value(Null{}),
         table ? Integer(view.RetentionDays(*object)) : Value(Null{}), LtzValue(object->created),
         LtzValue(object->altered), object->live() ? Value(Null{}) : LtzValue(object->dropped),
         object->comment.empty() ? Value(Null{}) : Value(object->comment)});
  }
  return source;
}

Source Columns(const Execution& execution, const Object* database) {
  const CatalogView& view = execution.change;
  Source source = FromShow(ShowResult(
      {"TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME", "number:ORDINAL_POSITION",
       "COLUMN_DEFAULT", "IS_NULLABLE", "DATA_TYPE", "number:CHARACTER_MAXIMUM_LENGTH",
       "number:NUMERIC_PRECISION", "number:NUMERIC_SCALE", "COMMENT"}));
  for (const Object* object : ObjectsOf(execution, database, {ObjectKind::kTable})) {
    const Object* schema = view.Find(object->container());
    int64_t ordinal = 0;
    for (const Column& column : object->table()->columns) {
      const bool number = column.type.kind == TypeKind::kNumber;
      const bool text = column.type.kind == TypeKind::kText;
      std::string type = WireName(column.type.kind);
      if (number) type = "NUMBER";
      if (column.type.kind == TypeKind::kReal) type = "FLOAT";
      source.rows.push_back(
          {NameOf(view, schema->container()), schema->name(), object->name(), column.name,
           Integer(++ordinal),
           column.default_text.empty() ? Value(Null{}) : Value(column.default_text),
           column.not_null ? "NO" : "YES", type, text ? Integer(column.type.length) : Value(Null{}),
           number ? Integer(column.type.precision) : Value(Null{}),
           number ? Integer(column.type.scale) : Value(Null{}),
           column.comment.empty() ? Value(Null{}) : Value(column.comment)});
    }
  }
  return source;
}

Source Schemata(const Execution& execution, const Object* database) {
  const CatalogView& view = execution.change;
  Source source =
      FromShow(ShowResult({"number:SCHEMA_ID", "CATALOG_NAME", "SCHEMA_NAME", "SCHEMA_OWNER",
                           "IS_TRANSIENT", "IS_MANAGED_ACCESS", "number:RETENTION_TIME",
                           "ltz:CREATED", "ltz:LAST_ALTERED", "ltz:DELETED", "COMMENT"}));
  for (const Object* schema : SchemasOf(execution, database)) {
    source.rows.push_back({Integer(schema->id), NameOf(view, schema->container()), schema->name(),
                           NameOf(view, schema->owner), view.IsTransient(*schema) ? "YES" : "NO",
                           schema->managed_access ? "YES" : "NO",
                           Integer(view.RetentionDays(*schema)), LtzValue(schema->created),
                           LtzValue(schema->altered),
                           schema->live() ? Value(Null{}) : LtzValue(schema->dropped),
                           schema->comment.empty() ? Value(Null{}) : Value(schema->comment)});
  }
  return source;
}

Source Databases(const Execution& execution, const Object* only_live_for) {
  const CatalogView& view = execution.change;
  Source source = FromShow(ShowResult({"number:DATABASE_ID", "DATABASE_NAME", "DATABASE_OWNER",
                                       "IS_TRANSIENT", "COMMENT", "ltz:CREATED", "ltz:LAST_ALTERED",
                                       "ltz:DELETED", "number:RETENTION_TIME", "TYPE"}));
  for (const auto& [id, database] : view.objects()) {
    if (database->kind != ObjectKind::kDatabase || !execution.access().HasAny(*database)) continue;
    if (only_live_for != nullptr && !database->live()) continue;
    source.rows.push_back({Integer(id), database->name(), NameOf(view, database->owner),
                           database->transient ? "YES" : "NO",
                           database->comment.empty() ? Value(Null{}) : Value(database->comment),
                           LtzValue(database->created), LtzValue(database->altered),
                           database->live() ? Value(Null{}) : LtzValue(database->dropped),
                           Integer(view.RetentionDays(*database)), "STANDARD"});
  }
  return source;
}

Source Others(const Execution& execution, const Object* database, ObjectKind kind,
              const std::string& prefix) {
  const CatalogView& view = execution.change;
  Source source;
  for (const std::string& column :
       {prefix + "_CATALOG", prefix + "_SCHEMA", prefix + "_NAME", prefix + "_OWNER",
        std::string("DEFINITION"), std::string("COMMENT")}) {
    source.scope.columns.push_back(ScopeColumn{"", column, DataType{TypeKind::kText}});
  }
  source.scope.columns.push_back(ScopeColumn{"", "CREATED", DataType{TypeKind::kTimestampLtz}});
  for (const Object* object : ObjectsOf(execution, database, {kind})) {
    const Object* schema = view.Find(object->container());
    const auto* query = std::get_if<ViewDetail>(&object->detail);
    source.rows.push_back({NameOf(view, schema->container()), schema->name(), object->name(),
                           NameOf(view, object->owner),
                           query != nullptr ? Value(query->query) : Value(Null{}),
                           object->comment.empty() ? Value(Null{}) : Value(object->comment),
                           LtzValue(object->created)});
  }
  return source;
}

std::string StatusText(QueryRecord::Status status) {
  switch (status) {
    case QueryRecord::Status::kRunning: return "RUNNING";
    case QueryRecord::Status::kSucceeded: return "SUCCESS";
    // A canceled statement is one that failed with 000604.
    case QueryRecord::Status::kFailed:
    case QueryRecord::Status::kCanceled: return "FAILED_WITH_ERROR";
  }
  return "";
}

Row HistoryRow(const QueryRecord& query) {
  const auto text = [](const std::string& value) {
    return value.empty() ? Value(Null{}) : Value(value);
  };
  return {query.id,
          query.text,
          text(query.database),
          text(query.schema),
          query.type,
          query.session,
          query.user,
          query.role,
          text(query.warehouse),
          query.tag,
          StatusText(query.status),
          text(query.error_code),
          text(query.error_message),
          LtzValue(query.start),
          query.status == QueryRecord::Status::kRunning ? Value(Null{}) : LtzValue(query.end),
          Integer((query.end - query.start) / 1000000),
          Integer(query.rows)};
}

Result<Source> QueryHistory(const Execution& execution, const TableReference& table) {
  Source source =
      FromShow(ShowResult({"QUERY_ID", "QUERY_TEXT", "DATABASE_NAME", "SCHEMA_NAME", "QUERY_TYPE",
                           "SESSION_ID", "USER_NAME", "ROLE_NAME", "WAREHOUSE_NAME", "QUERY_TAG",
                           "EXECUTION_STATUS", "ERROR_CODE", "ERROR_MESSAGE", "ltz:START_TIME",
                           "ltz:END_TIME", "number:TOTAL_ELAPSED_TIME", "number:ROWS_PRODUCED"}));
  const Scope none;
  const Evaluator evaluator(execution, none);
  size_t most = kHistoryRows;
  std::string session;
  for (const auto& [key, expression] : table.named) {
    DBSTOW_ASSIGN(const Value value, evaluator.Evaluate(expression, {}));
    if (key == "RESULT_LIMIT") {
      DBSTOW_ASSIGN(const Value limit, Cast(value, DataType{TypeKind::kNumber}));
      most = static_cast<size_t>(std::get<Decimal>(limit).units);
      if (most < 1 || most > kMostHistoryRows) {
        return CompilationError(codes::kInvalidValue,
                                "invalid value [" + ToText(value) + "] for RESULT_LIMIT");
      }
    } else if (key == "SESSION_ID") {
      session = ToText(value);
    } else {
      return Unsupported("QUERY_HISTORY argument " + key);
    }
  }
  if (table.name.last() == "QUERY_HISTORY_BY_SESSION" && session.empty())
    session = execution.session.id;
  const Object* user = execution.change.Find(execution.session.user);
  const bool sees_all = execution.access().Has(execution.change.account(), "MONITOR USAGE");
  const auto& records = execution.log.records();
  for (auto record = records.rbegin(); record != records.rend() && source.rows.size() < most;
       ++record) {
    const QueryRecord& query = **record;
    if (execution.now() - query.start > kHistoryDays * kNanosPerDay) break;
    if (!session.empty() && query.session != session) continue;
    if (!sees_all && (user == nullptr || query.user != user->name())) continue;
    source.rows.push_back(HistoryRow(query));
  }
  return source;
}

Result<Source> Generator(const Execution& execution, const TableReference& table) {
  const auto count = table.named.find("ROWCOUNT");
  if (count == table.named.end()) return Unsupported("GENERATOR without ROWCOUNT");
  const Scope none;
  DBSTOW_ASSIGN(const Value value, Evaluator(execution, none).Evaluate(count->second, {}));
  DBSTOW_ASSIGN(const Value number, Cast(value, DataType{TypeKind::kNumber}));
  const Int128 rows = IsNull(number) ? 0 : std::get<Decimal>(number).units;
  if (rows < 0 || rows > 2000000) return Unsupported("GENERATOR of more than 2 000 000 rows");
  Source source;
  source.scope.columns.push_back(
      ScopeColumn{std::string(kGeneratorTable), "", DataType{TypeKind::kNumber}});
  for (int64_t row = 0; row < static_cast<int64_t>(rows); ++row)
    source.rows.push_back({Integer(row)});
  return source;
}

Result<Source> ResultScan(const Execution& execution, const TableReference& table) {
  if (table.arguments.size() != 1) return Unsupported("RESULT_SCAN of anything but one query id");
  const Scope none;
  DBSTOW_ASSIGN(const Value id, Evaluator(execution, none).Evaluate(table.arguments[0], {}));
  const auto result = execution.log.Result(ToText(id));
  const QueryRecord* record = execution.log.Find(ToText(id));
  if (result == nullptr || record == nullptr || execution.now() - record->end > kNanosPerDay) {
    return CompilationError(codes::kStatementNotFound, "Statement " + ToText(id) + " not found");
  }
  Source source;
  for (const ResultColumn& column : result->columns) {
    source.scope.columns.push_back(ScopeColumn{table.alias, column.name, column.type});
  }
  source.rows = result->rows;
  return source;
}

}  // namespace

Result<Source> OpenInformationSchema(const Execution& execution, const Object* database,
                                     const std::string& name) {
  if (name == "TABLES") return Tables(execution, database);
  if (name == "COLUMNS" && database != nullptr) return Columns(execution, database);
  if (name == "SCHEMATA") return Schemata(execution, database);
  if (name == "DATABASES") return Databases(execution, database);
  if (name == "VIEWS") return Others(execution, database, ObjectKind::kView, "TABLE");
  if (name == "SEQUENCES") return Others(execution, database, ObjectKind::kSequence, "SEQUENCE");
  if (name == "STAGES") return Others(execution, database, ObjectKind::kStage, "STAGE");
  if (name == "FILE_FORMATS")
    return Others(execution, database, ObjectKind::kFileFormat, "FILE_FORMAT");
  return Unsupported("INFORMATION_SCHEMA." + name);
}

Result<Source> OpenTableFunction(const Execution& execution, const TableReference& table) {
  const std::string& name = table.name.last();
  const bool in_information_schema =
      table.name.parts.size() > 1 &&
      table.name.parts[table.name.parts.size() - 2] == "INFORMATION_SCHEMA";
  if (in_information_schema && (name == "QUERY_HISTORY" || name == "QUERY_HISTORY_BY_SESSION")) {
    return QueryHistory(execution, table);
  }
  if (name == "GENERATOR") return Generator(execution, table);
  if (name == "RESULT_SCAN") return ResultScan(execution, table);
  return Unsupported("table function " + name);
}

}  // namespace dbstow::doubles::snowflake
