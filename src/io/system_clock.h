#pragma once

#include <memory>

#include "dbstow/core/clock.h"

namespace dbstow::io {

/// The machine's clock. Sleeping ends within milliseconds of a stop request.
[[nodiscard]] std::unique_ptr<Clock> CreateSystemClock();

}  // namespace dbstow::io
