#include <algorithm>
#include <array>

#include "doubles/sqlserver/sql/parser.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {

SqlResult<std::unique_ptr<Select>> Parser::Query() {
  if (++depth_ > 100) {
    return SqlError{191, 15, "Some part of the statement is nested too deeply.", 1, Now().line};
  }
  DBSTOW_ASSIGN(std::unique_ptr<Select> first, QueryBlock());
  Select* last = first.get();
  while (IsWord("UNION")) {
    Take();
    last->union_all = SkipWord("ALL");
    DBSTOW_ASSIGN(last->union_with, QueryBlock());
    last = last->union_with.get();
  }
  if (IsWord("EXCEPT") || IsWord("INTERSECT")) return NotSupported(ToUpper(Now().text));
  DBSTOW_TRY(OrderBy(*first));
  if (IsWord("FOR")) return NotSupported("FOR XML or JSON");
  if (SkipWord("OPTION")) {
    DBSTOW_TRY(ExpectSymbol("("));
    while (!SkipSymbol(")")) {
      if (Now().kind == TokenKind::kEnd) return Unexpected();
      Take();
    }
  }
  --depth_;
  return first;
}

SqlResult<std::unique_ptr<Select>> Parser::QueryBlock() {
  if (SkipSymbol("(")) {
    DBSTOW_ASSIGN(std::unique_ptr<Select> inner, Query());
    DBSTOW_TRY(ExpectSymbol(")"));
    return inner;
  }
  auto select = std::make_unique<Select>();
  select->line = Now().line;
  DBSTOW_TRY(ExpectWord("SELECT"));
  if (!SkipWord("ALL")) select->distinct = SkipWord("DISTINCT");
  if (SkipWord("TOP")) {
    if (IsSymbol("(")) {
      DBSTOW_ASSIGN(select->top, Parenthesis());
    } else {
      DBSTOW_ASSIGN(select->top, Literal());
    }
    if (IsWord("PERCENT") || (IsWord("WITH") && IsWord("TIES", 1))) return NotSupported("TOP");
  }
  do {
    DBSTOW_ASSIGN(SelectItem item, Item());
    select->items.push_back(std::move(item));
  } while (SkipSymbol(","));
  if (IsWord("INTO")) return NotSupported("SELECT INTO");
  if (SkipWord("FROM")) DBSTOW_TRY(From(*select));
  if (SkipWord("WHERE")) {
    DBSTOW_ASSIGN(select->where, Condition());
  }
  if (SkipWords({"GROUP", "BY"})) {
    do {
      DBSTOW_ASSIGN(ExprPtr key, Expression());
      select->group_by.push_back(std::move(key));
    } while (SkipSymbol(","));
  }
  if (SkipWord("HAVING")) {
    DBSTOW_ASSIGN(select->having, Condition());
  }
  return select;
}

bool Parser::StartsAlias() const {
  const Token& token = Now();
  return token.kind == TokenKind::kQuotedName || token.kind == TokenKind::kString ||
         (token.kind == TokenKind::kWord && !IsReserved(token.text));
}

SqlResult<SelectItem> Parser::Item() {
  SelectItem item;
  if (SkipSymbol("*")) {
    item.star = true;
    return item;
  }
  const bool named = Now().kind == TokenKind::kQuotedName ||
                     (Now().kind == TokenKind::kWord && !IsReserved(Now().text));
  if (named && IsSymbol(".", 1) && IsSymbol("*", 2)) {
    item.star = true;
    item.star_source = Take().text;
    Take();
    Take();
    return item;
  }
  if (Now().kind == TokenKind::kVariable && IsSymbol("=", 1)) {
    item.variable = Take().text;
    Take();
  } else if (named && IsSymbol("=", 1)) {  // alias = expression
    item.alias = Take().text;
    Take();
  }
  DBSTOW_ASSIGN(item.value, Expression());
  if (!item.variable.empty() || !item.alias.empty()) return item;
  if (SkipWord("AS")) {
    if (!StartsAlias()) return Unexpected();
    item.alias = Take().text;
  } else if (StartsAlias()) {
    item.alias = Take().text;
  }
  return item;
}

