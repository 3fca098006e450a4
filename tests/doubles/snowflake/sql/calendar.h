#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "doubles/snowflake/sql/value.h"

namespace dbstow::doubles::snowflake {

/// Towards minus infinity.
[[nodiscard]] int64_t FloorDivide(int64_t dividend, int64_t divisor);
/// "2026-11-26" of days since 1970.
[[nodiscard]] std::string DateText(int64_t days);
/// "2026-11-26 12:00:00.000", with " +0000" when the kind has an offset.
[[nodiscard]] std::string MomentText(const Moment& moment);
/// The text inside a JSON string with its quotes.
[[nodiscard]] std::string JsonUnquote(std::string_view quoted);

}  // namespace dbstow::doubles::snowflake
