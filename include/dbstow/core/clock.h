#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

#include "dbstow/core/bytes.h"
#include "dbstow/core/options.h"

namespace dbstow {

using Monotonic = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// Time as the product sees it. Safety never depends on it; schedules, deadlines and names do.
/// Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint Now() = 0;
  [[nodiscard]] virtual Monotonic MonotonicNow() = 0;
  /// Returns early when `stop` is requested.
  virtual void Sleep(Duration duration, std::stop_token stop) = 0;
};

/// Unpredictable bytes: keys, nonces, ids, jitter. Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(MutableByteView out) = 0;
};

/// A point in monotonic time after which blocking calls give up; `Never()` by default.
class Deadline {
 public:
  Deadline() = default;
  explicit Deadline(Monotonic at) : at_(at) {}
  [[nodiscard]] static Deadline Never() { return {}; }
  /// `Never()` for a duration that is longer than the clock can count.
  template <class Rep, class Period>
  [[nodiscard]] static Deadline After(Clock& clock, std::chrono::duration<Rep, Period> duration) {
    using Unit = std::chrono::duration<Rep, Period>;
    const Monotonic now = clock.MonotonicNow();
    if (duration <= Unit::zero()) return Deadline(now);
    if (duration >= std::chrono::floor<Unit>(Monotonic::max() - now)) return Never();
    return Deadline(now + duration);
  }
  [[nodiscard]] std::optional<Monotonic> at() const { return at_; }
  [[nodiscard]] bool Passed(Clock& clock) const { return at_ && clock.MonotonicNow() >= *at_; }

 private:
  std::optional<Monotonic> at_;
};

}  // namespace dbstow
