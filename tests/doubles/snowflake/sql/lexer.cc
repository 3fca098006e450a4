#include "doubles/snowflake/sql/lexer.h"

#include <array>
#include <cctype>

#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

bool IsDigit(char letter) { return std::isdigit(static_cast<unsigned char>(letter)) != 0; }
bool IsSpace(char letter) { return std::isspace(static_cast<unsigned char>(letter)) != 0; }
bool IsWordStart(char letter) {
  return std::isalpha(static_cast<unsigned char>(letter)) != 0 || letter == '_';
}
bool IsWordPart(char letter) { return IsWordStart(letter) || IsDigit(letter) || letter == '$'; }

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  Result<std::vector<Token>> Run() {
    std::vector<Token> tokens;
    while (true) {
      DBSTOW_TRY(SkipBlanks());
      token_ = Token{TokenKind::kEnd, "", sql_.substr(at_, 0), line_,
                     static_cast<int>(at_ - line_start_)};
      start_ = at_;
      if (at_ >= sql_.size()) break;
      DBSTOW_TRY(Next());
      token_.source = sql_.substr(start_, at_ - start_);
      tokens.push_back(token_);
    }
    tokens.push_back(token_);
    return tokens;
  }

 private:
  [[nodiscard]] char Peek(size_t ahead = 0) const {
    return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
  }
  void Advance() {
    if (sql_[at_] == '\n') {
      ++line_;
      line_start_ = at_ + 1;
    }
    ++at_;
  }
  [[nodiscard]] Error Unexpected(std::string_view what) const {
    return CompilationError(codes::kSyntax, "syntax error line " + std::to_string(token_.line) +
                                                " at position " + std::to_string(token_.column) +
                                                " unexpected '" + std::string(what) + "'.");
  }

  Result<void> SkipBlanks() {
    while (at_ < sql_.size()) {
      if (IsSpace(Peek())) {
        Advance();
      } else if ((Peek() == '-' && Peek(1) == '-') || (Peek() == '/' && Peek(1) == '/')) {
        while (at_ < sql_.size() && Peek() != '\n') Advance();
      } else if (Peek() == '/' && Peek(1) == '*') {
        const size_t end = sql_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return Unexpected("/*");
        while (at_ < end + 2) Advance();
      } else {
        break;
      }
    }
    return {};
  }

  Result<void> Next() {
    const char letter = Peek();
    if (letter == '\'') return Text();
    if (letter == '"') return Quoted();
    if (letter == '@') return Stage();
    if (letter == '$') return Dollar();
    if (letter == '?') return One(TokenKind::kBind, "");
    if (IsDigit(letter) || (letter == '.' && IsDigit(Peek(1)))) return Number();
    if (letter == ':' && IsDigit(Peek(1))) return NumberedBind();
    if (IsWordStart(letter)) return Word();
    return Symbol();
  }

  Result<void> One(TokenKind kind, std::string text) {
    token_.kind = kind;
    token_.text = std::move(text);
    Advance();
    return {};
  }

  Result<void> Text() {
    token_.kind = TokenKind::kString;
    Advance();
    while (at_ < sql_.size()) {
      const char letter = Peek();
      Advance();
      if (letter == '\'') {
        if (Peek() != '\'') return {};
        Advance();
        token_.text += '\'';
      } else if (letter == '\\' && at_ < sql_.size()) {
        DBSTOW_TRY(Escape());
      } else {
        token_.text += letter;
      }
    }
    return Unexpected("'");
  }

  Result<void> Escape() {
    const char letter = Peek();
    Advance();
    switch (letter) {
      case 'n': token_.text += '\n'; break;
      case 't': token_.text += '\t'; break;
      case 'r': token_.text += '\r'; break;
      case 'b': token_.text += '\b'; break;
      case 'f': token_.text += '\f'; break;
      case '0': token_.text += '\0'; break;
      default: token_.text += letter; break;
    }
    return {};
  }

  Result<void> Quoted() {
    token_.kind = TokenKind::kQuoted;
    Advance();
    while (at_ < sql_.size()) {
      const char letter = Peek();
      Advance();
      if (letter == '"') {
        if (Peek() != '"')
          return token_.text.empty() ? Result<void>(Unexpected("\"\"")) : Result<void>();
        Advance();
      }
      token_.text += letter;
    }
    return Unexpected("\"");
  }

  // A stage name may hold quoted parts; its path ends at a blank, a comma, a parenthesis or `;`.
  Result<void> Stage() {
    token_.kind = TokenKind::kStage;
    Advance();
    bool quoted = false;
    while (at_ < sql_.size()) {
      const char letter = Peek();
      if (letter == '"') quoted = !quoted;
      if (!quoted &&
          (IsSpace(letter) || letter == ',' || letter == '(' || letter == ')' || letter == ';')) {
        break;
      }
      token_.text += letter;
      Advance();
    }
    if (quoted || token_.text.empty()) return Unexpected("@");
    return {};
  }

  Result<void> Dollar() {
    if (Peek(1) == '$') {
      const size_t end = sql_.find("$$", at_ + 2);
      if (end == std::string_view::npos) return Unexpected("$$");
      token_.kind = TokenKind::kString;
      token_.text = std::string(sql_.substr(at_ + 2, end - at_ - 2));
      while (at_ < end + 2) Advance();
      return {};
    }
    if (!IsDigit(Peek(1))) return Unexpected("$");
    Advance();
    token_.kind = TokenKind::kPosition;
    while (IsDigit(Peek())) {
      token_.text += Peek();
      Advance();
    }
    return {};
  }

  Result<void> NumberedBind() {
    token_.kind = TokenKind::kBind;
    Advance();
    while (IsDigit(Peek())) {
      token_.text += Peek();
      Advance();
    }
    return {};
  }

  Result<void> Number() {
    token_.kind = TokenKind::kNumber;
    const auto digits = [&] {
      while (IsDigit(Peek())) Advance();
    };
    digits();
    if (Peek() == '.') {
      Advance();
      digits();
    }
    if ((Peek() == 'e' || Peek() == 'E') &&
        (IsDigit(Peek(1)) || ((Peek(1) == '-' || Peek(1) == '+') && IsDigit(Peek(2))))) {
      Advance();
      Advance();
      digits();
    }
    token_.text = std::string(sql_.substr(start_, at_ - start_));
    if (IsWordStart(Peek())) return Unexpected(token_.text + Peek());
    return {};
  }

  Result<void> Word() {
    token_.kind = TokenKind::kWord;
    while (IsWordPart(Peek())) {
      token_.text += static_cast<char>(std::toupper(static_cast<unsigned char>(Peek())));
      Advance();
    }
    if (token_.text == "FILE" && sql_.substr(at_, 3) == "://") {
      token_.kind = TokenKind::kFile;
      while (at_ < sql_.size() && !IsSpace(Peek()) && Peek() != ';') Advance();
      token_.text = std::string(sql_.substr(start_, at_ - start_));
    }
    return {};
  }

  Result<void> Symbol() {
    static constexpr std::array<std::string_view, 8> kPairs = {"=>", "::", "||", "<>",
                                                               "!=", "<=", ">=", "->"};
    token_.kind = TokenKind::kSymbol;
    for (const std::string_view pair : kPairs) {
      if (sql_.substr(at_, 2) == pair) {
        token_.text = std::string(pair);
        Advance();
        Advance();
        return {};
      }
    }
    if (std::string_view("()+-*/%,.;:=<>[]{}").find(Peek()) == std::string_view::npos) {
      return Unexpected(sql_.substr(at_, 1));
    }
    return One(TokenKind::kSymbol, std::string(1, Peek()));
  }

  std::string_view sql_;
  size_t at_ = 0;
  size_t start_ = 0;
  size_t line_start_ = 0;
  int line_ = 1;
  Token token_;
};

}  // namespace

Result<std::vector<Token>> Tokenize(std::string_view sql) { return Lexer(sql).Run(); }

}  // namespace dbstow::doubles::snowflake
