#include <algorithm>
#include <array>

#include "doubles/sqlserver/sql/parser.h"
#include "doubles/sqlserver/value/decimal.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr int kDeepest = 200;
constexpr int kCastLength = 30;

// Reserved words that name functions nevertheless.
constexpr std::array<std::string_view, 6> kCallableWords{"COALESCE", "LEFT", "NULLIF",
                                                         "RIGHT",    "USER", "CONTAINS"};
// Functions without parentheses.
constexpr std::array<std::string_view, 4> kBareFunctions{"CURRENT_TIMESTAMP", "CURRENT_USER",
                                                         "SESSION_USER", "SYSTEM_USER"};

template <std::size_t N>
bool Contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

SqlType TypeOfText(const std::string& text, TypeId id) {
  const auto length = static_cast<int>(Utf16Length(text));
  const int longest = id == TypeId::kNVarChar ? 4000 : 8000;
  return {id, length > longest ? kMaxLength : std::max(length, 1)};
}

}  // namespace

ExprPtr Parser::Make(ExprKind kind) const {
  auto expr = std::make_unique<Expr>();
  expr->kind = kind;
  expr->line = Now().line;
  return expr;
}

SqlResult<ExprPtr> Parser::Expression() {
  const Token& start = Now();
  DBSTOW_ASSIGN(ExprPtr expr, Additive());
  if (expr->IsPredicate()) return UnexpectedAt(start);
  return expr;
}

SqlResult<ExprPtr> Parser::Condition() {
  DBSTOW_ASSIGN(ExprPtr expr, Or());
  if (!expr->IsPredicate()) {
    return SqlError{4145, 15,
                    "An expression of non-boolean type specified in a context where a condition is "
                    "expected, near '" +
                        Now().text + "'.",
                    1, Now().line};
  }
  return expr;
}

SqlResult<ExprPtr> Parser::Or() { return Joined("OR", ExprKind::kOr, &Parser::And); }
SqlResult<ExprPtr> Parser::And() { return Joined("AND", ExprKind::kAnd, &Parser::Not); }

SqlResult<ExprPtr> Parser::Joined(std::string_view word, ExprKind kind, Rule operand) {
  DBSTOW_ASSIGN(ExprPtr left, (this->*operand)());
  while (IsWord(word)) {
    ExprPtr both = Make(kind);
    Take();
    DBSTOW_ASSIGN(ExprPtr right, (this->*operand)());
    if (!left->IsPredicate() || !right->IsPredicate()) return Unexpected();
    both->operands.push_back(std::move(left));
    both->operands.push_back(std::move(right));
    left = std::move(both);
  }
  return left;
}

SqlResult<ExprPtr> Parser::Not() {
  if (!IsWord("NOT")) return Predicate();
  ExprPtr negation = Make(ExprKind::kNot);
  Take();
  if (++depth_ > kDeepest) return Unexpected();
  DBSTOW_ASSIGN(ExprPtr operand, Not());
  --depth_;
  if (!operand->IsPredicate()) return Unexpected();
  negation->operands.push_back(std::move(operand));
  return negation;
}

SqlResult<ExprPtr> Parser::Predicate() {
  if (SkipWord("EXISTS")) {
    ExprPtr exists = Make(ExprKind::kExists);
    DBSTOW_TRY(ExpectSymbol("("));
    DBSTOW_ASSIGN(exists->select, Query());
    DBSTOW_TRY(ExpectSymbol(")"));
    return exists;
  }
  DBSTOW_ASSIGN(ExprPtr left, Additive());
  if (left->IsPredicate()) return left;
  static constexpr std::array<std::string_view, 8> kComparisons{"=",  "<>", "!=", "<",
                                                                "<=", ">",  ">=", "!<"};
  if (Now().kind == TokenKind::kSymbol && Contains(kComparisons, Now().text)) {
    ExprPtr compare = Make(ExprKind::kCompare);
    compare->name = Take().text;
    if (compare->name == "!=") compare->name = "<>";
    if (compare->name == "!<") compare->name = ">=";
    DBSTOW_ASSIGN(ExprPtr right, Expression());
    compare->operands.push_back(std::move(left));
    compare->operands.push_back(std::move(right));
    return compare;
  }
  if (SkipWord("IS")) {
    ExprPtr test = Make(ExprKind::kIsNull);
    test->negated = SkipWord("NOT");
    DBSTOW_TRY(ExpectWord("NULL"));
    test->operands.push_back(std::move(left));
    return test;
  }
  const bool negated =
      IsWord("NOT") && (IsWord("IN", 1) || IsWord("LIKE", 1) || IsWord("BETWEEN", 1));
  if (negated) Take();
  if (SkipWord("IN")) return InList(std::move(left), negated);
  if (SkipWord("LIKE")) {
    ExprPtr like = Make(ExprKind::kLike);
    like->negated = negated;
    like->operands.push_back(std::move(left));
    DBSTOW_ASSIGN(ExprPtr pattern, Expression());
    like->operands.push_back(std::move(pattern));
    if (SkipWord("ESCAPE")) {
      DBSTOW_ASSIGN(ExprPtr escape, Expression());
      like->operands.push_back(std::move(escape));
    }
    return like;
  }
  if (SkipWord("BETWEEN")) {
    ExprPtr between = Make(ExprKind::kBetween);
    between->negated = negated;
    between->operands.push_back(std::move(left));
    DBSTOW_ASSIGN(ExprPtr low, Expression());
    DBSTOW_TRY(ExpectWord("AND"));
    DBSTOW_ASSIGN(ExprPtr high, Expression());
    between->operands.push_back(std::move(low));
    between->operands.push_back(std::move(high));
    return between;
  }
  return left;
}

