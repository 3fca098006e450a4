#include "engines/postgres/pg_canonical_sql.h"

#include <algorithm>
#include <array>

namespace dbstow::postgres {
namespace {

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

/// Walks over the text once.
class Scanner {
 public:
  explicit Scanner(std::string_view sql) : rest_(sql) {}

  std::string Run() {
    std::string out;
    while (!rest_.empty()) {
      if (rest_.starts_with("::")) {
        rest_.remove_prefix(2);
        SkipType();
        continue;
      }
      const std::string_view token = Next();
      if (Says(token)) out += (out.empty() ? "" : " ") + std::string(token);
    }
    return out;
  }

 private:
  static bool Says(std::string_view token) {
    return token.find_first_not_of(" \t\r\n()[]") != std::string_view::npos;
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
