#include "doubles/snowflake/sql/parser.h"

#include <array>

#include "doubles/snowflake/sql/sql_error.h"
#include "doubles/snowflake/sql/statement_parsers.h"

namespace dbstow::doubles::snowflake {
namespace {

template <class T>
Result<StatementBody> AsBody(Result<T> statement) {
  if (!statement) return std::move(statement).error();
  return StatementBody(std::move(*statement));
}

Result<StatementBody> ParseListOrRemove(TokenCursor& cursor, std::string_view verb) {
  DBSTOW_ASSIGN(StageLocation stage, cursor.ExpectStage());
  std::optional<std::string> pattern;
  DBSTOW_ASSIGN(const Properties options, cursor.ReadProperties({"PATTERN"}));
  if (const Property* property = FindProperty(options, "PATTERN")) pattern = property->text;
  if (verb == "LIST") return StatementBody(ListStatement{std::move(stage), std::move(pattern)});
  return StatementBody(RemoveStatement{std::move(stage), std::move(pattern)});
}

bool IsKnownButAbsent(std::string_view word) {
  static constexpr std::array<std::string_view, 15> kWords = {
      "MERGE", "CALL",    "EXECUTE", "BEGIN", "COMMIT",  "ROLLBACK", "START", "SET",
      "UNSET", "EXPLAIN", "COMMENT", "WITH",  "DECLARE", "VALUES",   "IF"};
  for (const std::string_view known : kWords) {
    if (word == known) return true;
  }
  return false;
}

Result<StatementBody> ParseBody(QueryParser& parser) {
  TokenCursor& cursor = parser.cursor();
  if (parser.AtSelect() && !cursor.IsWord("WITH")) {
    DBSTOW_ASSIGN(const auto select, parser.ParseSelect());
    return StatementBody(*select);
  }
  const auto take = [&](std::string_view word) { return cursor.TakeWord(word); };
  if (take("CREATE")) return AsBody(ParseCreate(parser));
  if (take("DROP")) return AsBody(ParseDrop(parser));
  if (take("UNDROP")) return AsBody(ParseUndrop(parser));
  if (take("ALTER")) return ParseAlter(parser);
  if (take("INSERT")) return AsBody(ParseInsert(parser));
  if (take("UPDATE")) return AsBody(ParseUpdate(parser));
  if (take("DELETE")) return AsBody(ParseDelete(parser));
  if (take("TRUNCATE")) return AsBody(ParseTruncate(parser));
  if (take("USE")) return AsBody(ParseUse(parser));
  if (take("SHOW")) return AsBody(ParseShow(parser));
  if (take("DESCRIBE") || take("DESC")) return AsBody(ParseDescribe(parser));
  if (take("GRANT")) return AsBody(ParseGrant(parser, GrantStatement::Verb::kGrant));
  if (take("REVOKE")) return AsBody(ParseGrant(parser, GrantStatement::Verb::kRevoke));
  if (take("COPY")) return ParseCopy(parser);
  if (take("PUT")) return AsBody(ParsePut(parser));
  if (take("GET")) return AsBody(ParseGet(parser));
  if (take("LIST") || take("LS")) return ParseListOrRemove(cursor, "LIST");
  if (take("REMOVE") || take("RM")) return ParseListOrRemove(cursor, "REMOVE");
  if (cursor.Peek().kind == TokenKind::kWord && IsKnownButAbsent(cursor.Peek().text)) {
    return Unsupported(cursor.Peek().text);
  }
  return cursor.Unexpected();
}

}  // namespace

Result<std::vector<Statement>> Parse(std::string_view sql) {
  DBSTOW_ASSIGN(std::vector<Token> tokens, Tokenize(sql));
  TokenCursor cursor(std::move(tokens));
  std::vector<Statement> statements;
  while (true) {
    while (cursor.TakeSymbol(";")) {
    }
    if (cursor.AtEnd()) break;
    const std::string_view first = cursor.Peek().source;
    QueryParser parser(cursor);
    DBSTOW_ASSIGN(StatementBody body, ParseBody(parser));
    if (!cursor.AtEnd()) return cursor.Unexpected();
    std::string text(first.data(), cursor.Peek().source.data());
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
      text.pop_back();
    statements.push_back(Statement{std::move(body), std::move(text)});
  }
  if (statements.empty()) {
    return CompilationError({"000900", "42601"}, "Empty SQL statement.");
  }
  return statements;
}

}  // namespace dbstow::doubles::snowflake
