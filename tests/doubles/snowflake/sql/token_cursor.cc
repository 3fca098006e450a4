#include "doubles/snowflake/sql/token_cursor.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

// Reserved in the vendor's list ("Reserved & limited keywords"); such a word names nothing
// unquoted.
constexpr std::array<std::string_view, 62> kReserved = {
    "ALL",       "ALTER",  "AND",    "ANY",     "AS",      "BETWEEN",   "BY",      "CASE",
    "CAST",      "CHECK",  "COLUMN", "CONNECT", "CREATE",  "CROSS",     "CURRENT", "DELETE",
    "DISTINCT",  "DROP",   "ELSE",   "EXISTS",  "FALSE",   "FOLLOWING", "FOR",     "FROM",
    "FULL",      "GRANT",  "GROUP",  "HAVING",  "ILIKE",   "IN",        "INNER",   "INSERT",
    "INTERSECT", "INTO",   "IS",     "JOIN",    "LATERAL", "LEFT",      "LIKE",    "MINUS",
    "NATURAL",   "NOT",    "NULL",   "OF",      "ON",      "OR",        "ORDER",   "QUALIFY",
    "REGEXP",    "REVOKE", "RIGHT",  "ROW",     "SELECT",  "SET",       "TABLE",   "THEN",
    "TO",        "TRUE",   "UNION",  "UPDATE",  "VALUES",  "WHERE"};

bool IsReserved(std::string_view word) {
  return std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end();
}

}  // namespace

