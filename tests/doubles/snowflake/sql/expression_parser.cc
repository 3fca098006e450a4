#include <array>
#include <charconv>

#include "doubles/snowflake/sql/query_parser.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

// Deeper than any statement a person writes; guards the stack.
constexpr int kMaxDepth = 100;

/// A list of moved expressions: an initializer list would copy whole trees.
template <class... Items>
Expressions ListOf(Items... items) {
  Expressions list;
  list.reserve(sizeof...(items));
  (list.push_back(std::move(items)), ...);
  return list;
}

Expression Make(ExpressionKind kind, std::string text, Expressions arguments) {
  Expression expression;
  expression.kind = kind;
  expression.text = std::move(text);
  expression.arguments = std::move(arguments);
  return expression;
}

Expression Literal(Value value) {
  Expression expression;
  expression.value = std::move(value);
  return expression;
}

Result<Expression> NumberLiteral(const std::string& text) {
  if (text.find('e') != std::string::npos || text.find('E') != std::string::npos) {
    DBSTOW_ASSIGN(Value value, Cast(Value(text), DataType{TypeKind::kReal}));
    return Literal(std::move(value));
  }
  DBSTOW_ASSIGN(const Decimal number, ParseDecimal(text));
  return Literal(number);
}

bool IsContextFunction(std::string_view word) {
  static constexpr std::array<std::string_view, 6> kNames = {
      "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_USER",
      "LOCALTIMESTAMP",    "CURRENT_ROLE", "CURRENT_WAREHOUSE"};
  for (const std::string_view name : kNames) {
    if (word == name) return true;
  }
  return false;
}

}  // namespace

Result<Expression> QueryParser::ParseExpression() {
  if (++depth_ > kMaxDepth) return CompilationError(codes::kSyntax, "nesting is too deep");
  auto expression = ParseOr();
  --depth_;
  return expression;
}

Result<Expression> QueryParser::ParseLeftDeep(Level next,
                                              std::initializer_list<std::string_view> operators) {
  DBSTOW_ASSIGN(Expression left, (this->*next)());
  for (int length = 0;; ++length) {
    bool found = false;
    for (const std::string_view symbol : operators) {
      if (!cursor_.TakeSymbol(symbol)) continue;
      // A long chain is a deep tree, which must not outgrow the stack.
      if (length > 2000) return CompilationError(codes::kSyntax, "expression is too long");
      DBSTOW_ASSIGN(Expression right, (this->*next)());
      left = Make(ExpressionKind::kBinary, std::string(symbol),
                  ListOf(std::move(left), std::move(right)));
      found = true;
      break;
    }
    if (!found) return left;
  }
}

Result<Expression> QueryParser::ParseOr() {
  DBSTOW_ASSIGN(Expression left, ParseAnd());
  for (int length = 0; cursor_.TakeWord("OR"); ++length) {
    if (length > 2000) return CompilationError(codes::kSyntax, "expression is too long");
    DBSTOW_ASSIGN(Expression right, ParseAnd());
    left = Make(ExpressionKind::kBinary, "OR", ListOf(std::move(left), std::move(right)));
  }
  return left;
}

Result<Expression> QueryParser::ParseAnd() {
  DBSTOW_ASSIGN(Expression left, ParseNot());
  for (int length = 0; cursor_.TakeWord("AND"); ++length) {
    if (length > 2000) return CompilationError(codes::kSyntax, "expression is too long");
    DBSTOW_ASSIGN(Expression right, ParseNot());
    left = Make(ExpressionKind::kBinary, "AND", ListOf(std::move(left), std::move(right)));
  }
  return left;
}

Result<Expression> QueryParser::ParseNot() {
  if (!cursor_.TakeWord("NOT")) return ParsePredicate();
  if (++depth_ > kMaxDepth) return CompilationError(codes::kSyntax, "nesting is too deep");
  auto operand = ParseNot();
  --depth_;
  if (!operand) return operand;
  return Make(ExpressionKind::kUnary, "NOT", ListOf(std::move(*operand)));
}

