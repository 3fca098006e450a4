#pragma once

#include <string_view>

namespace dbstow::doubles::mongodb {

/// The nearest long double of a Decimal128 (16 bytes, BID encoding): enough to compare and count,
/// not to calculate with.
[[nodiscard]] long double DecimalToLongDouble(std::string_view bytes);

}  // namespace dbstow::doubles::mongodb
