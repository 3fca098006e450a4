#include "doubles/sqlserver/exec/query_compiler.h"

#include <algorithm>

#include "doubles/sqlserver/exec/functions.h"
#include "doubles/sqlserver/value/convert.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

std::string_view JoinWords(JoinKind kind) {
  switch (kind) {
    case JoinKind::kFirst: return "";
    case JoinKind::kComma: return ", ";
    case JoinKind::kInner: return " JOIN ";
    case JoinKind::kLeft: return " LEFT JOIN ";
    case JoinKind::kRight: return " RIGHT JOIN ";
    case JoinKind::kFull: return " FULL JOIN ";
    case JoinKind::kCross: break;
  }
  return " CROSS JOIN ";
}

}  // namespace

SqlResult<CompiledQuery> QueryCompiler::Compile(const Select& select) {
  CompiledQuery query;
  DBSTOW_ASSIGN(query.sql, Chain(select, query.columns, &query.variables));
  query.bindings = std::move(bindings_);
  bindings_.clear();
  return query;
}

SqlResult<TypedValue> QueryCompiler::Evaluate(const Expr& expr) {
  DBSTOW_ASSIGN(const Fragment fragment, Scalar(expr));
  DBSTOW_ASSIGN(const std::vector<Row> rows,
                scope_.store().Query("SELECT " + fragment.sql, bindings_));
  bindings_.clear();
  return TypedValue{fragment.type, rows[0][0]};
}

SqlResult<bool> QueryCompiler::Test(const Expr& condition) {
  DBSTOW_ASSIGN(const std::string sql, Condition(condition));
  DBSTOW_ASSIGN(const std::vector<Row> rows, scope_.store().Query("SELECT " + sql, bindings_));
  bindings_.clear();
  return rows[0][0] == Int(1);
}

SqlResult<CompiledQuery> QueryCompiler::CompileRows(const SourceTable& table,
                                                    const std::string& name,
                                                    const std::vector<const Expr*>& values,
                                                    const Expr* where) {
  CompiledQuery query;
  sources_.push_back({BoundSource{name, "s0", table.columns}});
  query.sql = "SELECT s0.rid";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    query.sql += ", s0.c" + std::to_string(i);
  }
  for (const Expr* value : values) {
    DBSTOW_ASSIGN(const Fragment fragment, Scalar(*value));
    query.sql += ", " + fragment.sql;
    query.columns.push_back({"", fragment.type});
  }
  query.sql += " FROM " + table.store_name + " AS s0";
  if (where != nullptr) {
    DBSTOW_ASSIGN(const std::string condition, Condition(*where));
    query.sql += " WHERE " + condition;
  }
  query.sql += " ORDER BY s0.rid";
  sources_.pop_back();
  query.bindings = std::move(bindings_);
  bindings_.clear();
  return query;
}

std::string QueryCompiler::Bind(Value value) {
  bindings_.push_back(std::move(value));
  return "?" + std::to_string(bindings_.size());
}

SqlResult<std::string> QueryCompiler::Chain(const Select& select, std::vector<Column>& columns,
                                            std::vector<std::string>* variables) {
  if (!select.union_with) {
    sources_.emplace_back();
    DBSTOW_ASSIGN(std::string sql, Block(select, columns, variables));
    DBSTOW_ASSIGN(const std::string tail, Tail(select, columns));
    sources_.pop_back();
    return sql + tail;
  }
  std::string sql;
  for (const Select* part = &select; part != nullptr; part = part->union_with.get()) {
    std::vector<Column> own;
    sources_.emplace_back();
    DBSTOW_ASSIGN(const std::string block, Block(*part, own, nullptr));
    sources_.pop_back();
    if (part == &select) {
      columns = own;
    } else if (own.size() != columns.size()) {
      return SqlError{205, 16,
                      "All queries combined using a UNION operator must have an equal number of "
                      "expressions in their target lists."};
    }
    for (std::size_t i = 0; i < own.size(); ++i) {
      columns[i].type = CommonType(columns[i].type, own[i].type);
    }
    sql += block;
    if (part->union_with) sql += part->union_all ? " UNION ALL " : " UNION ";
  }
  DBSTOW_ASSIGN(const std::string tail, Tail(select, columns));
  return sql + tail;
}

SqlResult<std::string> QueryCompiler::Block(const Select& select, std::vector<Column>& columns,
                                            std::vector<std::string>* variables) {
  DBSTOW_ASSIGN(const std::string from, From(select));
  DBSTOW_ASSIGN(const std::string items, Items(select, columns, variables));
  std::string sql = std::string("SELECT ") + (select.distinct ? "DISTINCT " : "") + items + from;
  if (select.where) {
    DBSTOW_ASSIGN(const std::string where, Condition(*select.where));
    sql += " WHERE " + where;
  }
  for (std::size_t i = 0; i < select.group_by.size(); ++i) {
    DBSTOW_ASSIGN(const Fragment key, Scalar(*select.group_by[i]));
    sql += (i == 0 ? " GROUP BY " : ", ") + key.sql;
  }
  if (select.having) {
    DBSTOW_ASSIGN(const std::string having, Condition(*select.having));
    sql += (select.group_by.empty() ? " GROUP BY NULL HAVING " : " HAVING ") + having;
  }
  return sql;
}