Result<Expression> QueryParser::ParsePredicate() {
  DBSTOW_ASSIGN(Expression left, ParseConcat());
  for (const std::string_view symbol : {"=", "<>", "!=", "<=", ">=", "<", ">"}) {
    if (!cursor_.TakeSymbol(symbol)) continue;
    DBSTOW_ASSIGN(Expression right, ParseConcat());
    const std::string text = symbol == "!=" ? "<>" : std::string(symbol);
    return Make(ExpressionKind::kBinary, text, ListOf(std::move(left), std::move(right)));
  }
  if (cursor_.TakeWord("IS")) {
    Expression test = Make(ExpressionKind::kIsNull, "", ListOf(std::move(left)));
    test.negated = cursor_.TakeWord("NOT");
    DBSTOW_TRY(cursor_.ExpectWord("NULL"));
    return test;
  }
  const bool negated =
      cursor_.IsWord("NOT") && (cursor_.IsWord("IN", 1) || cursor_.IsWord("LIKE", 1) ||
                                cursor_.IsWord("ILIKE", 1) || cursor_.IsWord("BETWEEN", 1));
  if (negated) cursor_.Next();
  if (cursor_.TakeWord("IN")) {
    DBSTOW_ASSIGN(Expression test, ParseInList(std::move(left)));
    test.negated = negated;
    return test;
  }
  if (cursor_.IsWord("LIKE") || cursor_.IsWord("ILIKE")) {
    const std::string word = cursor_.Next().text;
    DBSTOW_ASSIGN(Expression pattern, ParseConcat());
    Expression test =
        Make(ExpressionKind::kLike, word, ListOf(std::move(left), std::move(pattern)));
    test.negated = negated;
    return test;
  }
  if (cursor_.TakeWord("BETWEEN")) {
    DBSTOW_ASSIGN(Expression low, ParseConcat());
    DBSTOW_TRY(cursor_.ExpectWord("AND"));
    DBSTOW_ASSIGN(Expression high, ParseConcat());
    Expression test = Make(ExpressionKind::kBetween, "",
                           ListOf(std::move(left), std::move(low), std::move(high)));
    test.negated = negated;
    return test;
  }
  return left;
}

Result<Expression> QueryParser::ParseInList(Expression left) {
  if (cursor_.IsSymbol("(") && cursor_.IsWord("SELECT", 1)) return Unsupported("IN (SELECT …)");
  DBSTOW_ASSIGN(Expressions list, ParseList());
  Expression test = Make(ExpressionKind::kIn, "", ListOf(std::move(left)));
  for (Expression& item : list) test.arguments.push_back(std::move(item));
  return test;
}

Result<Expressions> QueryParser::ParseList() {
  Expressions list;
  DBSTOW_TRY(cursor_.ExpectSymbol("("));
  do {
    DBSTOW_ASSIGN(Expression item, ParseExpression());
    list.push_back(std::move(item));
  } while (cursor_.TakeSymbol(","));
  DBSTOW_TRY(cursor_.ExpectSymbol(")"));
  return list;
}

Result<Expression> QueryParser::ParseConcat() {
  return ParseLeftDeep(&QueryParser::ParseSum, {"||"});
}
Result<Expression> QueryParser::ParseSum() {
  return ParseLeftDeep(&QueryParser::ParseProduct, {"+", "-"});
}
Result<Expression> QueryParser::ParseProduct() {
  return ParseLeftDeep(&QueryParser::ParseUnary, {"*", "/", "%"});
}

Result<Expression> QueryParser::ParseUnary() {
  if (cursor_.IsSymbol("-") || cursor_.IsSymbol("+")) {
    const bool minus = cursor_.Next().text == "-";
    if (++depth_ > kMaxDepth) return CompilationError(codes::kSyntax, "nesting is too deep");
    auto operand = ParseUnary();
    --depth_;
    if (!operand || !minus) return operand;
    return Make(ExpressionKind::kUnary, "-", ListOf(std::move(*operand)));
  }
  return ParsePostfix();
}

