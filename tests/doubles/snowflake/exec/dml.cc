#include "doubles/snowflake/exec/dml.h"

#include <algorithm>

#include "doubles/snowflake/exec/evaluator.h"
#include "doubles/snowflake/exec/names.h"
#include "doubles/snowflake/exec/select.h"
#include "doubles/snowflake/exec/source.h"
#include "doubles/snowflake/sql/query_parser.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

ResultSet Counted(const std::string& column, size_t count, const char* type, int64_t id) {
  ResultSet result;
  result.columns = {{column, DataType{TypeKind::kNumber}}};
  result.rows = {{Integer(static_cast<int64_t>(count))}};
  result.statement_type = type;
  result.statement_type_id = id;
  return result;
}

Partition PartitionFor(const TableDetail& table) {
  Partition partition;
  for (const Column& column : table.columns) {
    partition.column_ids.push_back(column.id);
    partition.types.push_back(column.type);
  }
  return partition;
}

/// The table of a statement that changes rows. Errors: as names; 003001; views are 002003.
Result<const Object*> Target(const Execution& execution, const Name& name,
                             const std::string& privilege) {
  const Names names(execution);
  DBSTOW_ASSIGN(const Object* table, names.Relation(name));
  if (table->kind != ObjectKind::kTable) {
    return CompilationError({"002018", "42601"}, "Object '" + table->name() + "' is not a table");
  }
  DBSTOW_TRY(names.access().Require(*table, privilege));
  DBSTOW_TRY(RequireWarehouse(execution));
  return table;
}

Scope ScopeOf(const Object& table) {
  Scope scope;
  for (const Column& column : table.table()->columns) {
    scope.columns.push_back(ScopeColumn{table.name(), column.name, column.type});
  }
  return scope;
}

Result<Value> Fit(const Column& column, const Value& value) {
  DBSTOW_ASSIGN(Value cast, Cast(value, column.type));
  if (IsNull(cast) && column.not_null) {
    return SqlError(codes::kNull, "NULL result in a non-nullable column");
  }
  return cast;
}

Result<std::vector<size_t>> PositionsOf(const TableDetail& table,
                                        const std::vector<std::string>& names) {
  std::vector<size_t> positions;
  for (size_t at = 0; names.empty() && at < table.columns.size(); ++at) positions.push_back(at);
  for (const std::string& name : names) {
    const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                    [&](const Column& column) { return column.name == name; });
    if (found == table.columns.end()) {
      return CompilationError(codes::kInvalidIdentifier,
                              "invalid identifier '" + QuoteIdentifier(name) + "'");
    }
    positions.push_back(static_cast<size_t>(found - table.columns.begin()));
  }
  return positions;
}

bool IsDefaultWord(const Expression& value) {
  return value.kind == ExpressionKind::kColumn && value.name.parts.size() == 1 &&
         value.name.parts[0] == "DEFAULT";
}

