#include "doubles/snowflake/sql/query_parser.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {

bool QueryParser::AtSelect() const {
  size_t ahead = 0;
  while (cursor_.IsSymbol("(", ahead)) ++ahead;
  return cursor_.IsWord("SELECT", ahead) || (ahead == 0 && cursor_.IsWord("WITH"));
}

Result<std::shared_ptr<const SelectStatement>> QueryParser::ParseSelect() {
  if (cursor_.IsWord("WITH")) return Unsupported("common table expressions");
  if (++depth_ > 100) return CompilationError(codes::kSyntax, "nesting is too deep");
  std::shared_ptr<const SelectStatement> select;
  if (cursor_.TakeSymbol("(")) {
    DBSTOW_ASSIGN(select, ParseSelect());
    DBSTOW_TRY(cursor_.ExpectSymbol(")"));
  } else {
    DBSTOW_ASSIGN(SelectStatement body, ParseSelectBody());
    select = std::make_shared<const SelectStatement>(std::move(body));
  }
  --depth_;
  DBSTOW_TRY(RefuseMore());
  return select;
}

Result<void> QueryParser::RefuseMore() const {
  for (const std::string_view word : {"UNION", "EXCEPT", "MINUS", "INTERSECT"}) {
    if (cursor_.IsWord(word)) return Unsupported("set operator " + std::string(word));
  }
  return {};
}

Result<SelectStatement> QueryParser::ParseSelectBody() {
  SelectStatement select;
  DBSTOW_TRY(cursor_.ExpectWord("SELECT"));
  select.distinct = cursor_.TakeWord("DISTINCT");
  if (!select.distinct) cursor_.TakeWord("ALL");
  if (cursor_.IsWord("TOP")) return Unsupported("TOP");
  DBSTOW_TRY(ParseItems(select));
  if (cursor_.TakeWord("FROM")) {
    DBSTOW_ASSIGN(select.from, ParseTable());
    for (const std::string_view word :
         {"JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL"}) {
      if (cursor_.IsWord(word)) return Unsupported("JOIN");
    }
    if (cursor_.IsSymbol(",")) return Unsupported("JOIN");
  }
  DBSTOW_TRY(ParseClauses(select));
  return select;
}

Result<void> QueryParser::ParseItems(SelectStatement& select) {
  do {
    SelectItem item;
    DBSTOW_ASSIGN(item.expression, ParseExpression());
    DBSTOW_TRY(ParseAlias(item.alias));
    select.items.push_back(std::move(item));
  } while (cursor_.TakeSymbol(","));
  return {};
}

// Without AS, only a word that cannot begin the next clause is an alias.
Result<void> QueryParser::ParseAlias(std::string& alias) {
  if (cursor_.TakeWord("AS")) {
    DBSTOW_ASSIGN(alias, cursor_.ExpectIdentifier());
    return {};
  }
  if (cursor_.Peek().kind == TokenKind::kQuoted) {
    alias = cursor_.Next().text;
    return {};
  }
  if (cursor_.Peek().kind != TokenKind::kWord) return {};
  static constexpr std::string_view kNoAlias[] = {
      "FROM",           "WHERE",     "GROUP",       "ORDER",  "LIMIT",
      "OFFSET",         "FETCH",     "HAVING",      "UNION",  "JOIN",
      "INNER",          "LEFT",      "RIGHT",       "FULL",   "CROSS",
      "NATURAL",        "QUALIFY",   "AT",          "BEFORE", "EXCEPT",
      "MINUS",          "INTERSECT", "FILE_FORMAT", "ON",     "PATTERN",
      "FORCE",          "SINGLE",    "OVERWRITE",   "HEADER", "MAX_FILE_SIZE",
      "PARTITION",      "SAMPLE",    "TABLESAMPLE", "SET",    "INCLUDE_QUERY_ID",
      "DETAILED_OUTPUT"};
  for (const std::string_view word : kNoAlias) {
    if (cursor_.IsWord(word)) return {};
  }
  DBSTOW_ASSIGN(alias, cursor_.ExpectIdentifier());
  return {};
}

Result<void> QueryParser::ParseClauses(SelectStatement& select) {
  if (cursor_.TakeWord("WHERE")) {
    DBSTOW_ASSIGN(select.where, ParseExpression());
  }
  if (cursor_.TakeWords({"GROUP", "BY"})) {
    do {
      DBSTOW_ASSIGN(Expression key, ParseExpression());
      select.group_by.push_back(std::move(key));
    } while (cursor_.TakeSymbol(","));
  }
  if (cursor_.IsWord("HAVING") || cursor_.IsWord("QUALIFY"))
    return Unsupported(cursor_.Peek().text);
  if (cursor_.IsWord("SAMPLE") || cursor_.IsWord("TABLESAMPLE")) return Unsupported("SAMPLE");
  if (cursor_.TakeWords({"ORDER", "BY"})) DBSTOW_TRY(ParseOrder(select));
  return ParseLimit(select);
}

