#include "doubles/snowflake/exec/source.h"

#include <algorithm>

#include "doubles/snowflake/exec/copy.h"
#include "doubles/snowflake/exec/names.h"
#include "doubles/snowflake/exec/select.h"
#include "doubles/snowflake/exec/time_travel.h"
#include "doubles/snowflake/sql/parser.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

constexpr int kMaxViewDepth = 20;

Source FromResult(const ResultSet& result, const std::string& alias) {
  Source source;
  for (const ResultColumn& column : result.columns) {
    source.scope.columns.push_back(ScopeColumn{alias, column.name, column.type});
  }
  source.rows = result.rows;
  return source;
}

// A view runs with its owner's rights and takes bare names from its own schema.
Result<Source> OpenView(const Execution& execution, const Object& view, const std::string& alias) {
  if (execution.view_depth >= kMaxViewDepth) {
    return CompilationError({"002001", "42601"}, "View definition is recursive: " + view.name());
  }
  const Object* schema = execution.change.Find(view.container());
  Session session = execution.session;
  session.schema = schema->name();
  session.database = execution.change.Find(schema->container())->name();
  session.role = view.owner;
  session.secondary_roles = false;
  Execution inner{session,
                  execution.change,
                  execution.log,
                  execution.stages,
                  execution.facts,
                  execution.bindings,
                  execution.query_id,
                  execution.cancel_query,
                  execution.view_depth + 1};
  DBSTOW_ASSIGN(const auto statements, Parse(std::get<ViewDetail>(view.detail).query));
  DBSTOW_ASSIGN(const ResultSet result,
                ExecuteSelect(inner, std::get<SelectStatement>(statements[0].body)));
  return FromResult(result, alias);
}

Result<Source> OpenTable(const Execution& execution, const Object& object,
                         const TableReference& table, const std::string& alias) {
  Version version = execution.change.version();
  if (table.time) {
    DBSTOW_ASSIGN(const PastPoint point, ResolvePoint(execution, *table.time, object.name()));
    if (!IsReadable(execution, object, point)) return NotAvailable(object);
    version = point.version;
  }
  Source source;
  for (const Column& column : object.table()->columns) {
    source.scope.columns.push_back(ScopeColumn{alias, column.name, column.type});
  }
  source.rows = ReadTable(execution.change, object, version);
  return source;
}

Result<Source> OpenObject(const Execution& execution, const TableReference& table) {
  const auto& parts = table.name.parts;
  if (parts.size() > 1 && parts[parts.size() - 2] == "INFORMATION_SCHEMA") {
    const Names names(execution);
    const Object* database = nullptr;
    if (parts.size() > 2) {
      DBSTOW_ASSIGN(database, names.Database(parts[0]));
    } else {
      DBSTOW_ASSIGN(database, names.CurrentDatabase());
    }
    return OpenInformationSchema(execution, database, parts.back());
  }
  if (parts.size() == 3 && parts[0] == "SNOWFLAKE" && parts[1] == "ACCOUNT_USAGE") {
    if (!execution.access().IsAccountAdmin()) {
      return CompilationError(codes::kDoesNotExist,
                              "Database 'SNOWFLAKE' does not exist or not authorized.");
    }
    return OpenInformationSchema(execution, nullptr, parts[2]);
  }
  const Names names(execution);
  DBSTOW_ASSIGN(const Object* object, names.Relation(table.name));
  DBSTOW_TRY(names.access().Require(*object, "SELECT"));
  const std::string alias = table.alias.empty() ? object->name() : table.alias;
  if (object->kind == ObjectKind::kView) {
    if (table.time) return Unsupported("Time Travel on a view");
    return OpenView(execution, *object, alias);
  }
  return OpenTable(execution, *object, table, alias);
}

}  // namespace

std::vector<Row> ReadPartition(const Partition& partition, const TableDetail& table) {
  std::vector<size_t> positions;
  std::vector<Value> fills;
  for (const Column& column : table.columns) {
    const auto found =
        std::find(partition.column_ids.begin(), partition.column_ids.end(), column.id);
    positions.push_back(static_cast<size_t>(found - partition.column_ids.begin()));
    // What encodes can be decoded; a fill was encoded from a value of this type.
    fills.push_back(FromWire(column.type, column.fill).value_or(Value(Null{})));
  }
  std::vector<Row> rows;
  rows.reserve(partition.rows.size());
  for (const Row& stored : partition.rows) {
    Row row;
    for (size_t at = 0; at < positions.size(); ++at) {
      row.push_back(positions[at] < stored.size() ? stored[positions[at]] : fills[at]);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Row> ReadTable(const CatalogView& view, const Object& table, Version version) {
  std::vector<Row> rows;
  for (const Membership& membership : table.table()->memberships) {
    if (membership.from > version || membership.to <= version) continue;
    for (Row& row : ReadPartition(*view.FindPartition(membership.partition), *table.table())) {
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

Result<void> RequireWarehouse(const Execution& execution) {
  const Object* warehouse =
      execution.change.FindChild(ObjectKind::kWarehouse, kAccountId, execution.session.warehouse);
  if (execution.session.warehouse.empty() || warehouse == nullptr ||
      !execution.access().Has(*warehouse, "USAGE")) {
    return SqlError(
        codes::kNoWarehouse,
        "No active warehouse selected in the current session.  Select an active warehouse "
        "with the 'use warehouse' command.");
  }
  if (warehouse->Option("STATE", "STARTED") == "STARTED") return {};
  if (warehouse->Option("AUTO_RESUME", "TRUE") != "TRUE") {
    return SqlError(codes::kNoWarehouse, "Warehouse '" + warehouse->name() +
                                             "' cannot be used because it is suspended.");
  }
  (*execution.change.Edit(warehouse->id).mutable_options())["STATE"] = "STARTED";
  return {};
}

Result<Source> OpenSource(const Execution& execution, const TableReference& table) {
  if (table.kind == TableReference::Kind::kSubquery) {
    DBSTOW_ASSIGN(const ResultSet result, ExecuteSelect(execution, *table.query));
    return FromResult(result, table.alias);
  }
  if (execution.view_depth == 0) DBSTOW_TRY(RequireWarehouse(execution));
  if (table.kind == TableReference::Kind::kFunction) return OpenTableFunction(execution, table);
  if (table.kind == TableReference::Kind::kStage) return OpenStageSource(execution, table);
  return OpenObject(execution, table);
}

}  // namespace dbstow::doubles::snowflake