Result<Expression> QueryParser::ParsePostfix() {
  DBSTOW_ASSIGN(Expression value, ParsePrimary());
  for (int length = 0; length < kMaxDepth; ++length) {
    if (cursor_.TakeSymbol("::")) {
      DBSTOW_ASSIGN(const DataType type, ParseType());
      value = Make(ExpressionKind::kCast, "", ListOf(std::move(value)));
      value.type = type;
    } else if (cursor_.TakeSymbol(":")) {
      // A key of a variant keeps its case, quoted or not.
      const Token& token = cursor_.Peek();
      if (token.kind != TokenKind::kWord && token.kind != TokenKind::kQuoted) {
        return cursor_.Unexpected();
      }
      const std::string key =
          token.kind == TokenKind::kWord ? std::string(token.source) : token.text;
      cursor_.Next();
      value = Make(ExpressionKind::kPath, key, ListOf(std::move(value)));
    } else {
      return value;
    }
  }
  return CompilationError(codes::kSyntax, "expression is too long");
}

Result<Expression> QueryParser::ParsePrimary() {
  const Token token = cursor_.Peek();
  switch (token.kind) {
    case TokenKind::kString: cursor_.Next(); return Literal(token.text);
    case TokenKind::kNumber: cursor_.Next(); return NumberLiteral(token.text);
    case TokenKind::kPosition: {
      cursor_.Next();
      Expression column = Make(ExpressionKind::kColumn, "", {});
      if (token.text.size() > 4)
        return CompilationError(codes::kInvalidIdentifier,
                                "invalid identifier '$" + token.text + "'");
      column.position = std::atoi(token.text.c_str());
      return column;
    }
    case TokenKind::kBind: {
      cursor_.Next();
      Expression bind = Make(ExpressionKind::kBind, "", {});
      if (token.text.size() > 6)
        return CompilationError(codes::kBindMissing, "Bind variable :" + token.text + " not set.");
      bind.position = token.text.empty() ? ++binds_ : std::atoi(token.text.c_str());
      return bind;
    }
    case TokenKind::kWord:
    case TokenKind::kQuoted: return ParseWord();
    case TokenKind::kSymbol:
      if (token.text == "(") return ParseParenthesis();
      if (token.text == "*") {
        cursor_.Next();
        return Make(ExpressionKind::kStar, "", {});
      }
      return cursor_.Unexpected();
    default: return cursor_.Unexpected();
  }
}

Result<Expression> QueryParser::ParseParenthesis() {
  cursor_.Next();
  if (AtSelect()) {
    if (++depth_ > kMaxDepth) return CompilationError(codes::kSyntax, "nesting is too deep");
    Expression subquery = Make(ExpressionKind::kSubquery, "", {});
    DBSTOW_ASSIGN(subquery.query, ParseSelect());
    --depth_;
    DBSTOW_TRY(cursor_.ExpectSymbol(")"));
    return subquery;
  }
  DBSTOW_ASSIGN(Expression inner, ParseExpression());
  DBSTOW_TRY(cursor_.ExpectSymbol(")"));
  return inner;
}

Result<Expression> QueryParser::ParseWord() {
  if (cursor_.TakeWord("NULL")) return Literal(Null{});
  if (cursor_.TakeWord("TRUE")) return Literal(true);
  if (cursor_.TakeWord("FALSE")) return Literal(false);
  if (cursor_.IsWord("CASE")) return ParseCase();
  if ((cursor_.IsWord("CAST") || cursor_.IsWord("TRY_CAST")) && cursor_.IsSymbol("(", 1)) {
    return ParseCast();
  }
  if (cursor_.Peek().kind == TokenKind::kWord && cursor_.IsSymbol("(", 1)) {
    return ParseCall(cursor_.Next().text);
  }
  if (cursor_.Peek().kind == TokenKind::kWord && IsContextFunction(cursor_.Peek().text) &&
      !cursor_.IsSymbol(".", 1)) {
    return Make(ExpressionKind::kCall, cursor_.Next().text, {});
  }
  Expression column = Make(ExpressionKind::kColumn, "", {});
  do {
    if (!column.name.empty() && cursor_.TakeSymbol("*")) {
      column.kind = ExpressionKind::kStar;
      return column;
    }
    DBSTOW_ASSIGN(std::string part, cursor_.ExpectIdentifier());
    column.name.parts.push_back(std::move(part));
    if (column.name.parts.size() > 4) return cursor_.Unexpected();
  } while (cursor_.TakeSymbol("."));
  return column;
}

