#include "dbstow/operations/retry_policy.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace dbstow {

std::chrono::milliseconds RetryPolicy::DelayBound(int attempt) const {
  std::chrono::milliseconds bound = std::min(first_delay, max_delay);
  for (int i = 1; i < attempt && bound < max_delay; ++i) {
    // Comparing with the half keeps the doubling from overflowing.
    bound = bound > max_delay / 2 ? max_delay : bound * 2;
  }
  return std::max(bound, std::chrono::milliseconds(0));
}

std::chrono::milliseconds RetryPolicy::Delay(int attempt, Random& random) const {
  std::array<std::byte, sizeof(std::uint64_t)> bytes{};
  random.Fill(bytes);
  std::uint64_t drawn = 0;
  std::memcpy(&drawn, bytes.data(), sizeof drawn);
  const auto choices = static_cast<std::uint64_t>(DelayBound(attempt).count()) + 1;
  return std::chrono::milliseconds(drawn % choices);
}

}  // namespace dbstow
