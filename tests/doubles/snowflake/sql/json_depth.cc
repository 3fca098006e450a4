#include "doubles/snowflake/sql/json_depth.h"

#include <cstddef>

namespace dbstow::doubles::snowflake {
namespace {

constexpr int kMostDepth = 500;

}  // namespace

bool IsShallowJson(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    if (quoted) {
      if (letter == '\\') ++at;
      if (letter == '"') quoted = false;
      continue;
    }
    if (letter == '"') quoted = true;
    if (letter == '[' || letter == '{') ++depth;
    if (letter == ']' || letter == '}') --depth;
    if (depth > kMostDepth) return false;
  }
  return true;
}

}  // namespace dbstow::doubles::snowflake