Result<Expression> QueryParser::ParseCall(std::string function) {
  Expression call = Make(ExpressionKind::kCall, std::move(function), {});
  DBSTOW_TRY(cursor_.ExpectSymbol("("));
  call.distinct = cursor_.TakeWord("DISTINCT");
  if (cursor_.TakeSymbol(")")) {
    if (call.distinct) return cursor_.Unexpected();
  } else {
    do {
      DBSTOW_ASSIGN(Expression argument, ParseExpression());
      call.arguments.push_back(std::move(argument));
    } while (cursor_.TakeSymbol(","));
    DBSTOW_TRY(cursor_.ExpectSymbol(")"));
  }
  if (cursor_.IsWord("OVER") || cursor_.IsWord("WITHIN")) return Unsupported("window functions");
  return call;
}

Result<Expression> QueryParser::ParseCast() {
  Expression cast = Make(ExpressionKind::kCast, "", {});
  cast.try_cast = cursor_.Next().text == "TRY_CAST";
  DBSTOW_TRY(cursor_.ExpectSymbol("("));
  DBSTOW_ASSIGN(Expression value, ParseExpression());
  cast.arguments.push_back(std::move(value));
  DBSTOW_TRY(cursor_.ExpectWord("AS"));
  DBSTOW_ASSIGN(cast.type, ParseType());
  DBSTOW_TRY(cursor_.ExpectSymbol(")"));
  return cast;
}

Result<Expression> QueryParser::ParseCase() {
  cursor_.Next();
  Expression result = Make(ExpressionKind::kCase, "", {});
  std::optional<Expression> operand;
  if (!cursor_.IsWord("WHEN")) {
    DBSTOW_ASSIGN(operand, ParseExpression());
  }
  while (cursor_.TakeWord("WHEN")) {
    DBSTOW_ASSIGN(Expression condition, ParseExpression());
    DBSTOW_TRY(cursor_.ExpectWord("THEN"));
    DBSTOW_ASSIGN(Expression value, ParseExpression());
    if (operand) {
      condition = Make(ExpressionKind::kBinary, "=", ListOf(*operand, std::move(condition)));
    }
    result.arguments.push_back(std::move(condition));
    result.arguments.push_back(std::move(value));
  }
  if (result.arguments.empty()) return cursor_.Unexpected();
  if (cursor_.TakeWord("ELSE")) {
    DBSTOW_ASSIGN(Expression value, ParseExpression());
    result.arguments.push_back(std::move(value));
  }
  DBSTOW_TRY(cursor_.ExpectWord("END"));
  return result;
}

