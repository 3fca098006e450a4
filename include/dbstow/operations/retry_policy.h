#pragma once

#include <chrono>

#include "dbstow/core/clock.h"

namespace dbstow {

/// When and how often a transient failure is tried again: exponential backoff with full jitter, so
/// that many clients of one recovering server do not come back at the same moment.
struct RetryPolicy {
  int max_attempts = 4;  ///< including the first; 1 or less: never again
  std::chrono::milliseconds first_delay{500};
  std::chrono::milliseconds max_delay{std::chrono::seconds(30)};
  /// No new attempt starts once this long has passed since the first one did.
  std::chrono::milliseconds max_elapsed{std::chrono::minutes(10)};

  /// The longest wait after the failed attempt number `attempt` (1, 2, …):
  /// min(max_delay, first_delay * 2^(attempt - 1)); never overflows.
  [[nodiscard]] std::chrono::milliseconds DelayBound(int attempt) const;
  /// The wait itself: uniform in [0, DelayBound(attempt)].
  [[nodiscard]] std::chrono::milliseconds Delay(int attempt, Random& random) const;
};

}  // namespace dbstow
