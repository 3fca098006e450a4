#include <algorithm>
#include <array>

#include "doubles/sqlserver/exec/functions.h"
#include "doubles/sqlserver/exec/query_compiler.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::array<std::string_view, 6> kAggregates{"COUNT", "COUNT_BIG", "MIN",
                                                      "MAX",   "SUM",       "AVG"};

// Both operands have the same scale.
std::string DecimalCall(const std::string& operation, const std::string& a, const std::string& b,
                        int scale, int result_scale) {
  const std::string digits = ", " + std::to_string(scale);
  return "tsql_decimal('" + operation + "', " + a + digits + ", " + b + digits + ", 38, " +
         std::to_string(result_scale) + ")";
}

}  // namespace

SqlResult<QueryCompiler::Fragment> QueryCompiler::Scalar(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kLiteral: return Fragment{Bind(expr.value), expr.type, IsNull(expr.value)};
    case ExprKind::kVariable: {
      DBSTOW_ASSIGN(TypedValue variable, scope_.Variable(expr.name));
      return Fragment{Bind(std::move(variable.value)), variable.type};
    }
    case ExprKind::kGlobal: {
      DBSTOW_ASSIGN(TypedValue global, scope_.Global(expr.name));
      return Fragment{Bind(std::move(global.value)), global.type};
    }
    case ExprKind::kColumn: return ColumnOf(expr);
    case ExprKind::kUnary: {
      DBSTOW_ASSIGN(const Fragment operand, Scalar(*expr.operands[0]));
      if (expr.name == "+") return operand;
      if (operand.type.id == TypeId::kDecimal) {
        const std::string zero = Bind(Text("P" + std::string(38, '0')));
        const int scale = operand.type.scale;
        return Fragment{DecimalCall("-", zero, operand.sql, scale, scale), operand.type};
      }
      return Fragment{"(- " + operand.sql + ")", operand.type};
    }
    case ExprKind::kBinary: return Binary(expr);
    case ExprKind::kCall: return Call(expr);
    case ExprKind::kCast: return Cast(expr);
    case ExprKind::kCase: return Case(expr);
    case ExprKind::kSubquery: return Subquery(expr);
    default: return SqlError{102, 15, "Incorrect syntax near the expression."};
  }
}

SqlResult<QueryCompiler::Fragment> QueryCompiler::ColumnOf(const Expr& expr) {
  const std::string& name = expr.path.back();
  const std::string qualifier = expr.path.size() > 1 ? expr.path[expr.path.size() - 2] : "";
  for (auto level = sources_.rbegin(); level != sources_.rend(); ++level) {
    std::optional<Fragment> found;
    for (const BoundSource& source : *level) {
      if (!qualifier.empty() && !SameName(qualifier, source.alias)) continue;
      for (std::size_t i = 0; i < source.columns.size(); ++i) {
        if (!SameName(source.columns[i].name, name)) continue;
        if (found) return SqlError{209, 16, "Ambiguous column name '" + name + "'."};
        found = Fragment{source.sql + ".c" + std::to_string(i), source.columns[i].type};
      }
    }
    if (found) return *found;
  }
  if (qualifier.empty()) return SqlError{207, 16, "Invalid column name '" + name + "'."};
  for (const Sources& level : sources_) {
    for (const BoundSource& source : level) {
      if (SameName(source.alias, qualifier)) {
        return SqlError{207, 16, "Invalid column name '" + name + "'."};
      }
    }
  }
  return SqlError{
      4104, 16, "The multi-part identifier \"" + qualifier + "." + name + "\" could not be bound."};
}

SqlResult<QueryCompiler::Fragment> QueryCompiler::Binary(const Expr& expr) {
  DBSTOW_ASSIGN(const Fragment left, Scalar(*expr.operands[0]));
  DBSTOW_ASSIGN(const Fragment right, Scalar(*expr.operands[1]));
  SqlType type = CommonType(left.type, right.type);
  if (left.is_null_literal) type = right.type;
  if (right.is_null_literal) type = left.type;
  if (IsText(type) || type.id == TypeId::kVarBinary) {
    if (expr.name != "+") {
      return SqlError{8117, 16,
                      "Operand data type " + ToString(type) + " is invalid for the operator."};
    }
    const bool max = left.type.length == kMaxLength || right.type.length == kMaxLength;
    type.length = max ? kMaxLength : std::min(4000, left.type.length + right.type.length);
    return Fragment{"(" + Converted(left, type) + " || " + Converted(right, type) + ")", type};
  }
  const std::string a = Converted(left, type);
  const std::string b = Converted(right, type);
  if (type.id == TypeId::kDecimal) {
    SqlType result = type;
    if (expr.name == "*") result.scale = std::min(38, type.scale * 2);
    if (expr.name == "/") result.scale = std::min(38, std::max(6, type.scale));
    result.precision = 38;
    return Fragment{DecimalCall(expr.name, a, b, type.scale, result.scale), result};
  }
  if (!IsInteger(type) && type.id != TypeId::kFloat) {
    return SqlError{8117, 16,
                    "Operand data type " + ToString(type) + " is invalid for the operator."};
  }
  return Fragment{
      "tsql_number('" + expr.name + "', " + a + ", " + b + ", " + Bind(Text(ToString(type))) + ")",
      type};
}

