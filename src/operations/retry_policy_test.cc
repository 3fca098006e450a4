#include "dbstow/operations/retry_policy.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "support/fakes.h"

namespace dbstow {
namespace {

using std::chrono::milliseconds;

TEST(RetryPolicy, TheBoundDoublesUntilTheLimit) {
  const RetryPolicy policy{.first_delay = milliseconds(100), .max_delay = milliseconds(350)};
  EXPECT_EQ(policy.DelayBound(1), milliseconds(100));
  EXPECT_EQ(policy.DelayBound(2), milliseconds(200));
  EXPECT_EQ(policy.DelayBound(3), milliseconds(350));
  EXPECT_EQ(policy.DelayBound(1000000000), milliseconds(350));
}

TEST(RetryPolicy, ALimitBelowTheFirstDelayWins) {
  const RetryPolicy policy{.first_delay = milliseconds(100), .max_delay = milliseconds(10)};
  EXPECT_EQ(policy.DelayBound(1), milliseconds(10));
}

RC_GTEST_PROP(RetryPolicyProperty, DelaysStayInBoundsThatNeverShrink, ()) {
  const RetryPolicy policy{
      .first_delay = milliseconds(*rc::gen::inRange<long>(0, 100000)),
      .max_delay = milliseconds(*rc::gen::inRange<long>(0, std::numeric_limits<long>::max()))};
  test::FakeRandom random(*rc::gen::arbitrary<std::uint64_t>());
  const int attempt = *rc::gen::inRange(1, 200);
  const milliseconds bound = policy.DelayBound(attempt);
  const milliseconds delay = policy.Delay(attempt, random);
  RC_ASSERT(delay >= milliseconds(0));
  RC_ASSERT(delay <= bound);
  RC_ASSERT(bound <= policy.max_delay);
  RC_ASSERT(policy.DelayBound(attempt + 1) >= bound);
}

TEST(RetryPolicy, JitterIsFull) {
  const RetryPolicy policy{.first_delay = milliseconds(1000)};
  test::FakeRandom random;
  std::vector<milliseconds> delays;
  for (int i = 0; i < 1000; ++i) delays.push_back(policy.Delay(1, random));
  const auto [least, most] = std::ranges::minmax(delays);
  EXPECT_LT(least, milliseconds(50));
  EXPECT_GT(most, milliseconds(950));
}

}  // namespace
}  // namespace dbstow
