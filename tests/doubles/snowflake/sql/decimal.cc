#include <algorithm>
#include <cmath>

#include "doubles/snowflake/sql/sql_error.h"
#include "doubles/snowflake/sql/value.h"

namespace dbstow::doubles::snowflake {
namespace {

constexpr int kMaxDigits = 38;

Error OutOfRange(std::string_view text) {
  return SqlError(codes::kNumberRange, "Numeric value '" + std::string(text) + "' is out of range");
}

Error NotANumber(std::string_view text) {
  return SqlError(codes::kNumber, "Numeric value '" + std::string(text) + "' is not recognized");
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::string ToText(const Decimal& number) {
  Int128 units = number.units < 0 ? -number.units : number.units;
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(units % 10));
    units /= 10;
  } while (units != 0);
  while (static_cast<int>(digits.size()) <= number.scale) digits += '0';
  std::reverse(digits.begin(), digits.end());
  if (number.scale > 0) digits.insert(digits.size() - static_cast<size_t>(number.scale), ".");
  return (number.units < 0 ? "-" : "") + digits;
}

Result<Decimal> ParseDecimal(std::string_view raw) {
  const std::string_view text = Trim(raw);
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  Decimal number;
  int digits = 0;
  int seen = 0;
  bool point = false;
  size_t at = 0;
  for (; at < rest.size() &&
         (std::isdigit(static_cast<unsigned char>(rest[at])) != 0 || (rest[at] == '.' && !point));
       ++at) {
    if (rest[at] == '.') {
      point = true;
      continue;
    }
    ++seen;
    if (digits > 0 || rest[at] != '0') ++digits;
    if (digits > kMaxDigits || number.scale >= kMaxDigits) return OutOfRange(text);
    number.units = number.units * 10 + (rest[at] - '0');
    if (point) ++number.scale;
  }
  if (seen == 0) return NotANumber(text);
  if (negative) number.units = -number.units;
  if (at == rest.size()) return number;
  // An exponent: only sizes that fit 38 digits are numbers here.
  if (rest[at] != 'e' && rest[at] != 'E') return NotANumber(text);
  const std::string exponent_text(rest.substr(at + 1));
  char* end = nullptr;
  const long exponent = std::strtol(exponent_text.c_str(), &end, 10);
  if (exponent_text.empty() || *end != '\0' || exponent_text.front() == ' ')
    return NotANumber(text);
  if (exponent > kMaxDigits || exponent < -kMaxDigits) return OutOfRange(text);
  const int scale = number.scale - static_cast<int>(exponent);
  if (scale >= 0) {
    number.scale = scale;
    if (scale > kMaxDigits) return OutOfRange(text);
    return number;
  }
  number.scale = 0;
  DBSTOW_ASSIGN(Decimal shifted, Rescale(number, -scale));
  shifted.scale = 0;
  return shifted;
}

Result<Decimal> Rescale(Decimal number, int scale) {
  while (number.scale < scale) {
    if (__builtin_mul_overflow(number.units, Int128{10}, &number.units)) {
      return OutOfRange("with scale " + std::to_string(scale));
    }
    ++number.scale;
  }
  if (number.scale == scale) return number;
  Int128 divisor = 1;
  for (int step = number.scale; step > scale; --step) divisor *= 10;
  const Int128 half = divisor / 2;
  const Int128 rest = number.units % divisor;
  number.units /= divisor;
  if (rest >= half) ++number.units;
  if (rest <= -half) --number.units;
  number.scale = scale;
  return number;
}

double ToDouble(const Decimal& number) { return std::strtod(ToText(number).c_str(), nullptr); }

}  // namespace dbstow::doubles::snowflake
