#pragma once

#include <chrono>
#include <string_view>

#include "dbstow/core/result.h"

namespace dbstow::app {

/// Reads `90s`, `15m`, `2h`, `7d`, `4w`, and sums of them (`1h30m`); positive, at most 100 years.
/// Errors: InvalidOptions.
[[nodiscard]] Result<std::chrono::milliseconds> ParseDuration(std::string_view text);

}  // namespace dbstow::app
