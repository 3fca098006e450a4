#pragma once

#include <memory>
#include <string>

#include "doubles/snowflake/sql/ast.h"
#include "doubles/snowflake/sql/token_cursor.h"

namespace dbstow::doubles::snowflake {

/// Expressions and SELECT. What the vendor has and this double has not (joins, set operations,
/// windows, common table expressions) is 000002; what the vendor's grammar refuses is 001003.
class QueryParser {
 public:
  explicit QueryParser(TokenCursor& cursor) : cursor_(cursor) {}

  [[nodiscard]] Result<Expression> ParseExpression();
  /// From the word SELECT, perhaps in parentheses.
  [[nodiscard]] Result<std::shared_ptr<const SelectStatement>> ParseSelect();
  [[nodiscard]] bool AtSelect() const;
  /// `AT (…)` or `BEFORE (…)`, when one comes.
  [[nodiscard]] Result<std::optional<TimePoint>> ParseTimePoint();
  [[nodiscard]] Result<DataType> ParseType();
  [[nodiscard]] Result<Expressions> ParseList();  ///< `( a, b )`

  [[nodiscard]] TokenCursor& cursor() { return cursor_; }

 private:
  using Level = Result<Expression> (QueryParser::*)();

  [[nodiscard]] Result<Expression> ParseOr();
  [[nodiscard]] Result<Expression> ParseAnd();
  [[nodiscard]] Result<Expression> ParseNot();
  [[nodiscard]] Result<Expression> ParsePredicate();
  [[nodiscard]] Result<Expression> ParseConcat();
  [[nodiscard]] Result<Expression> ParseSum();
  [[nodiscard]] Result<Expression> ParseProduct();
  [[nodiscard]] Result<Expression> ParseUnary();
  [[nodiscard]] Result<Expression> ParsePostfix();
  [[nodiscard]] Result<Expression> ParsePrimary();
  [[nodiscard]] Result<Expression> ParseWord();
  [[nodiscard]] Result<Expression> ParseCall(std::string function);
  [[nodiscard]] Result<Expression> ParseCast();
  [[nodiscard]] Result<Expression> ParseCase();
  [[nodiscard]] Result<Expression> ParseParenthesis();
  [[nodiscard]] Result<Expression> ParseInList(Expression left);
  [[nodiscard]] Result<Expression> ParseLeftDeep(Level next,
                                                 std::initializer_list<std::string_view> operators);
  [[nodiscard]] Result<SelectStatement> ParseSelectBody();
  [[nodiscard]] Result<void> ParseItems(SelectStatement& select);
  [[nodiscard]] Result<void> ParseClauses(SelectStatement& select);
  [[nodiscard]] Result<void> ParseOrder(SelectStatement& select);
  [[nodiscard]] Result<void> ParseLimit(SelectStatement& select);
  [[nodiscard]] Result<TableReference> ParseTable();
  [[nodiscard]] Result<void> ParseTableFunction(TableReference& table);
  [[nodiscard]] Result<void> ParseAlias(std::string& alias);
  [[nodiscard]] Result<void> RefuseMore() const;

  TokenCursor& cursor_;
  int depth_ = 0;
  int binds_ = 0;
};

}  // namespace dbstow::doubles::snowflake
