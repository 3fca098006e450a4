#include "doubles/mongodb/server/version.h"

#include <charconv>

namespace dbstow::doubles::mongodb {

std::array<int, 3> VersionNumbers(std::string_view version) {
  std::array<int, 3> numbers{};
  for (int& number : numbers) {
    const auto parsed = std::from_chars(version.data(), version.data() + version.size(), number);
    version.remove_prefix(static_cast<std::size_t>(parsed.ptr - version.data()));
    if (!version.empty()) version.remove_prefix(1);
  }
  return numbers;
}

WireRange WireRangeOf(std::string_view version) {
  if (AtLeast(version, {8, 2, 0})) return {0, 27};
  if (AtLeast(version, {8, 0, 0})) return {0, 25};
  if (AtLeast(version, {7, 0, 0})) return {0, 21};
  if (AtLeast(version, {6, 0, 0})) return {0, 17};
  if (AtLeast(version, {5, 0, 0})) return {0, 13};
  return {0, 9};
}

bool AtLeast(std::string_view version, std::array<int, 3> wanted) {
  return VersionNumbers(version) >= wanted;
}

}  // namespace dbstow::doubles::mongodb
