#pragma once

#include <functional>
#include <string>
#include <vector>

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/execution.h"
#include "doubles/snowflake/sql/ast.h"

namespace dbstow::doubles::snowflake {

struct ScopeColumn {
  std::string table;  ///< alias or name of what it comes from
  std::string name;
  DataType type;
};

/// The table name of the hidden row number of TABLE(GENERATOR(…)), which SEQ4() reads.
inline constexpr std::string_view kGeneratorTable = "$GENERATOR";

/// The columns that an expression may name.
class Scope {
 public:
  std::vector<ScopeColumn> columns;

  /// The position of a column. Errors: 000904.
  [[nodiscard]] Result<size_t> Find(const Expression& column) const;
};

/// Evaluates expressions against rows of one scope. Errors: the vendor's.
class Evaluator {
 public:
  Evaluator(const Execution& execution, const Scope& scope)
      : execution_(execution), scope_(scope) {}

  [[nodiscard]] Result<Value> Evaluate(const Expression& expression, const Row& row) const;
  /// NULL counts as false.
  [[nodiscard]] Result<bool> Test(const Expression& expression, const Row& row) const;
  /// The type of the expression, known without a row.
  [[nodiscard]] Result<DataType> TypeOfExpression(const Expression& expression) const;

  [[nodiscard]] const Execution& execution() const { return execution_; }

 private:
  [[nodiscard]] Result<Value> Column(const Expression& expression, const Row& row) const;
  [[nodiscard]] Result<Value> NextValue(const Expression& expression) const;
  [[nodiscard]] Result<Value> Binary(const Expression& expression, const Row& row) const;
  [[nodiscard]] Result<Value> Logical(const Expression& expression, const Row& row) const;
  [[nodiscard]] Result<Value> Unary(const Expression& expression, const Row& row) const;
  [[nodiscard]] Result<Value> Case(const Expression& expression, const Row& row) const;
  [[nodiscard]] Result<Value> In(const Expression& expression, const Row& row) const;
  [[nodiscard]] Result<Value> Between(const Expression& expression, const Row& row) const;
  [[nodiscard]] Result<Value> Like(const Expression& expression, const Row& row) const;
  [[nodiscard]] Result<Value> Path(const Expression& expression, const Row& row) const;
  [[nodiscard]] Result<Value> Call(const Expression& expression, const Row& row) const;
  [[nodiscard]] Result<Value> ObjectConstruct(const Expression& expression, const Row& row) const;
  [[nodiscard]] Result<Value> ScalarQuery(const Expression& expression) const;
  [[nodiscard]] Result<DataType> TypeOfCall(const Expression& expression) const;
  [[nodiscard]] Result<DataType> TypeOfBinary(const Expression& expression) const;

  const Execution& execution_;
  const Scope& scope_;
};

[[nodiscard]] bool IsAggregate(const Expression& expression);
/// Whether an aggregate function is anywhere inside.
[[nodiscard]] bool ContainsAggregate(const Expression& expression);
/// SQL LIKE with `%` and `_`.
[[nodiscard]] bool MatchesLike(std::string_view text, std::string_view pattern);
/// LIKE without regard to case, as SHOW … LIKE does.
[[nodiscard]] bool MatchesLikeAnyCase(const std::string& text, const std::string& pattern);
/// The field of a JSON object whose key `is_it` says yes to, as a variant; NULL when there is none.
[[nodiscard]] Value JsonField(const Value& object,
                              const std::function<bool(const std::string&)>& is_it);
/// `left op right` for + - * / % and ||. NULL when either is.
[[nodiscard]] Result<Value> Arithmetic(const std::string& op, const Value& left,
                                       const Value& right);
/// A scalar function of evaluated arguments. Errors: 002140 for a function that is not known.
[[nodiscard]] Result<Value> CallFunction(const Execution& execution, const std::string& name,
                                         const Row& arguments);
[[nodiscard]] std::optional<DataType> FunctionType(const std::string& name,
                                                   const std::vector<DataType>& arguments);

}  // namespace dbstow::doubles::snowflake
