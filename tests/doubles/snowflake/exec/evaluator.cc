#include "doubles/snowflake/exec/evaluator.h"

#include <array>
#include <nlohmann/json.hpp>

#include "doubles/snowflake/exec/names.h"
#include "doubles/snowflake/exec/property_text.h"
#include "doubles/snowflake/exec/select.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

Error InvalidIdentifier(const Expression& column) {
  const std::string name =
      column.position > 0 ? "$" + std::to_string(column.position) : ToString(column.name);
  return CompilationError(codes::kInvalidIdentifier,
                          "error line 1 at position 0\ninvalid identifier '" + name + "'");
}

bool IsNextValue(const Expression& expression) {
  return expression.kind == ExpressionKind::kColumn && expression.name.parts.size() > 1 &&
         expression.name.last() == "NEXTVAL";
}

// The first argument of these is a word such as DAY, not a column.
bool TakesDatePart(const std::string& function) {
  return function == "DATEADD" || function == "TIMESTAMPADD" || function == "DATEDIFF" ||
         function == "DATE_TRUNC";
}

}  // namespace

Result<size_t> Scope::Find(const Expression& column) const {
  if (column.position > 0) {
    if (static_cast<size_t>(column.position) > columns.size()) return InvalidIdentifier(column);
    return static_cast<size_t>(column.position) - 1;
  }
  for (size_t at = 0; at < columns.size(); ++at) {
    if (columns[at].name != column.name.last()) continue;
    const size_t parts = column.name.parts.size();
    if (parts == 1 || column.name.parts[parts - 2] == columns[at].table) return at;
  }
  return InvalidIdentifier(column);
}