SqlResult<QueryCompiler::Fragment> QueryCompiler::Case(const Expr& expr) {
  std::vector<Fragment> results;
  std::vector<std::string> tests;
  const std::size_t first = expr.has_input ? 1 : 0;
  const std::size_t end = expr.operands.size() - (expr.has_else ? 1 : 0);
  for (std::size_t i = first; i < end; i += 2) {
    if (expr.has_input) {
      DBSTOW_ASSIGN(Fragment input, Scalar(*expr.operands[0]));
      DBSTOW_ASSIGN(Fragment when, Scalar(*expr.operands[i]));
      DBSTOW_ASSIGN(std::string test, Compare("=", std::move(input), std::move(when)));
      tests.push_back(std::move(test));
    } else {
      DBSTOW_ASSIGN(std::string test, Condition(*expr.operands[i]));
      tests.push_back(std::move(test));
    }
    DBSTOW_ASSIGN(Fragment then, Scalar(*expr.operands[i + 1]));
    results.push_back(std::move(then));
  }
  if (expr.has_else) {
    DBSTOW_ASSIGN(Fragment otherwise, Scalar(*expr.operands.back()));
    results.push_back(std::move(otherwise));
  }
  std::optional<SqlType> type;
  for (const Fragment& result : results) {
    if (!result.is_null_literal) type = type ? CommonType(*type, result.type) : result.type;
  }
  std::string sql = "CASE";
  for (std::size_t i = 0; i < tests.size(); ++i) {
    sql += " WHEN " + tests[i] + " THEN " + Converted(results[i], type.value_or(IntType()));
  }
  if (expr.has_else) sql += " ELSE " + Converted(results.back(), type.value_or(IntType()));
  return Fragment{"(" + sql + " END)", type.value_or(IntType())};
}

SqlResult<QueryCompiler::Fragment> QueryCompiler::Cast(const Expr& expr) {
  DBSTOW_ASSIGN(const Fragment operand, Scalar(*expr.operands[0]));
  std::string style = "0";
  if (expr.operands.size() > 1) {
    DBSTOW_ASSIGN(const Fragment given, Scalar(*expr.operands[1]));
    style = given.sql;
  }
  const std::string name = expr.name.starts_with("TRY_") ? "tsql_try_cast(" : "tsql_cast(";
  return Fragment{name + operand.sql + ", " + Bind(Text(ToString(operand.type))) + ", " +
                      Bind(Text(ToString(expr.type))) + ", " + style + ")",
                  expr.type};
}

SqlResult<QueryCompiler::Fragment> QueryCompiler::Subquery(const Expr& expr) {
  std::vector<Column> columns;
  DBSTOW_ASSIGN(const std::string sql, Chain(*expr.select, columns, nullptr));
  if (columns.size() != 1) {
    return SqlError{116, 16,
                    "Only one expression can be specified in the select list when the subquery is "
                    "not introduced with EXISTS."};
  }
  return Fragment{"(" + sql + ")", columns[0].type};
}