Result<std::vector<Row>> ValuesRows(const Execution& execution, const InsertStatement& insert,
                                    const TableDetail& table) {
  DBSTOW_ASSIGN(const auto positions, PositionsOf(table, insert.columns));
  const Scope scope;
  const Evaluator evaluator(execution, scope);
  std::vector<Row> rows;
  for (const Expressions& expressions : insert.rows) {
    if (expressions.size() != positions.size()) {
      return CompilationError(codes::kColumnCount,
                              "Insert value list does not match column list expecting " +
                                  std::to_string(positions.size()) + " but got " +
                                  std::to_string(expressions.size()));
    }
    Row row;
    for (size_t at = 0; at < expressions.size(); ++at) {
      DBSTOW_ASSIGN(Value value, IsDefaultWord(expressions[at])
                                     ? DefaultValue(execution, table.columns[positions[at]])
                                     : evaluator.Evaluate(expressions[at], {}));
      row.push_back(std::move(value));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Goes through the partitions that a table holds now. `change_row` says what becomes of a row:
/// kept as it is, replaced, or taken out; partitions without a change stay shared with the past.
enum class RowFate { kKeep, kReplace, kRemove };
template <class ChangeRow>
Result<size_t> RewriteRows(const Execution& execution, const Object& object, ChangeRow change_row) {
  const std::vector<Membership> memberships = object.table()->memberships;
  const Id id = object.id;
  size_t changed = 0;
  for (const Membership& membership : memberships) {
    if (membership.to != kForever) continue;
    const Object& table = *execution.change.Find(id);
    Partition rewritten = PartitionFor(*table.table());
    size_t here = 0;
    for (Row& row :
         ReadPartition(*execution.change.FindPartition(membership.partition), *table.table())) {
      DBSTOW_ASSIGN(const RowFate fate, change_row(row));
      if (fate != RowFate::kKeep) ++here;
      if (fate != RowFate::kRemove) rewritten.rows.push_back(std::move(row));
    }
    if (here == 0) continue;
    changed += here;
    Object& edited = execution.change.Edit(id);
    execution.change.RemovePartition(edited, membership.partition);
    execution.change.AddRows(edited, std::move(rewritten));
  }
  return changed;
}

void RemoveAllRows(Change& change, Id table) {
  Object& edited = change.Edit(table);
  for (Membership& membership : edited.table()->memberships) {
    if (membership.to == kForever) membership.to = change.version();
  }
  edited.table()->loaded.clear();
}

}  // namespace

Result<Value> DefaultValue(const Execution& execution, const Column& column) {
  if (column.default_sequence != 0) {
    const Object* sequence = execution.change.Find(column.default_sequence);
    if (sequence == nullptr || !sequence->live()) {
      return CompilationError(codes::kDoesNotExist, "Sequence '" + column.default_text +
                                                        "' does not exist or not authorized.");
    }
    auto& detail = std::get<SequenceDetail>(execution.change.Edit(sequence->id).detail);
    const int64_t value = detail.next;
    detail.next += detail.step;
    return Integer(value);
  }
  if (column.default_text.empty()) return Value(Null{});
  DBSTOW_ASSIGN(std::vector<Token> tokens, Tokenize(column.default_text));
  TokenCursor cursor(std::move(tokens));
  QueryParser parser(cursor);
  DBSTOW_ASSIGN(const Expression expression, parser.ParseExpression());
  const Scope scope;
  DBSTOW_ASSIGN(const Value value, Evaluator(execution, scope).Evaluate(expression, {}));
  return Cast(value, column.type);
}

Result<void> InsertRows(const Execution& execution, Object& table,
                        const std::vector<std::string>& columns, const std::vector<Row>& rows) {
  const Id id = table.id;
  const TableDetail detail = *table.table();
  DBSTOW_ASSIGN(const auto positions, PositionsOf(detail, columns));
  Partition partition = PartitionFor(detail);
  for (const Row& row : rows) {
    if (row.size() != positions.size()) {
      return CompilationError(codes::kColumnCount,
                              "Insert value list does not match column list expecting " +
                                  std::to_string(positions.size()) + " but got " +
                                  std::to_string(row.size()));
    }
    Row full(detail.columns.size(), Value(Null{}));
    std::vector<bool> given(detail.columns.size(), false);
    for (size_t at = 0; at < row.size(); ++at) {
      full[positions[at]] = row[at];
      given[positions[at]] = true;
    }
    for (size_t at = 0; at < full.size(); ++at) {
      if (!given[at]) {
        DBSTOW_ASSIGN(full[at], DefaultValue(execution, detail.columns[at]));
      }
      DBSTOW_ASSIGN(full[at], Fit(detail.columns[at], full[at]));
    }
    partition.rows.push_back(std::move(full));
  }
  execution.change.AddRows(execution.change.Edit(id), std::move(partition));
  return {};
}

Result<ResultSet> ExecuteInsert(const Execution& execution, const InsertStatement& insert) {
  DBSTOW_ASSIGN(const Object* table, Target(execution, insert.table, "INSERT"));
  const Id id = table->id;
  if (insert.overwrite) DBSTOW_TRY(execution.access().Require(*table, "DELETE"));
  std::vector<Row> rows;
  if (insert.query) {
    DBSTOW_ASSIGN(ResultSet selected, ExecuteSelect(execution, *insert.query));
    rows = std::move(selected.rows);
    DBSTOW_ASSIGN(const auto positions, PositionsOf(*table->table(), insert.columns));
    if (selected.columns.size() != positions.size()) {
      return CompilationError(codes::kColumnCount,
                              "Insert value list does not match column list expecting " +
                                  std::to_string(positions.size()) + " but got " +
                                  std::to_string(selected.columns.size()));
    }
  } else {
    DBSTOW_ASSIGN(rows, ValuesRows(execution, insert, *table->table()));
  }
  if (insert.overwrite) RemoveAllRows(execution.change, id);
  DBSTOW_TRY(InsertRows(execution, execution.change.Edit(id), insert.columns, rows));
  return Counted("number of rows inserted", rows.size(), "INSERT", 0x3100);
}

Result<ResultSet> ExecuteUpdate(const Execution& execution, const UpdateStatement& update) {
  DBSTOW_ASSIGN(const Object* table, Target(execution, update.table, "UPDATE"));
  const Scope scope = ScopeOf(*table);
  const Evaluator evaluator(execution, scope);
  const TableDetail detail = *table->table();
  std::vector<std::string> names;
  for (const auto& [column, value] : update.assignments) names.push_back(column);
  DBSTOW_ASSIGN(const auto positions, PositionsOf(detail, names));
  DBSTOW_ASSIGN(
      const size_t changed, RewriteRows(execution, *table, [&](Row& row) -> Result<RowFate> {
        if (update.where) {
          DBSTOW_ASSIGN(const bool holds, evaluator.Test(*update.where, row));
          if (!holds) return RowFate::kKeep;
        }
        Row updated = row;
        for (size_t at = 0; at < positions.size(); ++at) {
          DBSTOW_ASSIGN(const Value value, evaluator.Evaluate(update.assignments[at].second, row));
          DBSTOW_ASSIGN(updated[positions[at]], Fit(detail.columns[positions[at]], value));
        }
        row = std::move(updated);
        return RowFate::kReplace;
      }));
  ResultSet result = Counted("number of rows updated", changed, "UPDATE", 0x3200);
  result.columns.push_back({"number of multi-joined rows updated", DataType{TypeKind::kNumber}});
  result.rows[0].push_back(Integer(0));
  return result;
}

Result<ResultSet> ExecuteDelete(const Execution& execution, const DeleteStatement& erase) {
  DBSTOW_ASSIGN(const Object* table, Target(execution, erase.table, "DELETE"));
  const Scope scope = ScopeOf(*table);
  const Evaluator evaluator(execution, scope);
  DBSTOW_ASSIGN(const size_t changed,
                RewriteRows(execution, *table, [&](Row& row) -> Result<RowFate> {
                  if (!erase.where) return RowFate::kRemove;
                  DBSTOW_ASSIGN(const bool holds, evaluator.Test(*erase.where, row));
                  return holds ? RowFate::kRemove : RowFate::kKeep;
                }));
  return Counted("number of rows deleted", changed, "DELETE", 0x3300);
}

Result<ResultSet> ExecuteTruncate(const Execution& execution, const TruncateStatement& truncate) {
  const Names names(execution);
  if (truncate.if_exists) {
    DBSTOW_ASSIGN(const Object* there, names.OfKindIfThere(ObjectKind::kTable, truncate.table));
    if (there == nullptr) return StatusResult("Statement executed successfully.");
  }
  DBSTOW_ASSIGN(const Object* table, names.OfKind(ObjectKind::kTable, truncate.table));
  DBSTOW_TRY(names.access().Require(*table, "TRUNCATE"));
  RemoveAllRows(execution.change, table->id);
  ResultSet result = StatusResult("Statement executed successfully.");
  result.statement_type = "TRUNCATE_TABLE";
  return result;
}

}  // namespace dbstow::doubles::snowflake
