#include "app/duration_text.h"

#include <charconv>

namespace dbstow::app {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  milliseconds length;
};

constexpr Unit kUnits[] = {
    {"ms", milliseconds(1)},      {"s", std::chrono::seconds(1)}, {"m", std::chrono::minutes(1)},
    {"h", std::chrono::hours(1)}, {"d", std::chrono::days(1)},    {"w", std::chrono::weeks(1)},
};
constexpr milliseconds kLongest = std::chrono::days(36525);

const Unit* FindUnit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

}  // namespace

Result<milliseconds> ParseDuration(std::string_view text) {
  const Error wrong =
      Error(ErrorCode::kInvalidOptions, "'" + std::string(text) + "' is not a duration")
          .WithHint("write for example 90s, 15m, 2h, 7d or 1h30m");
  milliseconds total{0};
  while (!text.empty()) {
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc()) return wrong;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::size_t length = std::min(text.find_first_of("0123456789"), text.size());
    const Unit* unit = FindUnit(text.substr(0, length));
    if (unit == nullptr || count > kLongest / unit->length) return wrong;
    text.remove_prefix(length);
    total += count * unit->length;
  }
  if (total <= milliseconds(0) || total > kLongest) return wrong;
  return total;
}

}  // namespace dbstow::app