Result<void> QueryParser::ParseOrder(SelectStatement& select) {
  do {
    OrderItem item;
    DBSTOW_ASSIGN(item.expression, ParseExpression());
    item.descending = cursor_.TakeWord("DESC");
    if (!item.descending) cursor_.TakeWord("ASC");
    if (cursor_.IsWord("NULLS")) return Unsupported("NULLS FIRST/LAST");
    select.order_by.push_back(std::move(item));
  } while (cursor_.TakeSymbol(","));
  return {};
}

Result<void> QueryParser::ParseLimit(SelectStatement& select) {
  if (cursor_.IsWord("FETCH")) return Unsupported("FETCH");
  if (cursor_.TakeWord("LIMIT")) {
    DBSTOW_ASSIGN(select.limit, ParseExpression());
  }
  if (cursor_.TakeWord("OFFSET")) {
    if (!select.limit) return cursor_.Unexpected();
    DBSTOW_ASSIGN(select.offset, ParseExpression());
  }
  return {};
}

Result<TableReference> QueryParser::ParseTable() {
  TableReference table;
  if (cursor_.IsWord("LATERAL")) return Unsupported("LATERAL");
  if (cursor_.IsWord("TABLE") && cursor_.IsSymbol("(", 1)) {
    cursor_.Next();
    cursor_.Next();
    DBSTOW_TRY(ParseTableFunction(table));
    DBSTOW_TRY(cursor_.ExpectSymbol(")"));
  } else if (cursor_.AtStage()) {
    table.kind = TableReference::Kind::kStage;
    DBSTOW_ASSIGN(table.stage, cursor_.ExpectStage());
    if (cursor_.TakeSymbol("(")) {
      while (!cursor_.TakeSymbol(")")) {
        DBSTOW_ASSIGN(const std::string key, cursor_.ExpectAnyWord());
        DBSTOW_TRY(cursor_.ExpectSymbol("=>"));
        DBSTOW_ASSIGN(const std::string value, cursor_.ExpectString());
        table.stage_options.push_back(Property{key, value, true, {}, {}});
        cursor_.TakeSymbol(",");
      }
    }
  } else if (cursor_.IsSymbol("(")) {
    if (!AtSelect())
      return cursor_.IsWord("VALUES", 1) ? Unsupported("VALUES in FROM") : cursor_.Unexpected();
    cursor_.Next();
    table.kind = TableReference::Kind::kSubquery;
    DBSTOW_ASSIGN(table.query, ParseSelect());
    DBSTOW_TRY(cursor_.ExpectSymbol(")"));
  } else {
    DBSTOW_ASSIGN(table.name, cursor_.ExpectName());
    if (cursor_.IsSymbol("(")) return cursor_.Unexpected();
    DBSTOW_ASSIGN(table.time, ParseTimePoint());
  }
  DBSTOW_TRY(ParseAlias(table.alias));
  return table;
}

Result<void> QueryParser::ParseTableFunction(TableReference& table) {
  table.kind = TableReference::Kind::kFunction;
  DBSTOW_ASSIGN(table.name, cursor_.ExpectName());
  DBSTOW_TRY(cursor_.ExpectSymbol("("));
  if (cursor_.TakeSymbol(")")) return {};
  do {
    if (cursor_.Peek().kind == TokenKind::kWord && cursor_.IsSymbol("=>", 1)) {
      const std::string key = cursor_.Next().text;
      cursor_.Next();
      DBSTOW_ASSIGN(Expression value, ParseExpression());
      table.named.emplace(key, std::move(value));
    } else {
      DBSTOW_ASSIGN(Expression value, ParseExpression());
      table.arguments.push_back(std::move(value));
    }
  } while (cursor_.TakeSymbol(","));
  return cursor_.ExpectSymbol(")");
}

Result<std::optional<TimePoint>> QueryParser::ParseTimePoint() {
  const bool at = cursor_.IsWord("AT") && cursor_.IsSymbol("(", 1);
  const bool before = cursor_.IsWord("BEFORE") && cursor_.IsSymbol("(", 1);
  if (!at && !before) return std::optional<TimePoint>();
  cursor_.Next();
  cursor_.Next();
  TimePoint point;
  point.side = at ? TimePoint::Side::kAt : TimePoint::Side::kBefore;
  if (cursor_.TakeWord("TIMESTAMP")) {
    point.anchor = TimePoint::Anchor::kTimestamp;
  } else if (cursor_.TakeWord("OFFSET")) {
    point.anchor = TimePoint::Anchor::kOffset;
  } else if (cursor_.TakeWord("STATEMENT")) {
    point.anchor = TimePoint::Anchor::kStatement;
  } else if (cursor_.IsWord("STREAM")) {
    return Unsupported("AT (STREAM => …)");
  } else {
    return cursor_.Unexpected();
  }
  DBSTOW_TRY(cursor_.ExpectSymbol("=>"));
  DBSTOW_ASSIGN(point.value, ParseExpression());
  DBSTOW_TRY(cursor_.ExpectSymbol(")"));
  return std::optional<TimePoint>(std::move(point));
}

}  // namespace dbstow::doubles::snowflake