SqlResult<ExprPtr> Parser::InList(ExprPtr operand, bool negated) {
  ExprPtr in = Make(ExprKind::kIn);
  in->negated = negated;
  in->operands.push_back(std::move(operand));
  DBSTOW_TRY(ExpectSymbol("("));
  if (IsWord("SELECT")) {
    DBSTOW_ASSIGN(in->select, Query());
  } else {
    do {
      DBSTOW_ASSIGN(ExprPtr item, Expression());
      in->operands.push_back(std::move(item));
    } while (SkipSymbol(","));
  }
  DBSTOW_TRY(ExpectSymbol(")"));
  return in;
}

SqlResult<ExprPtr> Parser::Additive() {
  DBSTOW_ASSIGN(ExprPtr left, Multiplicative());
  while (IsSymbol("+") || IsSymbol("-") || IsSymbol("&") || IsSymbol("|") || IsSymbol("^")) {
    ExprPtr both = Make(ExprKind::kBinary);
    both->name = Take().text;
    DBSTOW_ASSIGN(ExprPtr right, Multiplicative());
    if (left->IsPredicate() || right->IsPredicate()) return Unexpected();
    both->operands.push_back(std::move(left));
    both->operands.push_back(std::move(right));
    left = std::move(both);
  }
  return left;
}

SqlResult<ExprPtr> Parser::Multiplicative() {
  DBSTOW_ASSIGN(ExprPtr left, Unary());
  while (IsSymbol("*") || IsSymbol("/") || IsSymbol("%")) {
    ExprPtr both = Make(ExprKind::kBinary);
    both->name = Take().text;
    DBSTOW_ASSIGN(ExprPtr right, Unary());
    if (left->IsPredicate() || right->IsPredicate()) return Unexpected();
    both->operands.push_back(std::move(left));
    both->operands.push_back(std::move(right));
    left = std::move(both);
  }
  return left;
}

SqlResult<ExprPtr> Parser::Unary() {
  if (!IsSymbol("-") && !IsSymbol("+")) return Primary();
  ExprPtr unary = Make(ExprKind::kUnary);
  unary->name = Take().text;
  if (++depth_ > kDeepest) return Unexpected();
  DBSTOW_ASSIGN(ExprPtr operand, Unary());
  --depth_;
  if (operand->IsPredicate()) return Unexpected();
  unary->operands.push_back(std::move(operand));
  return unary;
}

SqlResult<ExprPtr> Parser::Primary() {
  const Token& token = Now();
  switch (token.kind) {
    case TokenKind::kVariable:
    case TokenKind::kGlobal: {
      ExprPtr variable =
          Make(token.kind == TokenKind::kVariable ? ExprKind::kVariable : ExprKind::kGlobal);
      variable->name = Take().text;
      return variable;
    }
    case TokenKind::kSymbol:
      if (!IsSymbol("(")) return Unexpected();
      return Parenthesis();
    case TokenKind::kWord:
      if (IsWord("NULL")) return Literal();
      if (IsWord("CASE")) return Case();
      return NameOrCall();
    case TokenKind::kQuotedName: return NameOrCall();
    case TokenKind::kEnd: return Unexpected();
    default: return Literal();
  }
}

SqlResult<ExprPtr> Parser::Parenthesis() {
  if (++depth_ > kDeepest) {
    return SqlError{191, 15, "Some part of the statement is nested too deeply.", 1, Now().line};
  }
  ExprPtr inner = Make(ExprKind::kSubquery);
  Take();
  if (IsWord("SELECT")) {
    DBSTOW_ASSIGN(inner->select, Query());
  } else {
    DBSTOW_ASSIGN(inner, Or());
  }
  DBSTOW_TRY(ExpectSymbol(")"));
  --depth_;
  return inner;
}

