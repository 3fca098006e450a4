#include "doubles/sqlserver/exec/like.h"

#include <cctype>

namespace dbstow::doubles::sqlserver {
namespace {

char Fold(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// Whether `c` is in the class at the front of `pattern`, which is removed.
bool InClass(char c, std::string_view& pattern) {
  std::size_t at = 1;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  const std::size_t first = at;
  while (at < pattern.size() && (pattern[at] != ']' || at == first)) {
    if (at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']') {
      found = found || (Fold(c) >= Fold(pattern[at]) && Fold(c) <= Fold(pattern[at + 2]));
      at += 3;
    } else {
      found = found || Fold(c) == Fold(pattern[at]);
      ++at;
    }
  }
  pattern.remove_prefix(at < pattern.size() ? at + 1 : pattern.size());
  return found != negated;
}

// Bytes that continue a UTF-8 character belong to it.
void TakeCharacter(std::string_view& text) {
  text.remove_prefix(1);
  while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0) == 0x80) {
    text.remove_prefix(1);
  }
}

}  // namespace

// Backtracks to the last % only, which is enough for LIKE and keeps it quadratic at worst.
bool Like(std::string_view text, std::string_view pattern, std::string_view escape) {
  std::string_view star_pattern;
  std::string_view star_text;
  bool starred = false;
  while (true) {
    std::string_view next = pattern;
    if (!next.empty() && next.front() == '%' && (escape.empty() || escape.front() != '%')) {
      pattern.remove_prefix(1);
      star_pattern = pattern;
      star_text = text;
      starred = true;
      continue;
    }
    if (text.empty() && pattern.empty()) return true;
    bool matches = false;
    if (!text.empty() && !next.empty()) {
      if (!escape.empty() && next.front() == escape.front() && next.size() > 1) {
        next.remove_prefix(1);
        matches = Fold(next.front()) == Fold(text.front());
        next.remove_prefix(1);
      } else if (next.front() == '_') {
        matches = true;
        next.remove_prefix(1);
      } else if (next.front() == '[') {
        matches = InClass(text.front(), next);
      } else {
        matches = Fold(next.front()) == Fold(text.front());
        next.remove_prefix(1);
      }
    }
    if (matches) {
      const bool any = pattern.front() == '_';
      pattern = next;
      if (any) {
        TakeCharacter(text);
      } else {
        text.remove_prefix(1);
      }
      continue;
    }
    if (!starred || star_text.empty()) return false;
    star_text.remove_prefix(1);
    text = star_text;
    pattern = star_pattern;
  }
}

}  // namespace dbstow::doubles::sqlserver
