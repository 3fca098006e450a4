#include "doubles/sqlserver/value/decimal.h"

#include <algorithm>

namespace dbstow::doubles::sqlserver {
namespace {

constexpr int kDigits = 38;

Decimal::Int128 PowerOfTen(int exponent) {
  Decimal::Int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

std::string Digits(Decimal::Int128 number) {
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(number % 10));
    number /= 10;
  } while (number > 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<Decimal> Decimal::Parse(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  Decimal decimal;
  int digits = 0;
  int significant = 0;
  bool fraction = false;
  for (const char c : text) {
    if (c == '.' && !fraction) {
      fraction = true;
    } else if (IsDigit(c)) {
      ++digits;
      if (significant > 0 || c != '0') ++significant;
      if (significant > kDigits || decimal.scale >= kDigits) return std::nullopt;
      decimal.unscaled = decimal.unscaled * 10 + (c - '0');
      if (fraction) ++decimal.scale;
    } else {
      return std::nullopt;
    }
  }
  if (digits == 0) return std::nullopt;
  if (negative) decimal.unscaled = -decimal.unscaled;
  return decimal;
}

// "P" and the digits, or "N" and their nines' complement.
std::string Decimal::ToSortable() const {
  const bool negative = unscaled < 0;
  std::string digits = Digits(negative ? -unscaled : unscaled);
  digits.insert(0, kDigits - std::min<std::size_t>(kDigits, digits.size()), '0');
  if (negative) {
    for (char& digit : digits) digit = static_cast<char>('0' + ('9' - digit));
  }
  return (negative ? "N" : "P") + digits;
}

Decimal Decimal::FromSortable(std::string_view text, int scale) {
  Decimal decimal{0, scale};
  const bool negative = text.starts_with('N');
  for (const char c : text.substr(text.empty() ? 0 : 1)) {
    const int digit = negative ? '9' - c : c - '0';
    decimal.unscaled = decimal.unscaled * 10 + digit;
  }
  if (negative) decimal.unscaled = -decimal.unscaled;
  return decimal;
}

std::string Decimal::ToString() const {
  const bool negative = unscaled < 0;
  std::string text = Digits(negative ? -unscaled : unscaled);
  if (scale > 0) {
    const auto places = static_cast<std::size_t>(scale);
    if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
    text.insert(text.size() - places, ".");
  }
  return negative ? "-" + text : text;
}

std::optional<Decimal> Decimal::Rescaled(int precision, int new_scale) const {
  Decimal result{unscaled, new_scale};
  if (new_scale < scale) {
    const Int128 factor = PowerOfTen(scale - new_scale);
    const Int128 half = unscaled < 0 ? -factor / 2 : factor / 2;
    result.unscaled = (unscaled + half) / factor;
  } else if (new_scale > scale) {
    const Int128 factor = PowerOfTen(new_scale - scale);
    const Int128 most = PowerOfTen(kDigits) / factor;
    if (unscaled >= most || unscaled <= -most) return std::nullopt;
    result.unscaled = unscaled * factor;
  }
  const Int128 limit = PowerOfTen(precision);
  if (result.unscaled >= limit || result.unscaled <= -limit) return std::nullopt;
  return result;
}

}  // namespace dbstow::doubles::sqlserver
