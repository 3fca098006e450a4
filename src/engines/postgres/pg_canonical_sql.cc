#include "engines/postgres/pg_canonical_sql.h"

#include <algorithm>
#include <array>

namespace dbstow::postgres {
namespace {

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

/// Tokens joined by blanks, and of how many operands and operators they are: `a.b`, `f(x, y)`,
/// `x[1]` and what stands in brackets are one each.
class Phrase {
 public:
  enum class Kind { kOperand, kDot, kOther };

  void Add(std::string_view token, Kind kind) {
    if (!text_.empty() && !token.empty()) text_ += ' ';
    text_ += token;
    const bool continues = kind != Kind::kOther && last_ != Kind::kOther && is_adjacent_;
    if (!continues) ++parts_;
    last_ = kind;
    is_adjacent_ = true;
  }
  void AddBlank() { is_adjacent_ = false; }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] int parts() const { return parts_; }

 private:
  std::string text_;
  int parts_ = 0;
  Kind last_ = Kind::kOther;
  bool is_adjacent_ = false;
};

/// Walks over the text once.
class Scanner {
 public:
  explicit Scanner(std::string_view sql) : rest_(sql) {}

  std::string Run() {
    Phrase phrase;
    while (!rest_.empty()) {
      ReadUntil(")]", phrase);
      // One that nothing opened.
      if (!rest_.empty()) phrase.Add(Take(1), Phrase::Kind::kOther);
    }
    return phrase.text();
  }

 private:
  void ReadUntil(std::string_view ends, Phrase& phrase) {
    while (!rest_.empty() && ends.find(rest_[0]) == std::string_view::npos) {
      if (rest_.starts_with("::")) {
        Take(2);
        SkipType();
      } else if (rest_[0] == '(') {
        ReadBrackets(phrase);
      } else if (rest_[0] == '[') {
        phrase.Add("[ " + Inside(']').text() + " ]", Phrase::Kind::kOperand);
      } else {
        ReadToken(phrase);
      }
    }
  }

  Phrase Inside(char end) {
    Take(1);
    Phrase inner;
    ReadUntil(std::string_view(&end, 1), inner);
    Take(1);
    return inner;
  }

  // Those around one operand are there or not as a cast had them.
  void ReadBrackets(Phrase& phrase) {
    const Phrase inner = Inside(')');
    phrase.Add(inner.parts() > 1 ? "( " + inner.text() + " )" : inner.text(),
               Phrase::Kind::kOperand);
  }

  void ReadToken(Phrase& phrase) {
    using enum Phrase::Kind;
    const bool is_operand = IsWordByte(rest_[0]) || rest_[0] == '"' || rest_[0] == '\'';
    const std::string_view token = Next();
    if (token.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      phrase.AddBlank();
    } else {
      phrase.Add(token, is_operand ? kOperand : token == "." ? kDot : kOther);
    }
  }

  std::string_view Take(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view Word() {
    const auto end = std::ranges::find_if_not(rest_, IsWordByte);
    return Take(static_cast<std::size_t>(end - rest_.begin()));
  }
  // To the closing quote; a doubled one is the quote itself.
  std::string_view Quoted(char quote) {
    std::size_t at = 1;
    while (at < rest_.size()) {
      if (rest_[at] != quote) {
        ++at;
      } else if (at + 1 < rest_.size() && rest_[at + 1] == quote) {
        at += 2;
      } else {
        break;
      }
    }
    return Take(at + 1);
  }
  std::string_view Next() {
    if (rest_[0] == '\'' || rest_[0] == '"') return Quoted(rest_[0]);
    if (IsWordByte(rest_[0])) return Word();
    return Take(1);
  }

  void SkipType() {
    for (;;) {
      if (rest_.starts_with('"')) {
        Quoted('"');
      } else {
        Word();
      }
      if (!rest_.starts_with('.')) break;
      Take(1);
    }
    SkipModifier();
    while (SkipContinuation()) SkipModifier();
    while (rest_.starts_with("[]")) Take(2);
  }
  void SkipModifier() {
    if (!rest_.starts_with('(')) return;
    const std::size_t end = rest_.find_first_not_of("0123456789,-", 1);
    if (end != std::string_view::npos && rest_[end] == ')') Take(end + 1);
  }
  // The types of several words.
  bool SkipContinuation() {
    static constexpr std::array<std::string_view, 11> kMore = {" varying",
                                                               " precision",
                                                               " with time zone",
                                                               " without time zone",
                                                               " year",
                                                               " month",
                                                               " day",
                                                               " hour",
                                                               " minute",
                                                               " second",
                                                               " to"};
    for (const std::string_view more : kMore) {
      if (!rest_.starts_with(more)) continue;
      if (rest_.size() > more.size() && IsWordByte(rest_[more.size()])) continue;
      Take(more.size());
      return true;
    }
    return false;
  }

  std::string_view rest_;
};

}  // namespace

std::string CanonicalSql(std::string_view sql) { return Scanner(sql).Run(); }

}  // namespace dbstow::postgres