SqlResult<QueryCompiler::Fragment> QueryCompiler::Aggregate(const Expr& expr) {
  if (expr.operands.size() != 1) {
    return SqlError{174, 15, "The " + expr.name + " function requires 1 argument(s)."};
  }
  const bool counts = expr.name.starts_with("COUNT");
  const SqlType count_type{expr.name == "COUNT" ? TypeId::kInt : TypeId::kBigInt};
  if (expr.operands[0]->kind == ExprKind::kStar) {
    if (!counts) return SqlError{102, 15, "Incorrect syntax near '*'."};
    return Fragment{"COUNT(*)", count_type};
  }
  DBSTOW_ASSIGN(const Fragment operand, Scalar(*expr.operands[0]));
  const std::string distinct = expr.distinct ? "DISTINCT " : "";
  if (counts) return Fragment{"COUNT(" + distinct + operand.sql + ")", count_type};
  if (expr.name == "MIN" || expr.name == "MAX") {
    return Fragment{expr.name + "(" + operand.sql + ")", operand.type};
  }
  const SqlType type = operand.type;
  if (type.id == TypeId::kDecimal && expr.name == "SUM" && type.scale == 0) {
    // Exact as long as the sum fits 63 bits, which sizes do.
    const Fragment sum{"SUM(" + distinct + Converted(operand, {TypeId::kBigInt}) + ")",
                       {TypeId::kBigInt}};
    const SqlType wide{TypeId::kDecimal, 0, 38, 0};
    return Fragment{Converted(sum, wide), wide};
  }
  if (!IsInteger(type) && type.id != TypeId::kFloat) {
    return SqlError{
        8117, 16,
        "Operand data type " + ToString(type) + " is invalid for " + expr.name + " operator."};
  }
  const SqlType result = IsInteger(type) && type.id != TypeId::kBigInt ? IntType() : type;
  if (expr.name == "SUM") return Fragment{"SUM(" + distinct + operand.sql + ")", result};
  const std::string average = "AVG(" + distinct + operand.sql + ")";
  return Fragment{IsInteger(type) ? "CAST(" + average + " AS INTEGER)" : average, result};
}

// COALESCE, ISNULL and NULLIF, which have the types of their arguments.
SqlResult<QueryCompiler::Fragment> QueryCompiler::FirstOf(const Expr& expr) {
  std::vector<Fragment> arguments;
  std::optional<SqlType> type;
  for (const ExprPtr& operand : expr.operands) {
    DBSTOW_ASSIGN(Fragment argument, Scalar(*operand));
    if (!argument.is_null_literal) {
      const bool fixed = type && expr.name != "COALESCE";
      if (!fixed) type = type ? CommonType(*type, argument.type) : argument.type;
    }
    arguments.push_back(std::move(argument));
  }
  const bool two = expr.name != "COALESCE";
  if (arguments.size() < 2 || (two && arguments.size() != 2)) {
    return SqlError{174, 15, "The " + expr.name + " function requires 2 argument(s)."};
  }
  std::string list;
  for (const Fragment& argument : arguments) {
    list += (list.empty() ? "" : ", ") + Converted(argument, type.value_or(IntType()));
  }
  return Fragment{(expr.name == "NULLIF" ? "NULLIF(" : "COALESCE(") + list + ")",
                  type.value_or(IntType())};
}

SqlResult<QueryCompiler::Fragment> QueryCompiler::Call(const Expr& expr) {
  if (std::find(kAggregates.begin(), kAggregates.end(), expr.name) != kAggregates.end()) {
    return Aggregate(expr);
  }
  if (expr.name == "COALESCE" || expr.name == "ISNULL" || expr.name == "NULLIF") {
    return FirstOf(expr);
  }
  const FunctionSignature* function = FindFunction(expr.name);
  if (function == nullptr) {
    return SqlError{195, 15, "'" + expr.name + "' is not a recognized built-in function name."};
  }
  const std::size_t count = expr.operands.size();
  if (count < function->least || count > function->most) {
    return SqlError{174, 15,
                    "The " + expr.name + " function requires " + std::to_string(function->least) +
                        " argument(s)."};
  }
  std::string sql = std::string("tsql_call('") + std::string(function->name) + "'";
  SqlType first_type = NVarChar(4000);
  for (std::size_t i = 0; i < count; ++i) {
    const Expr& operand = *expr.operands[i];
    if (i == 0 && function->takes_part) {  // DATEADD(day, …)
      if (operand.kind != ExprKind::kColumn) {
        return SqlError{1023, 15, "Invalid parameter 1 specified for " + expr.name + "."};
      }
      sql += ", " + Bind(Text(ToLower(operand.path.back())));
      continue;
    }
    DBSTOW_ASSIGN(const Fragment argument, Scalar(operand));
    if (i == 0) first_type = argument.type;
    const std::optional<SqlType> wanted = ArgumentType(*function, i);
    sql += ", " + (wanted ? Converted(argument, *wanted) : argument.sql);
  }
  SqlType type = function->result;
  if (function->result_of_first && IsText(first_type)) type = first_type;
  if (expr.name == "SERVERPROPERTY" || expr.name == "DATABASEPROPERTYEX") {
    const Expr& property = *expr.operands.back();
    const auto* text = std::get_if<std::string>(&property.value);
    if (text != nullptr) type = PropertyType(*text);
  }
  return Fragment{sql + ")", type};
}