const Token& TokenCursor::Peek(size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

const Token& TokenCursor::Next() {
  const Token& token = Peek();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool TokenCursor::AtEnd() const { return Peek().kind == TokenKind::kEnd || IsSymbol(";"); }

bool TokenCursor::IsWord(std::string_view word, size_t ahead) const {
  const Token& token = Peek(ahead);
  return token.kind == TokenKind::kWord && token.text == word;
}

bool TokenCursor::IsSymbol(std::string_view symbol, size_t ahead) const {
  const Token& token = Peek(ahead);
  return token.kind == TokenKind::kSymbol && token.text == symbol;
}

bool TokenCursor::TakeWords(std::initializer_list<std::string_view> words) {
  size_t ahead = 0;
  for (const std::string_view word : words) {
    if (!IsWord(word, ahead++)) return false;
  }
  at_ += words.size();
  return true;
}

bool TokenCursor::TakeSymbol(std::string_view symbol) {
  if (!IsSymbol(symbol)) return false;
  Next();
  return true;
}

Result<void> TokenCursor::ExpectWord(std::string_view word) {
  if (!TakeWord(word)) return Unexpected();
  return {};
}

Result<void> TokenCursor::ExpectSymbol(std::string_view symbol) {
  if (!TakeSymbol(symbol)) return Unexpected();
  return {};
}

Result<std::string> TokenCursor::ExpectString() {
  if (Peek().kind != TokenKind::kString) return Unexpected();
  return Next().text;
}

Result<int64_t> TokenCursor::ExpectInteger() {
  const Token& token = Peek();
  int64_t number = 0;
  if (token.kind != TokenKind::kNumber) return Unexpected();
  const auto read =
      std::from_chars(token.text.data(), token.text.data() + token.text.size(), number);
  if (read.ec != std::errc() || read.ptr != token.text.data() + token.text.size())
    return Unexpected();
  Next();
  return number;
}

Result<std::string> TokenCursor::ExpectIdentifier() {
  const Token& token = Peek();
  if (token.kind == TokenKind::kQuoted) return Next().text;
  if (token.kind != TokenKind::kWord || IsReserved(token.text)) return Unexpected();
  return Next().text;
}

Result<std::string> TokenCursor::ExpectAnyWord() {
  if (Peek().kind != TokenKind::kWord) return Unexpected();
  return Next().text;
}

Result<Name> TokenCursor::ExpectName(size_t most) {
  if (IsWord("IDENTIFIER") && IsSymbol("(", 1)) {
    Next();
    Next();
    DBSTOW_ASSIGN(const std::string text, ExpectString());
    DBSTOW_TRY(ExpectSymbol(")"));
    return ParseName(text);
  }
  Name name;
  do {
    DBSTOW_ASSIGN(std::string part, ExpectIdentifier());
    name.parts.push_back(std::move(part));
    if (name.parts.size() > most) return Unexpected();
  } while (TakeSymbol("."));
  return name;
}

Result<std::vector<std::string>> TokenCursor::ExpectIdentifierList() {
  std::vector<std::string> names;
  DBSTOW_TRY(ExpectSymbol("("));
  do {
    DBSTOW_ASSIGN(std::string name, ExpectIdentifier());
    names.push_back(std::move(name));
  } while (TakeSymbol(","));
  DBSTOW_TRY(ExpectSymbol(")"));
  return names;
}

bool TokenCursor::AtStage() const {
  return Peek().kind == TokenKind::kStage ||
         (Peek().kind == TokenKind::kString && Peek().text.starts_with('@'));
}

Result<StageLocation> TokenCursor::ExpectStage() {
  if (!AtStage()) return Unexpected();
  const Token token = Next();
  const std::string_view text = token.text;
  return ParseStageLocation(token.kind == TokenKind::kString ? text.substr(1) : text);
}

Result<Properties> TokenCursor::ReadProperties(std::initializer_list<std::string_view> known) {
  Properties properties;
  while (Peek().kind == TokenKind::kWord && IsSymbol("=", 1)) {
    const bool is_known = std::find(known.begin(), known.end(), Peek().text) != known.end();
    if (!is_known) {
      return CompilationError(codes::kInvalidProperty,
                              "invalid property '" + Peek().text + "' for this statement");
    }
    DBSTOW_ASSIGN(Property property, ReadProperty());
    properties.push_back(std::move(property));
    if (IsSymbol(",") && Peek(1).kind == TokenKind::kWord && IsSymbol("=", 2)) Next();
  }
  return properties;
}

Result<Property> TokenCursor::ReadProperty() {
  Property property;
  DBSTOW_ASSIGN(property.key, ExpectAnyWord());
  DBSTOW_TRY(ExpectSymbol("="));
  DBSTOW_TRY(ReadPropertyValue(property));
  return property;
}

Result<void> TokenCursor::ReadPropertyValue(Property& property) {
  if (IsSymbol("(")) return ReadPropertyList(property);
  const bool negative = TakeSymbol("-");
  const Token& token = Peek();
  const bool fits =
      token.kind == TokenKind::kNumber ||
      (!negative && (token.kind == TokenKind::kString || token.kind == TokenKind::kWord ||
                     token.kind == TokenKind::kQuoted));
  if (!fits) return Unexpected();
  property.quoted = token.kind == TokenKind::kString;
  property.text = (negative ? "-" : "") + token.text;
  Next();
  // A qualified name, as in FILE_FORMAT = db.s.f.
  while (token.kind != TokenKind::kString && TakeSymbol(".")) {
    DBSTOW_ASSIGN(const std::string part, ExpectIdentifier());
    property.text += "." + part;
  }
  return {};
}

Result<void> TokenCursor::ReadPropertyList(Property& property) {
  DBSTOW_TRY(ExpectSymbol("("));
  while (!TakeSymbol(")")) {
    if (Peek().kind == TokenKind::kWord && IsSymbol("=", 1)) {
      DBSTOW_ASSIGN(Property nested, ReadProperty());
      property.nested.push_back(std::move(nested));
    } else if (Peek().kind == TokenKind::kString || Peek().kind == TokenKind::kWord ||
               Peek().kind == TokenKind::kNumber) {
      property.items.push_back(Next().text);
    } else {
      return Unexpected();
    }
    TakeSymbol(",");
  }
  return {};
}

Error TokenCursor::Unexpected() const {
  const Token& token = Peek();
  const std::string text = token.kind == TokenKind::kEnd ? "<EOF>" : std::string(token.source);
  return CompilationError(codes::kSyntax, "syntax error line " + std::to_string(token.line) +
                                              " at position " + std::to_string(token.column) +
                                              " unexpected '" + text + "'.");
}

Result<Name> ParseName(std::string_view text) {
  DBSTOW_ASSIGN(std::vector<Token> tokens, Tokenize(text));
  TokenCursor cursor(std::move(tokens));
  DBSTOW_ASSIGN(Name name, cursor.ExpectName());
  if (!cursor.AtEnd()) return cursor.Unexpected();
  return name;
}

Result<StageLocation> ParseStageLocation(std::string_view text) {
  StageLocation location;
  bool quoted = false;
  size_t end = 0;
  while (end < text.size() && (quoted || text[end] != '/')) {
    if (text[end] == '"') quoted = !quoted;
    ++end;
  }
  if (end < text.size()) location.path = std::string(text.substr(end + 1));
  std::string_view head = text.substr(0, end);
  if (head == "~") {
    location.kind = StageLocation::Kind::kUser;
    return location;
  }
  // `@db.schema.%table` is the stage of a table.
  std::string plain;
  for (const char letter : head) {
    if (letter == '%' && !quoted) {
      location.kind = StageLocation::Kind::kTable;
    } else {
      plain += letter;
    }
  }
  DBSTOW_ASSIGN(location.name, ParseName(plain));
  return location;
}

}  // namespace dbstow::doubles::snowflake
