#include "doubles/snowflake/exec/aggregate.h"

#include <set>

#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

Result<std::vector<Value>> ValuesOf(const Evaluator& evaluator, const Expression& call,
                                    const std::vector<const Row*>& group) {
  std::vector<Value> values;
  std::set<std::string> seen;
  for (const Row* row : group) {
    DBSTOW_ASSIGN(Value value, evaluator.Evaluate(call.arguments[0], *row));
    if (IsNull(value)) continue;
    if (call.distinct && !seen.insert(*ToWire(value)).second) continue;
    values.push_back(std::move(value));
  }
  return values;
}

Result<Value> Aggregate(const Evaluator& evaluator, const Expression& call,
                        const std::vector<const Row*>& group) {
  if (call.text == "COUNT" && call.arguments.size() == 1 &&
      call.arguments[0].kind == ExpressionKind::kStar) {
    return Integer(static_cast<int64_t>(group.size()));
  }
  if (call.arguments.size() != 1) return Unsupported(call.text + " of several arguments");
  DBSTOW_ASSIGN(const std::vector<Value> values, ValuesOf(evaluator, call, group));
  if (call.text == "COUNT") return Integer(static_cast<int64_t>(values.size()));
  if (values.empty()) return Value(Null{});
  Value result = values[0];
  const bool sums = call.text == "SUM" || call.text == "AVG";
  if (sums && !std::holds_alternative<Decimal>(result) && !std::holds_alternative<double>(result)) {
    DBSTOW_ASSIGN(result, Cast(result, DataType{TypeKind::kReal}));
  }
  for (size_t at = 1; at < values.size(); ++at) {
    if (sums) {
      DBSTOW_ASSIGN(result, Arithmetic("+", result, values[at]));
      continue;
    }
    DBSTOW_ASSIGN(const int order, Compare(values[at], result));
    if (call.text == "MIN" ? order < 0 : order > 0) result = values[at];
  }
  if (call.text == "AVG")
    return Arithmetic("/", result, Integer(static_cast<int64_t>(values.size())));
  return result;
}

bool IsKey(const Expression& expression, const Expressions& keys) {
  for (const Expression& key : keys) {
    if (key.kind != expression.kind || key.text != expression.text) continue;
    if (key.kind == ExpressionKind::kColumn) {
      const bool same_name = !key.name.empty() && !expression.name.empty() &&
                             key.name.last() == expression.name.last();
      if (same_name || (key.position > 0 && key.position == expression.position)) return true;
      continue;
    }
  }
  return false;
}

}  // namespace

Result<Value> EvaluateGrouped(const Evaluator& evaluator, const Expression& expression,
                              const std::vector<const Row*>& group, const Expressions& keys) {
  if (IsAggregate(expression)) return Aggregate(evaluator, expression, group);
  if (!group.empty() && IsKey(expression, keys)) {
    return evaluator.Evaluate(expression, *group[0]);
  }
  if (expression.kind == ExpressionKind::kColumn) {
    const std::string name = expression.name.empty() ? "$" + std::to_string(expression.position)
                                                     : ToString(expression.name);
    return CompilationError(codes::kNotAggregated,
                            "[" + name + "] is not a valid group by expression");
  }
  if (expression.arguments.empty()) return evaluator.Evaluate(expression, {});
  Expression substituted = expression;
  for (Expression& argument : substituted.arguments) {
    DBSTOW_ASSIGN(Value value, EvaluateGrouped(evaluator, argument, group, keys));
    argument = Expression{};
    argument.value = std::move(value);
  }
  return evaluator.Evaluate(substituted, {});
}

}  // namespace dbstow::doubles::snowflake