SqlResult<ExprPtr> Parser::Literal() {
  ExprPtr literal = Make(ExprKind::kLiteral);
  const Token& token = Take();
  switch (token.kind) {
    case TokenKind::kString:
      literal->type = TypeOfText(token.text, TypeId::kVarChar);
      literal->value = Text(token.text);
      break;
    case TokenKind::kWideString:
      literal->type = TypeOfText(token.text, TypeId::kNVarChar);
      literal->value = Text(token.text);
      break;
    case TokenKind::kFloat:
      literal->type = {TypeId::kFloat};
      literal->value = Value(std::strtod(token.text.c_str(), nullptr));
      break;
    case TokenKind::kBinary:
      literal->value = Value(Blob{BytesOfHex(token.text)});
      literal->type = {TypeId::kVarBinary,
                       std::max(1, static_cast<int>(std::get<Blob>(literal->value).bytes.size()))};
      break;
    case TokenKind::kInteger:
    case TokenKind::kDecimal: {
      const std::optional<Decimal> number = Decimal::Parse(token.text);
      if (!number) {
        return SqlError{
            1007, 15,
            "The number '" + token.text + "' is out of the range for numeric representation.", 1,
            token.line};
      }
      if (token.kind == TokenKind::kInteger && number->unscaled <= 2147483647) {
        literal->value = Int(static_cast<std::int64_t>(number->unscaled));
        break;
      }
      const std::string digits = number->ToString();
      literal->type = {TypeId::kDecimal, 0,
                       std::max(static_cast<int>(digits.size()), number->scale), number->scale};
      if (number->scale > 0) {
        literal->type.precision =
            std::min(38, std::max(static_cast<int>(digits.size()) - 1, number->scale));
      }
      literal->value = Text(number->ToSortable());
      break;
    }
    default: break;  // NULL
  }
  return literal;
}

SqlResult<ExprPtr> Parser::NameOrCall() {
  const Token& token = Now();
  const std::string upper = ToUpper(token.text);
  if (token.kind == TokenKind::kWord && IsReserved(upper)) {
    const bool call = IsSymbol("(", 1);
    if (call && (upper == "CONVERT" || upper == "TRY_CONVERT")) {
      Take();
      return Cast(upper);
    }
    if (call && Contains(kCallableWords, upper)) {
      Take();
      return Call(upper);
    }
    if (Contains(kBareFunctions, upper)) {
      Take();
      ExprPtr bare = Make(ExprKind::kCall);
      bare->name = upper;
      return bare;
    }
    return Unexpected();
  }
  if (token.kind == TokenKind::kWord && IsSymbol("(", 1) &&
      (upper == "CAST" || upper == "TRY_CAST")) {
    Take();
    return Cast(upper);
  }
  ExprPtr column = Make(ExprKind::kColumn);
  DBSTOW_ASSIGN(ObjectName name, QualifiedName());
  if (IsSymbol("(")) return Call(ToUpper(name.ToString()));
  column->path = std::move(name.parts);
  return column;
}

SqlResult<ExprPtr> Parser::Call(std::string name) {
  ExprPtr call = Make(ExprKind::kCall);
  call->name = std::move(name);
  Take();
  if (SkipSymbol("*")) {
    call->operands.push_back(Make(ExprKind::kStar));
  } else if (!IsSymbol(")")) {
    call->distinct = SkipWord("DISTINCT");
    do {
      // The first argument of DATEADD and DATEDIFF is a word; it looks like a column.
      DBSTOW_ASSIGN(ExprPtr argument, Expression());
      call->operands.push_back(std::move(argument));
    } while (SkipSymbol(","));
  }
  DBSTOW_TRY(ExpectSymbol(")"));
  if (IsWord("OVER")) return NotSupported("OVER");
  return call;
}

SqlResult<ExprPtr> Parser::Cast(const std::string& name) {
  ExprPtr cast = Make(ExprKind::kCast);
  cast->name = name;
  Take();
  if (name == "CAST" || name == "TRY_CAST") {
    DBSTOW_ASSIGN(ExprPtr operand, Expression());
    cast->operands.push_back(std::move(operand));
    DBSTOW_TRY(ExpectWord("AS"));
    DBSTOW_ASSIGN(cast->type, DataType(kCastLength));
  } else {
    DBSTOW_ASSIGN(cast->type, DataType(kCastLength));
    DBSTOW_TRY(ExpectSymbol(","));
    DBSTOW_ASSIGN(ExprPtr operand, Expression());
    cast->operands.push_back(std::move(operand));
    if (SkipSymbol(",")) {
      DBSTOW_ASSIGN(ExprPtr style, Expression());
      cast->operands.push_back(std::move(style));
    }
  }
  DBSTOW_TRY(ExpectSymbol(")"));
  return cast;
}

SqlResult<ExprPtr> Parser::Case() {
  ExprPtr expr = Make(ExprKind::kCase);
  Take();
  if (!IsWord("WHEN")) {
    expr->has_input = true;
    DBSTOW_ASSIGN(ExprPtr input, Expression());
    expr->operands.push_back(std::move(input));
  }
  do {
    DBSTOW_TRY(ExpectWord("WHEN"));
    DBSTOW_ASSIGN(ExprPtr when, expr->has_input ? Expression() : Condition());
    DBSTOW_TRY(ExpectWord("THEN"));
    DBSTOW_ASSIGN(ExprPtr then, Expression());
    expr->operands.push_back(std::move(when));
    expr->operands.push_back(std::move(then));
  } while (IsWord("WHEN"));
  if (SkipWord("ELSE")) {
    expr->has_else = true;
    DBSTOW_ASSIGN(ExprPtr otherwise, Expression());
    expr->operands.push_back(std::move(otherwise));
  }
  DBSTOW_TRY(ExpectWord("END"));
  return expr;
}

}  // namespace dbstow::doubles::sqlserver