bool MatchesLike(std::string_view text, std::string_view pattern) {
  // Linear in the product: remembers the last `%` and backs up to it.
  size_t t = 0;
  size_t p = 0;
  size_t star = std::string_view::npos;
  size_t mark = 0;
  while (t < text.size()) {
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    if (escaped && pattern[p + 1] == text[t]) {
      p += 2;
      ++t;
    } else if (p < pattern.size() && !escaped &&
               (pattern[p] == '_' || (pattern[p] != '%' && pattern[p] == text[t]))) {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '%') {
      star = p++;
      mark = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

bool MatchesLikeAnyCase(const std::string& text, const std::string& pattern) {
  return MatchesLike(Upper(text), Upper(pattern));
}

Value JsonField(const Value& object, const std::function<bool(const std::string&)>& is_it) {
  const auto* json = std::get_if<Json>(&object);
  if (json == nullptr) return Null{};
  const auto tree = nlohmann::json::parse(json->text, nullptr, false);
  if (!tree.is_object()) return Null{};
  for (const auto& [key, value] : tree.items()) {
    if (is_it(key))
      return Json{value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
  }
  return Null{};
}

bool IsAggregate(const Expression& expression) {
  static constexpr std::array<std::string_view, 5> kNames = {"COUNT", "SUM", "MIN", "MAX", "AVG"};
  if (expression.kind != ExpressionKind::kCall) return false;
  for (const std::string_view name : kNames) {
    if (expression.text == name) return true;
  }
  return false;
}

bool ContainsAggregate(const Expression& expression) {
  if (IsAggregate(expression)) return true;
  for (const Expression& argument : expression.arguments) {
    if (ContainsAggregate(argument)) return true;
  }
  return false;
}

Result<Value> Evaluator::Evaluate(const Expression& expression, const Row& row) const {
  switch (expression.kind) {
    case ExpressionKind::kLiteral: return expression.value;
    case ExpressionKind::kColumn: return Column(expression, row);
    case ExpressionKind::kCall: return Call(expression, row);
    case ExpressionKind::kUnary: return Unary(expression, row);
    case ExpressionKind::kBinary: return Binary(expression, row);
    case ExpressionKind::kCase: return Case(expression, row);
    case ExpressionKind::kIn: return In(expression, row);
    case ExpressionKind::kBetween: return Between(expression, row);
    case ExpressionKind::kLike: return Like(expression, row);
    case ExpressionKind::kPath: return Path(expression, row);
    case ExpressionKind::kSubquery: return ScalarQuery(expression);
    case ExpressionKind::kIsNull: {
      DBSTOW_ASSIGN(const Value value, Evaluate(expression.arguments[0], row));
      return Value(IsNull(value) != expression.negated);
    }
    case ExpressionKind::kCast: {
      DBSTOW_ASSIGN(const Value value, Evaluate(expression.arguments[0], row));
      auto cast = Cast(value, expression.type);
      if (!cast && expression.try_cast) return Value(Null{});
      return cast;
    }
    case ExpressionKind::kBind: {
      const auto found = execution_.bindings.find(expression.position);
      if (found == execution_.bindings.end()) {
        return CompilationError(
            codes::kBindMissing,
            "Bind variable :" + std::to_string(expression.position) + " not set.");
      }
      return found->second;
    }
    case ExpressionKind::kStar: break;
  }
  return CompilationError(codes::kSyntax, "syntax error unexpected '*'.");
}

Result<bool> Evaluator::Test(const Expression& expression, const Row& row) const {
  DBSTOW_ASSIGN(const Value value, Evaluate(expression, row));
  if (IsNull(value)) return false;
  DBSTOW_ASSIGN(const Value cast, Cast(value, DataType{TypeKind::kBoolean}));
  return std::get<bool>(cast);
}

Result<Value> Evaluator::Column(const Expression& expression, const Row& row) const {
  if (IsNextValue(expression)) return NextValue(expression);
  DBSTOW_ASSIGN(const size_t at, scope_.Find(expression));
  // Rows of staged files may be shorter than what is asked of them.
  return at < row.size() ? row[at] : Value(Null{});
}

Result<Value> Evaluator::NextValue(const Expression& expression) const {
  const Name name{{expression.name.parts.begin(), expression.name.parts.end() - 1}};
  const Names names(execution_);
  DBSTOW_ASSIGN(const Object* sequence, names.OfKind(ObjectKind::kSequence, name));
  DBSTOW_TRY(names.access().Require(*sequence, "USAGE"));
  auto& detail = std::get<SequenceDetail>(execution_.change.Edit(sequence->id).detail);
  const int64_t value = detail.next;
  if (__builtin_add_overflow(detail.next, detail.step, &detail.next)) {
    return SqlError(codes::kNumberRange, "sequence '" + sequence->name() + "' is exhausted");
  }
  return Integer(value);
}

Result<Value> Evaluator::Unary(const Expression& expression, const Row& row) const {
  DBSTOW_ASSIGN(const Value value, Evaluate(expression.arguments[0], row));
  if (IsNull(value)) return value;
  if (expression.text == "NOT") {
    DBSTOW_ASSIGN(const Value cast, Cast(value, DataType{TypeKind::kBoolean}));
    return Value(!std::get<bool>(cast));
  }
  return Arithmetic("-", Integer(0), value);
}

Result<Value> Evaluator::Logical(const Expression& expression, const Row& row) const {
  // Three-valued: the deciding value wins over NULL.
  const bool deciding = expression.text == "OR";
  bool unknown = false;
  for (const Expression& argument : expression.arguments) {
    DBSTOW_ASSIGN(const Value value, Evaluate(argument, row));
    if (IsNull(value)) {
      unknown = true;
      continue;
    }
    DBSTOW_ASSIGN(const Value cast, Cast(value, DataType{TypeKind::kBoolean}));
    if (std::get<bool>(cast) == deciding) return Value(deciding);
  }
  return unknown ? Value(Null{}) : Value(!deciding);
}

Result<Value> Evaluator::Binary(const Expression& expression, const Row& row) const {
  const std::string& op = expression.text;
  if (op == "AND" || op == "OR") return Logical(expression, row);
  DBSTOW_ASSIGN(const Value left, Evaluate(expression.arguments[0], row));
  DBSTOW_ASSIGN(const Value right, Evaluate(expression.arguments[1], row));
  if (IsNull(left) || IsNull(right)) return Value(Null{});
  if (op == "=" || op == "<>" || op == "<" || op == ">" || op == "<=" || op == ">=") {
    DBSTOW_ASSIGN(const int order, Compare(left, right));
    if (op == "=") return Value(order == 0);
    if (op == "<>") return Value(order != 0);
    if (op == "<") return Value(order < 0);
    if (op == ">") return Value(order > 0);
    return Value(op == "<=" ? order <= 0 : order >= 0);
  }
  return Arithmetic(op, left, right);
}

Result<Value> Evaluator::Case(const Expression& expression, const Row& row) const {
  size_t at = 0;
  for (; at + 1 < expression.arguments.size(); at += 2) {
    DBSTOW_ASSIGN(const bool holds, Test(expression.arguments[at], row));
    if (holds) return Evaluate(expression.arguments[at + 1], row);
  }
  if (at < expression.arguments.size()) return Evaluate(expression.arguments[at], row);
  return Value(Null{});
}

Result<Value> Evaluator::In(const Expression& expression, const Row& row) const {
  DBSTOW_ASSIGN(const Value value, Evaluate(expression.arguments[0], row));
  if (IsNull(value)) return value;
  bool unknown = false;
  for (size_t at = 1; at < expression.arguments.size(); ++at) {
    DBSTOW_ASSIGN(const Value item, Evaluate(expression.arguments[at], row));
    if (IsNull(item)) {
      unknown = true;
      continue;
    }
    DBSTOW_ASSIGN(const int order, Compare(value, item));
    if (order == 0) return Value(!expression.negated);
  }
  return unknown ? Value(Null{}) : Value(expression.negated);
}

Result<Value> Evaluator::Between(const Expression& expression, const Row& row) const {
  DBSTOW_ASSIGN(const Value value, Evaluate(expression.arguments[0], row));
  DBSTOW_ASSIGN(const Value low, Evaluate(expression.arguments[1], row));
  DBSTOW_ASSIGN(const Value high, Evaluate(expression.arguments[2], row));
  if (IsNull(value) || IsNull(low) || IsNull(high)) return Value(Null{});
  DBSTOW_ASSIGN(const int from, Compare(value, low));
  DBSTOW_ASSIGN(const int to, Compare(value, high));
  return Value((from >= 0 && to <= 0) != expression.negated);
}

Result<Value> Evaluator::Like(const Expression& expression, const Row& row) const {
  DBSTOW_ASSIGN(const Value value, Evaluate(expression.arguments[0], row));
  DBSTOW_ASSIGN(const Value pattern, Evaluate(expression.arguments[1], row));
  if (IsNull(value) || IsNull(pattern)) return Value(Null{});
  const bool matches = expression.text == "ILIKE"
                           ? MatchesLikeAnyCase(ToText(value), ToText(pattern))
                           : MatchesLike(ToText(value), ToText(pattern));
  return Value(matches != expression.negated);
}

Result<Value> Evaluator::Path(const Expression& expression, const Row& row) const {
  DBSTOW_ASSIGN(const Value value, Evaluate(expression.arguments[0], row));
  if (IsNull(value)) return value;
  if (!std::holds_alternative<Json>(value)) {
    return CompilationError(codes::kTypeMismatch, "Invalid argument types for function 'GET'");
  }
  return JsonField(value, [&](const std::string& key) { return key == expression.text; });
}

// NULL values leave their key out, as the vendor's OBJECT_CONSTRUCT does.
Result<Value> Evaluator::ObjectConstruct(const Expression& expression, const Row& row) const {
  nlohmann::json tree = nlohmann::json::object();
  const auto add = [&](const std::string& key, const Value& value) -> Result<void> {
    if (IsNull(value)) return {};
    DBSTOW_ASSIGN(const Value variant, Cast(value, DataType{TypeKind::kVariant}));
    tree[key] = nlohmann::json::parse(std::get<Json>(variant).text, nullptr, false);
    return {};
  };
  if (expression.arguments.size() == 1 && expression.arguments[0].kind == ExpressionKind::kStar) {
    for (size_t at = 0; at < scope_.columns.size() && at < row.size(); ++at) {
      DBSTOW_TRY(add(scope_.columns[at].name, row[at]));
    }
  } else if (expression.arguments.size() % 2 != 0) {
    return CompilationError(codes::kInvalidArgument,
                            "OBJECT_CONSTRUCT needs keys and values in pairs");
  } else {
    for (size_t at = 0; at < expression.arguments.size(); at += 2) {
      DBSTOW_ASSIGN(const Value key, Evaluate(expression.arguments[at], row));
      DBSTOW_ASSIGN(const Value value, Evaluate(expression.arguments[at + 1], row));
      if (!IsNull(key)) DBSTOW_TRY(add(ToText(key), value));
    }
  }
  return Value(Json{tree.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)});
}

Result<Value> Evaluator::Call(const Expression& expression, const Row& row) const {
  if (IsAggregate(expression)) {
    return CompilationError(codes::kNotAggregated,
                            "Invalid aggregate function in this clause [" + expression.text + "]");
  }
  const std::string& name = expression.text;
  if (name == "IFF" && expression.arguments.size() == 3) return Case(expression, row);
  if (name == "OBJECT_CONSTRUCT") return ObjectConstruct(expression, row);
  if (name == "SEQ4" || name == "SEQ8") {
    for (size_t at = 0; at < scope_.columns.size(); ++at) {
      if (scope_.columns[at].table == kGeneratorTable) return row[at];
    }
  }
  Row arguments;
  for (const Expression& argument : expression.arguments) {
    if (arguments.empty() && TakesDatePart(name) && argument.kind == ExpressionKind::kColumn) {
      arguments.emplace_back(argument.name.last());
      continue;
    }
    DBSTOW_ASSIGN(Value value, Evaluate(argument, row));
    arguments.push_back(std::move(value));
  }
  return CallFunction(execution_, name, arguments);
}

Result<Value> Evaluator::ScalarQuery(const Expression& expression) const {
  DBSTOW_ASSIGN(const ResultSet result, ExecuteSelect(execution_, *expression.query));
  if (result.columns.size() != 1) return Unsupported("a subquery of several columns");
  if (result.rows.size() > 1) {
    return SqlError({"090150", "22000"}, "Single-row subquery returns more than one row.");
  }
  return result.rows.empty() ? Value(Null{}) : result.rows[0][0];
}

Result<DataType> Evaluator::TypeOfExpression(const Expression& expression) const {
  switch (expression.kind) {
    case ExpressionKind::kLiteral: return TypeOf(expression.value);
    case ExpressionKind::kColumn: {
      if (IsNextValue(expression)) return DataType{TypeKind::kNumber};
      DBSTOW_ASSIGN(const size_t at, scope_.Find(expression));
      return scope_.columns[at].type;
    }
    case ExpressionKind::kCall: return TypeOfCall(expression);
    case ExpressionKind::kUnary:
      if (expression.text == "NOT") return DataType{TypeKind::kBoolean};
      return TypeOfExpression(expression.arguments[0]);
    case ExpressionKind::kBinary: return TypeOfBinary(expression);
    case ExpressionKind::kCast: return expression.type;
    case ExpressionKind::kCase: return TypeOfExpression(expression.arguments[1]);
    case ExpressionKind::kPath: return DataType{TypeKind::kVariant};
    case ExpressionKind::kBind: {
      DBSTOW_ASSIGN(const Value value, Evaluate(expression, {}));
      return TypeOf(value);
    }
    case ExpressionKind::kSubquery: {
      DBSTOW_ASSIGN(const ResultSet result, ExecuteSelect(execution_, *expression.query));
      return result.columns[0].type;
    }
    default: return DataType{TypeKind::kBoolean};
  }
}

Result<DataType> Evaluator::TypeOfBinary(const Expression& expression) const {
  const std::string& op = expression.text;
  if (op == "||") return DataType{TypeKind::kText};
  if (op != "+" && op != "-" && op != "*" && op != "/" && op != "%") {
    return DataType{TypeKind::kBoolean};
  }
  DBSTOW_ASSIGN(const DataType left, TypeOfExpression(expression.arguments[0]));
  DBSTOW_ASSIGN(const DataType right, TypeOfExpression(expression.arguments[1]));
  for (const DataType& type : {left, right}) {
    if (type.IsTimestamp() || type.kind == TypeKind::kDate || type.kind == TypeKind::kReal)
      return type;
  }
  const int l = left.kind == TypeKind::kNumber ? left.scale : 0;
  const int r = right.kind == TypeKind::kNumber ? right.scale : 0;
  if (op == "*") return DataType{TypeKind::kNumber, 38, l + r};
  if (op == "/") return DataType{TypeKind::kNumber, 38, std::max(6, l)};
  return DataType{TypeKind::kNumber, 38, std::max(l, r)};
}

Result<DataType> Evaluator::TypeOfCall(const Expression& expression) const {
  const std::string& name = expression.text;
  std::vector<DataType> types;
  for (const Expression& argument : expression.arguments) {
    const bool word =
        types.empty() && TakesDatePart(name) && argument.kind == ExpressionKind::kColumn;
    if (word || argument.kind == ExpressionKind::kStar) {
      types.push_back(DataType{TypeKind::kText});
      continue;
    }
    DBSTOW_ASSIGN(const DataType type, TypeOfExpression(argument));
    types.push_back(type);
  }
  if (name == "IFF" && types.size() == 3) return types[1];
  if (name == "OBJECT_CONSTRUCT") return DataType{TypeKind::kVariant};
  if (IsAggregate(expression)) {
    if (types.size() != 1) {
      return CompilationError({"000938", "22023"},
                              "not enough arguments for function [" + name + "]");
    }
    if (name == "COUNT") return DataType{TypeKind::kNumber, 18, 0};
    if (name == "AVG") {
      return types[0].kind == TypeKind::kReal ? types[0] : DataType{TypeKind::kNumber, 38, 6};
    }
    return types[0];
  }
  if (const auto type = FunctionType(name, types)) return *type;
  return CompilationError(codes::kUnknownFunction, "Unknown function " + name);
}

}  // namespace dbstow::doubles::snowflake
