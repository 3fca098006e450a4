#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace dbstow::doubles::mongodb {

struct WireRange {
  std::int32_t min = 0;
  std::int32_t max = 0;
};

/// "7.0.16" → {7, 0, 16}; what is no number counts as 0.
[[nodiscard]] std::array<int, 3> VersionNumbers(std::string_view version);
/// The protocol versions that a server of that version announces.
[[nodiscard]] WireRange WireRangeOf(std::string_view version);
/// Whether a server of `version` is at least `major.minor.patch`.
[[nodiscard]] bool AtLeast(std::string_view version, std::array<int, 3> wanted);

}  // namespace dbstow::doubles::mongodb