Result<DataType> QueryParser::ParseType() {
  struct Known {
    std::string_view word;
    DataType type;
    int most_parameters;
  };
  static const std::array<Known, 33> kTypes = {{
      {"NUMBER", {TypeKind::kNumber}, 2},
      {"DECIMAL", {TypeKind::kNumber}, 2},
      {"NUMERIC", {TypeKind::kNumber}, 2},
      {"INT", {TypeKind::kNumber}, 0},
      {"INTEGER", {TypeKind::kNumber}, 0},
      {"BIGINT", {TypeKind::kNumber}, 0},
      {"SMALLINT", {TypeKind::kNumber}, 0},
      {"TINYINT", {TypeKind::kNumber}, 0},
      {"BYTEINT", {TypeKind::kNumber}, 0},
      {"FLOAT", {TypeKind::kReal}, 0},
      {"FLOAT4", {TypeKind::kReal}, 0},
      {"FLOAT8", {TypeKind::kReal}, 0},
      {"DOUBLE", {TypeKind::kReal}, 0},
      {"REAL", {TypeKind::kReal}, 0},
      {"VARCHAR", {TypeKind::kText}, 1},
      {"STRING", {TypeKind::kText}, 1},
      {"TEXT", {TypeKind::kText}, 1},
      {"CHAR", {TypeKind::kText, 38, 0, 1}, 1},
      {"CHARACTER", {TypeKind::kText, 38, 0, 1}, 1},
      {"BOOLEAN", {TypeKind::kBoolean}, 0},
      {"DATE", {TypeKind::kDate}, 0},
      {"DATETIME", {TypeKind::kTimestampNtz}, 1},
      {"TIMESTAMP", {TypeKind::kTimestampNtz}, 1},
      {"TIMESTAMP_NTZ", {TypeKind::kTimestampNtz}, 1},
      {"TIMESTAMPNTZ", {TypeKind::kTimestampNtz}, 1},
      {"TIMESTAMP_LTZ", {TypeKind::kTimestampLtz}, 1},
      {"TIMESTAMPLTZ", {TypeKind::kTimestampLtz}, 1},
      {"TIMESTAMP_TZ", {TypeKind::kTimestampTz}, 1},
      {"TIMESTAMPTZ", {TypeKind::kTimestampTz}, 1},
      {"BINARY", {TypeKind::kBinary, 38, 0, 8388608}, 1},
      {"VARBINARY", {TypeKind::kBinary, 38, 0, 8388608}, 1},
      {"VARIANT", {TypeKind::kVariant}, 0},
      {"OBJECT", {TypeKind::kVariant}, 0},
  }};
  if (cursor_.Peek().kind != TokenKind::kWord) return cursor_.Unexpected();
  const std::string word = cursor_.Peek().text;
  for (const Known& known : kTypes) {
    if (known.word != word) continue;
    cursor_.Next();
    if (word == "DOUBLE") cursor_.TakeWord("PRECISION");
    DataType type = known.type;
    std::vector<int64_t> parameters;
    if (cursor_.IsSymbol("(") && known.most_parameters > 0) {
      cursor_.Next();
      do {
        DBSTOW_ASSIGN(const int64_t number, cursor_.ExpectInteger());
        parameters.push_back(number);
      } while (cursor_.TakeSymbol(",") && parameters.size() < 2);
      DBSTOW_TRY(cursor_.ExpectSymbol(")"));
    }
    if (type.kind == TypeKind::kNumber && !parameters.empty()) {
      if (parameters[0] < 1 || parameters[0] > 38) {
        return CompilationError(codes::kInvalidValue,
                                "Invalid precision '" + std::to_string(parameters[0]) + "'");
      }
      type.precision = static_cast<int>(parameters[0]);
      if (parameters.size() > 1) {
        if (parameters[1] < 0 || parameters[1] > std::min<int64_t>(37, parameters[0])) {
          return CompilationError(codes::kInvalidValue,
                                  "Invalid scale '" + std::to_string(parameters[1]) + "'");
        }
        type.scale = static_cast<int>(parameters[1]);
      }
    } else if (!parameters.empty() &&
               (type.kind == TypeKind::kText || type.kind == TypeKind::kBinary)) {
      if (parameters[0] < 1 || parameters[0] > 16777216) {
        return CompilationError(codes::kInvalidValue,
                                "Invalid length '" + std::to_string(parameters[0]) + "'");
      }
      type.length = parameters[0];
    }
    return type;
  }
  for (const std::string_view other : {"TIME", "ARRAY", "GEOGRAPHY", "GEOMETRY", "VECTOR", "MAP"}) {
    if (word == other) return Unsupported("type " + word);
  }
  return CompilationError(codes::kUnknownFunction, "Unsupported data type '" + word + "'.");
}

}  // namespace dbstow::doubles::snowflake