SqlResult<std::optional<JoinKind>> Parser::Join() {
  if (SkipSymbol(",")) return std::optional(JoinKind::kComma);
  if (SkipWords({"CROSS", "JOIN"})) return std::optional(JoinKind::kCross);
  if (IsWord("CROSS") || (IsWord("OUTER") && IsWord("APPLY", 1))) return NotSupported("APPLY");
  std::optional<JoinKind> kind;
  if (SkipWord("INNER")) {
    kind = JoinKind::kInner;
  } else if (SkipWord("LEFT")) {
    kind = JoinKind::kLeft;
  } else if (SkipWord("RIGHT")) {
    kind = JoinKind::kRight;
  } else if (SkipWord("FULL")) {
    kind = JoinKind::kFull;
  }
  if (kind && kind != JoinKind::kInner) SkipWord("OUTER");
  if (!kind && !IsWord("JOIN")) return std::optional<JoinKind>();
  DBSTOW_TRY(ExpectWord("JOIN"));
  return std::optional(kind.value_or(JoinKind::kInner));
}

SqlResult<void> Parser::From(Select& select) {
  std::optional<JoinKind> join = JoinKind::kFirst;
  while (join) {
    DBSTOW_ASSIGN(TableSource source, Source(*join));
    if (*join >= JoinKind::kInner && *join <= JoinKind::kFull) {
      DBSTOW_TRY(ExpectWord("ON"));
      DBSTOW_ASSIGN(source.on, Condition());
    }
    select.from.push_back(std::move(source));
    DBSTOW_ASSIGN(join, Join());
  }
  return {};
}

SqlResult<TableSource> Parser::Source(JoinKind join) {
  TableSource source;
  source.join = join;
  if (SkipSymbol("(")) {
    if (!IsWord("SELECT")) return NotSupported("joined tables in parentheses");
    DBSTOW_ASSIGN(source.derived, Query());
    DBSTOW_TRY(ExpectSymbol(")"));
  } else {
    DBSTOW_ASSIGN(source.name, QualifiedName());
    if (SkipSymbol("(")) {
      source.is_function = true;
      while (!IsSymbol(")")) {
        DBSTOW_ASSIGN(ExprPtr argument, Expression());
        source.arguments.push_back(std::move(argument));
        if (!SkipSymbol(",") && !IsSymbol(")")) return Unexpected();
      }
      Take();
    }
  }
  const bool as = SkipWord("AS");
  if (as || (StartsAlias() && Now().kind != TokenKind::kString)) {
    DBSTOW_ASSIGN(source.alias, Identifier());
  }
  if (source.derived && source.alias.empty()) return Unexpected();
  DBSTOW_TRY(TableHints());
  return source;
}

// WITH (NOLOCK): locks are by table here, so that hints change nothing but are checked.
SqlResult<void> Parser::TableHints() {
  if (!IsWord("WITH") || !IsSymbol("(", 1)) return {};
  static constexpr std::array<std::string_view, 12> kHints{
      "NOLOCK",  "READUNCOMMITTED", "READCOMMITTED", "REPEATABLEREAD", "SERIALIZABLE", "HOLDLOCK",
      "TABLOCK", "TABLOCKX",        "UPDLOCK",       "XLOCK",          "ROWLOCK",      "READPAST"};
  Take();
  Take();
  do {
    DBSTOW_ASSIGN(const std::string hint, AnyWord());
    if (std::find(kHints.begin(), kHints.end(), hint) == kHints.end()) {
      return SqlError{321, 15, "\"" + hint + "\" is not a recognized table hints option.", 1,
                      Now().line};
    }
  } while (SkipSymbol(","));
  return ExpectSymbol(")");
}

SqlResult<void> Parser::OrderBy(Select& select) {
  if (!SkipWords({"ORDER", "BY"})) return {};
  do {
    OrderItem item;
    DBSTOW_ASSIGN(item.value, Expression());
    item.descending = SkipWord("DESC");
    if (!item.descending) SkipWord("ASC");
    select.order_by.push_back(std::move(item));
  } while (SkipSymbol(","));
  if (SkipWord("OFFSET")) {
    DBSTOW_ASSIGN(select.offset, Expression());
    if (!SkipWord("ROWS")) DBSTOW_TRY(ExpectWord("ROW"));
    if (SkipWord("FETCH")) {
      if (!SkipWord("NEXT")) DBSTOW_TRY(ExpectWord("FIRST"));
      DBSTOW_ASSIGN(select.fetch, Expression());
      if (!SkipWord("ROWS")) DBSTOW_TRY(ExpectWord("ROW"));
      DBSTOW_TRY(ExpectWord("ONLY"));
    }
  }
  return {};
}

}  // namespace dbstow::doubles::sqlserver
