#pragma once

#include <memory>

#include "dbstow/core/clock.h"

namespace dbstow::io {

/// The kernel's random number generator. Aborts when there is none: keys and nonces are made of it.
[[nodiscard]] std::unique_ptr<Random> CreateSystemRandom();

}  // namespace dbstow::io
