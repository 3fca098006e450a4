#include "doubles/mongodb/bson/decimal.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

long double DecimalToLongDouble(std::string_view bytes) {
  constexpr int kExponentBias = 6176;
  const auto low = LoadLittle<std::uint64_t>(bytes.data());
  const auto high = LoadLittle<std::uint64_t>(bytes.data() + 8);
  const long double sign = (high >> 63) != 0 ? -1.0L : 1.0L;
  const unsigned combination = static_cast<unsigned>(high >> 58) & 0x1F;
  if (combination == 0x1F) return std::numeric_limits<long double>::quiet_NaN();
  if (combination == 0x1E) return sign * std::numeric_limits<long double>::infinity();
  // The form with an implied leading 100 exceeds 34 digits and therefore means zero.
  if ((combination >> 3) == 3) return sign * 0.0L;
  const int exponent = static_cast<int>((high >> 49) & 0x3FFF) - kExponentBias;
  const auto upper = static_cast<long double>(high & 0x1FFFFFFFFFFFFULL);
  const long double coefficient = upper * 18446744073709551616.0L + static_cast<long double>(low);
  if (coefficient == 0) return sign * 0.0L;
  // Dividing by a power of ten keeps 0.1 nearer to the double 0.1 than multiplying by its inverse.
  return exponent < 0 ? sign * (coefficient / powl(10.0L, static_cast<long double>(-exponent)))
                      : sign * (coefficient * powl(10.0L, static_cast<long double>(exponent)));
}

}  // namespace dbstow::doubles::mongodb