SqlResult<std::string> QueryCompiler::Compare(const std::string& op, Fragment left,
                                              Fragment right) {
  SqlType type = CommonType(left.type, right.type);
  if (left.is_null_literal) type = right.type;
  if (right.is_null_literal) type = left.type;
  const std::string a = Converted(left, type);
  const std::string b = Converted(right, type);
  return "(" + a + " " + op + " " + b + (IsText(type) ? " COLLATE NOCASE)" : ")");
}

SqlResult<std::string> QueryCompiler::In(const Expr& expr) {
  DBSTOW_ASSIGN(const Fragment operand, Scalar(*expr.operands[0]));
  const std::string negation = expr.negated ? "NOT " : "";
  if (expr.select) {
    std::vector<Column> columns;
    DBSTOW_ASSIGN(const std::string query, Chain(*expr.select, columns, nullptr));
    if (columns.size() != 1) {
      return SqlError{116, 16, "Only one expression can be specified in the select list."};
    }
    return "(" + Converted(operand, columns[0].type) + " COLLATE NOCASE " + negation + "IN (" +
           query + "))";
  }
  std::string any;
  for (std::size_t i = 1; i < expr.operands.size(); ++i) {
    DBSTOW_ASSIGN(Fragment item, Scalar(*expr.operands[i]));
    DBSTOW_ASSIGN(const std::string equal, Compare("=", operand, std::move(item)));
    any += (any.empty() ? "" : " OR ") + equal;
  }
  return "(" + negation + "(" + any + "))";
}

SqlResult<std::string> QueryCompiler::Condition(const Expr& expr) {
  const std::string negation = expr.negated ? "NOT " : "";
  switch (expr.kind) {
    case ExprKind::kAnd:
    case ExprKind::kOr: {
      DBSTOW_ASSIGN(const std::string left, Condition(*expr.operands[0]));
      DBSTOW_ASSIGN(const std::string right, Condition(*expr.operands[1]));
      return "(" + left + (expr.kind == ExprKind::kAnd ? " AND " : " OR ") + right + ")";
    }
    case ExprKind::kNot: {
      DBSTOW_ASSIGN(const std::string operand, Condition(*expr.operands[0]));
      return "(NOT " + operand + ")";
    }
    case ExprKind::kCompare: {
      DBSTOW_ASSIGN(Fragment left, Scalar(*expr.operands[0]));
      DBSTOW_ASSIGN(Fragment right, Scalar(*expr.operands[1]));
      return Compare(expr.name, std::move(left), std::move(right));
    }
    case ExprKind::kBetween: {
      DBSTOW_ASSIGN(const Fragment operand, Scalar(*expr.operands[0]));
      DBSTOW_ASSIGN(Fragment low, Scalar(*expr.operands[1]));
      DBSTOW_ASSIGN(Fragment high, Scalar(*expr.operands[2]));
      DBSTOW_ASSIGN(const std::string above, Compare(">=", operand, std::move(low)));
      DBSTOW_ASSIGN(const std::string below, Compare("<=", operand, std::move(high)));
      return "(" + negation + "(" + above + " AND " + below + "))";
    }
    case ExprKind::kLike: {
      std::string arguments;
      for (const ExprPtr& operand : expr.operands) {
        DBSTOW_ASSIGN(const Fragment fragment, Scalar(*operand));
        arguments += (arguments.empty() ? "" : ", ") + Converted(fragment, NVarChar(4000));
      }
      return "(" + negation + "tsql_like(" + arguments + "))";
    }
    case ExprKind::kIsNull: {
      DBSTOW_ASSIGN(const Fragment operand, Scalar(*expr.operands[0]));
      return "(" + operand.sql + (expr.negated ? " IS NOT NULL)" : " IS NULL)");
    }
    case ExprKind::kIn: return In(expr);
    case ExprKind::kExists: {
      std::vector<Column> columns;
      DBSTOW_ASSIGN(const std::string query, Chain(*expr.select, columns, nullptr));
      return "EXISTS (" + query + ")";
    }
    default: return SqlError{4145, 15, "An expression of non-boolean type is not a condition."};
  }
}

}  // namespace dbstow::doubles::sqlserver
