#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dbstow::doubles::sqlserver {

/// Up to 38 digits, exactly: what LSNs and sizes need. `unscaled` × 10^-`scale`.
struct Decimal {
  __extension__ using Int128 = __int128;

  Int128 unscaled = 0;
  int scale = 0;

  /// "-12.50". Nothing when it is not a number or has more than 38 digits.
  [[nodiscard]] static std::optional<Decimal> Parse(std::string_view text);
  /// The stored form, whose text order is the numeric order among values of one scale.
  [[nodiscard]] static Decimal FromSortable(std::string_view text, int scale);
  [[nodiscard]] std::string ToSortable() const;
  [[nodiscard]] std::string ToString() const;
  /// With another scale, rounded half away from zero. Nothing when it exceeds `precision` digits.
  [[nodiscard]] std::optional<Decimal> Rescaled(int precision, int new_scale) const;
};

}  // namespace dbstow::doubles::sqlserver
