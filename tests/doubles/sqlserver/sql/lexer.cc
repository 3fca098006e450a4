#include "doubles/sqlserver/sql/lexer.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::size_t kLongestName = 128;

bool StartsName(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '#' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}
bool ContinuesName(char c) {
  return StartsName(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '$' || c == '@';
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : rest_(sql) {}

  SqlResult<std::vector<Token>> Run() {
    while (true) {
      DBSTOW_TRY(SkipBlanks());
      if (rest_.empty()) break;
      const int line = line_;
      DBSTOW_ASSIGN(Token token, Next());
      token.line = line;
      tokens_.push_back(std::move(token));
    }
    tokens_.push_back({TokenKind::kEnd, "", line_});
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] char Peek(std::size_t ahead = 0) const {
    return ahead < rest_.size() ? rest_[ahead] : '\0';
  }
  char Take() {
    const char c = rest_.front();
    if (c == '\n') ++line_;
    rest_.remove_prefix(1);
    return c;
  }
  template <class Condition>
  std::string TakeWhile(Condition condition) {
    std::string taken;
    while (!rest_.empty() && condition(rest_.front())) taken += Take();
    return taken;
  }

  SqlResult<void> SkipBlanks() {
    while (!rest_.empty()) {
      if (std::isspace(static_cast<unsigned char>(rest_.front())) != 0) {
        Take();
      } else if (rest_.starts_with("--")) {
        TakeWhile([](char c) { return c != '\n'; });
      } else if (rest_.starts_with("/*")) {
        DBSTOW_TRY(SkipComment());
      } else {
        break;
      }
    }
    return {};
  }

  // Block comments nest in T-SQL.
  SqlResult<void> SkipComment() {
    int depth = 0;
    do {
      if (rest_.empty()) return SqlError{113, 15, "Missing end comment mark '*/'.", 1, line_};
      const bool opens = rest_.starts_with("/*");
      const bool closes = rest_.starts_with("*/");
      depth += opens ? 1 : closes ? -1 : 0;
      Take();
      if (opens || closes) Take();
    } while (depth > 0);
    return {};
  }

  SqlResult<Token> Next() {
    const char c = rest_.front();
    if (c == '\'') return Quoted(TokenKind::kString, '\'');
    if ((c == 'N' || c == 'n') && Peek(1) == '\'') {
      Take();
      return Quoted(TokenKind::kWideString, '\'');
    }
    if (c == '[') return Quoted(TokenKind::kQuotedName, ']');
    if (c == '"') return Quoted(TokenKind::kQuotedName, '"');
    if (c == '@') return Variable();
    if (StartsName(c)) return Name(TokenKind::kWord, TakeWhile(ContinuesName));
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number();
    return Symbol();
  }

  SqlResult<Token> Quoted(TokenKind kind, char close) {
    const int line = line_;
    Take();
    std::string text;
    while (true) {
      if (rest_.empty()) {
        return SqlError{
            105, 15,
            "Unclosed quotation mark after the character string '" + Utf16Prefix(text, 30) + "'.",
            1, line};
      }
      const char c = Take();
      if (c == close && Peek() != close) break;
      if (c == close) Take();
      text += c;
    }
    if (kind == TokenKind::kQuotedName) {
      if (text.empty()) {
        return SqlError{1038, 15, "An object or column name is missing or empty.", 4, line};
      }
      return Name(kind, std::move(text));
    }
    return Token{kind, std::move(text)};
  }

  SqlResult<Token> Name(TokenKind kind, std::string text) {
    if (Utf16Length(text) > kLongestName) {
      return SqlError{103, 15,
                      "The identifier that starts with '" + Utf16Prefix(text, 30) +
                          "' is too long. Maximum length is 128.",
                      4, line_};
    }
    return Token{kind, std::move(text)};
  }

  SqlResult<Token> Variable() {
    Take();
    const bool global = Peek() == '@';
    if (global) Take();
    std::string name = TakeWhile(ContinuesName);
    if (name.empty()) return Unexpected("@");
    return Name(global ? TokenKind::kGlobal : TokenKind::kVariable, (global ? "@@" : "@") + name);
  }

  SqlResult<Token> Number() {
    if (Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X')) {
      Take();
      Take();
      return Token{TokenKind::kBinary, TakeWhile([](char c) {
                     return std::isxdigit(static_cast<unsigned char>(c)) != 0;
                   })};
    }
    TokenKind kind = TokenKind::kInteger;
    std::string text = TakeWhile(IsDigit);
    if (Peek() == '.') {
      kind = TokenKind::kDecimal;
      text += Take();
      text += TakeWhile(IsDigit);
    }
    if (Peek() == 'e' || Peek() == 'E') {
      kind = TokenKind::kFloat;
      text += Take();
      if (Peek() == '+' || Peek() == '-') text += Take();
      text += TakeWhile(IsDigit);
    }
    return Token{kind, text};
  }

  SqlResult<Token> Symbol() {
    static constexpr std::array<std::string_view, 8> kLong{
        "<>", "<=", ">=", "!=", "!<", "!>", "+=", "-="};
    for (const std::string_view symbol : kLong) {
      if (!rest_.starts_with(symbol)) continue;
      Take();
      Take();
      return Token{TokenKind::kSymbol, std::string(symbol)};
    }
    static constexpr std::string_view kShort = "(),.;=<>+-*/%&|^~:";
    if (kShort.find(rest_.front()) == std::string_view::npos) {
      return Unexpected(std::string(1, rest_.front()));
    }
    return Token{TokenKind::kSymbol, std::string(1, Take())};
  }

  [[nodiscard]] SqlError Unexpected(const std::string& text) const {
    return {102, 15, "Incorrect syntax near '" + text + "'.", 1, line_};
  }

  std::string_view rest_;
  int line_ = 1;
  std::vector<Token> tokens_;
};

// From the documentation's list of reserved keywords, upper case and sorted.
constexpr std::array<std::string_view, 182> kReserved{"ADD",
                                                      "ALL",
                                                      "ALTER",
                                                      "AND",
                                                      "ANY",
                                                      "AS",
                                                      "ASC",
                                                      "AUTHORIZATION",
                                                      "BACKUP",
                                                      "BEGIN",
                                                      "BETWEEN",
                                                      "BREAK",
                                                      "BROWSE",
                                                      "BULK",
                                                      "BY",
                                                      "CASCADE",
                                                      "CASE",
                                                      "CHECK",
                                                      "CHECKPOINT",
                                                      "CLOSE",
                                                      "CLUSTERED",
                                                      "COALESCE",
                                                      "COLLATE",
                                                      "COLUMN",
                                                      "COMMIT",
                                                      "COMPUTE",
                                                      "CONSTRAINT",
                                                      "CONTAINS",
                                                      "CONTAINSTABLE",
                                                      "CONTINUE",
                                                      "CONVERT",
                                                      "CREATE",
                                                      "CROSS",
                                                      "CURRENT",
                                                      "CURRENT_DATE",
                                                      "CURRENT_TIME",
                                                      "CURRENT_TIMESTAMP",
                                                      "CURRENT_USER",
                                                      "CURSOR",
                                                      "DATABASE",
                                                      "DBCC",
                                                      "DEALLOCATE",
                                                      "DECLARE",
                                                      "DEFAULT",
                                                      "DELETE",
                                                      "DENY",
                                                      "DESC",
                                                      "DISK",
                                                      "DISTINCT",
                                                      "DISTRIBUTED",
                                                      "DOUBLE",
                                                      "DROP",
                                                      "DUMP",
                                                      "ELSE",
                                                      "END",
                                                      "ERRLVL",
                                                      "ESCAPE",
                                                      "EXCEPT",
                                                      "EXEC",
                                                      "EXECUTE",
                                                      "EXISTS",
                                                      "EXIT",
                                                      "EXTERNAL",
                                                      "FETCH",
                                                      "FILE",
                                                      "FILLFACTOR",
                                                      "FOR",
                                                      "FOREIGN",
                                                      "FREETEXT",
                                                      "FREETEXTTABLE",
                                                      "FROM",
                                                      "FULL",
                                                      "FUNCTION",
                                                      "GOTO",
                                                      "GRANT",
                                                      "GROUP",
                                                      "HAVING",
                                                      "HOLDLOCK",
                                                      "IDENTITY",
                                                      "IDENTITYCOL",
                                                      "IDENTITY_INSERT",
                                                      "IF",
                                                      "IN",
                                                      "INDEX",
                                                      "INNER",
                                                      "INSERT",
                                                      "INTERSECT",
                                                      "INTO",
                                                      "IS",
                                                      "JOIN",
                                                      "KEY",
                                                      "KILL",
                                                      "LEFT",
                                                      "LIKE",
                                                      "LINENO",
                                                      "LOAD",
                                                      "MERGE",
                                                      "NATIONAL",
                                                      "NOCHECK",
                                                      "NONCLUSTERED",
                                                      "NOT",
                                                      "NULL",
                                                      "NULLIF",
                                                      "OF",
                                                      "OFF",
                                                      "OFFSETS",
                                                      "ON",
                                                      "OPEN",
                                                      "OPENDATASOURCE",
                                                      "OPENQUERY",
                                                      "OPENROWSET",
                                                      "OPENXML",
                                                      "OPTION",
                                                      "OR",
                                                      "ORDER",
                                                      "OUTER",
                                                      "OVER",
                                                      "PERCENT",
                                                      "PIVOT",
                                                      "PLAN",
                                                      "PRECISION",
                                                      "PRIMARY",
                                                      "PRINT",
                                                      "PROC",
                                                      "PROCEDURE",
                                                      "PUBLIC",
                                                      "RAISERROR",
                                                      "READ",
                                                      "READTEXT",
                                                      "RECONFIGURE",
                                                      "REFERENCES",
                                                      "REPLICATION",
                                                      "RESTORE",
                                                      "RESTRICT",
                                                      "RETURN",
                                                      "REVERT",
                                                      "REVOKE",
                                                      "RIGHT",
                                                      "ROLLBACK",
                                                      "ROWCOUNT",
                                                      "ROWGUIDCOL",
                                                      "RULE",
                                                      "SAVE",
                                                      "SCHEMA",
                                                      "SECURITYAUDIT",
                                                      "SELECT",
                                                      "SEMANTICKEYPHRASETABLE",
                                                      "SESSION_USER",
                                                      "SET",
                                                      "SETUSER",
                                                      "SHUTDOWN",
                                                      "SOME",
                                                      "STATISTICS",
                                                      "SYSTEM_USER",
                                                      "TABLE",
                                                      "TABLESAMPLE",
                                                      "TEXTSIZE",
                                                      "THEN",
                                                      "TO",
                                                      "TOP",
                                                      "TRAN",
                                                      "TRANSACTION",
                                                      "TRIGGER",
                                                      "TRUNCATE",
                                                      "TRY_CONVERT",
                                                      "TSEQUAL",
                                                      "UNION",
                                                      "UNIQUE",
                                                      "UNPIVOT",
                                                      "UPDATE",
                                                      "UPDATETEXT",
                                                      "USE",
                                                      "USER",
                                                      "VALUES",
                                                      "VARYING",
                                                      "VIEW",
                                                      "WAITFOR",
                                                      "WHEN",
                                                      "WHERE",
                                                      "WHILE",
                                                      "WITH",
                                                      "WRITETEXT"};

}  // namespace

SqlResult<std::vector<Token>> Tokenize(std::string_view sql) { return Lexer(sql).Run(); }

bool IsReserved(std::string_view word) {
  static_assert(std::is_sorted(kReserved.begin(), kReserved.end()));
  return std::binary_search(kReserved.begin(), kReserved.end(), std::string_view(ToUpper(word)));
}

}  // namespace dbstow::doubles::sqlserver