SqlResult<std::string> QueryCompiler::From(const Select& select) {
  std::string sql;
  for (const TableSource& source : select.from) {
    DBSTOW_ASSIGN(const std::string one, Source(source));
    sql += std::string(JoinWords(source.join)) + one;
    if (source.on) {
      DBSTOW_ASSIGN(const std::string on, Condition(*source.on));
      sql += " ON " + on;
    }
  }
  return sql.empty() ? sql : " FROM " + sql;
}

SqlResult<std::string> QueryCompiler::Source(const TableSource& source) {
  BoundSource bound;
  std::string text;
  if (source.derived) {
    std::vector<Column> columns;
    DBSTOW_ASSIGN(const std::string inner, Chain(*source.derived, columns, nullptr));
    bound.columns = std::move(columns);
    bound.alias = source.alias;
    text = "(" + inner + ")";
  } else {
    std::vector<TypedValue> arguments;
    for (const ExprPtr& argument : source.arguments) {
      QueryCompiler alone(scope_);
      DBSTOW_ASSIGN(TypedValue value, alone.Evaluate(*argument));
      arguments.push_back(std::move(value));
    }
    DBSTOW_ASSIGN(SourceTable table, scope_.Resolve(source.name, arguments, source.is_function));
    bound.columns = std::move(table.columns);
    bound.alias = source.alias.empty() ? source.name.name() : source.alias;
    text = table.store_name;
  }
  for (const BoundSource& other : sources_.back()) {
    if (SameName(other.alias, bound.alias)) {
      return SqlError{1013, 16,
                      "The objects in the FROM clause have the same exposed names. Use "
                      "correlation names to distinguish them."};
    }
  }
  bound.sql = "s" + std::to_string(sources_.size()) + "_" + std::to_string(sources_.back().size());
  text += " AS " + bound.sql;
  sources_.back().push_back(std::move(bound));
  return text;
}

void QueryCompiler::ExpandStar(const SelectItem& item, std::string& list,
                               std::vector<Column>& columns) {
  for (const BoundSource& source : sources_.back()) {
    if (!item.star_source.empty() && !SameName(item.star_source, source.alias)) continue;
    for (std::size_t i = 0; i < source.columns.size(); ++i) {
      list += (list.empty() ? "" : ", ") + source.sql + ".c" + std::to_string(i) + " AS c" +
              std::to_string(columns.size());
      columns.push_back(source.columns[i]);
    }
  }
}

SqlResult<std::string> QueryCompiler::Items(const Select& select, std::vector<Column>& columns,
                                            std::vector<std::string>* variables) {
  std::string list;
  for (const SelectItem& item : select.items) {
    if (item.star) {
      const std::size_t before = columns.size();
      ExpandStar(item, list, columns);
      if (columns.size() == before) {
        return SqlError{263, 16, "Must specify table to select from."};
      }
      continue;
    }
    DBSTOW_ASSIGN(const Fragment fragment, Scalar(*item.value));
    list += (list.empty() ? "" : ", ") + fragment.sql + " AS c" + std::to_string(columns.size());
    std::string name = item.alias;
    if (name.empty() && item.value->kind == ExprKind::kColumn) name = item.value->path.back();
    columns.push_back({name, fragment.type});
    if (variables != nullptr) {
      variables->resize(columns.size());
      variables->back() = item.variable;
    }
  }
  return list;
}

SqlResult<std::string> QueryCompiler::OrderBy(const Select& select,
                                              const std::vector<Column>& columns) {
  std::string sql;
  for (const OrderItem& item : select.order_by) {
    std::string key;
    const bool plain = item.value->kind == ExprKind::kColumn && item.value->path.size() == 1;
    for (std::size_t i = 0; plain && i < columns.size(); ++i) {
      if (SameName(columns[i].name, item.value->path[0])) key = "c" + std::to_string(i);
    }
    if (item.value->kind == ExprKind::kLiteral) {
      const auto* number = std::get_if<std::int64_t>(&item.value->value);
      if (number == nullptr || *number < 1 || *number > static_cast<std::int64_t>(columns.size())) {
        return SqlError{108, 16,
                        "The ORDER BY position number is out of range of the number of items in "
                        "the select list."};
      }
      key = "c" + std::to_string(*number - 1);
    }
    if (key.empty()) {
      DBSTOW_ASSIGN(const Fragment fragment, Scalar(*item.value));
      key = fragment.sql;
    }
    sql += (sql.empty() ? " ORDER BY " : ", ") + key + (item.descending ? " DESC" : "");
  }
  return sql;
}

SqlResult<std::string> QueryCompiler::Tail(const Select& select,
                                           const std::vector<Column>& columns) {
  DBSTOW_ASSIGN(std::string sql, OrderBy(select, columns));
  if (!select.top && !select.fetch && !select.offset) return sql;
  std::string limit = "-1";
  if (select.top || select.fetch) {
    DBSTOW_ASSIGN(const Fragment count, Scalar(select.top ? *select.top : *select.fetch));
    limit = Converted(count, {TypeId::kBigInt});
  }
  sql += " LIMIT " + limit;
  if (select.offset) {
    DBSTOW_ASSIGN(const Fragment offset, Scalar(*select.offset));
    sql += " OFFSET " + Converted(offset, {TypeId::kBigInt});
  }
  return sql;
}

}  // namespace dbstow::doubles::sqlserver
