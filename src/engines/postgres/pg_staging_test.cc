#include "engines/postgres/pg_staging.h"

#include <gtest/gtest.h>

#include <stop_token>

#include "support/fakes.h"

namespace dbstow::postgres {
namespace {

TEST(StagingCleanup, HurriesWhenTheTimeHasRunOutOrSomebodyStopsIt) {
  test::FakeClock clock;
  test::TestContext world(nullptr, &clock);
  OperationContext& context = world.context;
  context.deadline = Deadline::After(clock, std::chrono::hours(2));
  std::stop_source stop;
  context.stop = stop.get_token();
  const auto time_left = [&] {
    const OperationContext cleanup = StagingDatabase::CleanupContext(context);
    EXPECT_FALSE(cleanup.stop.stop_requested());
    return *cleanup.deadline.at() - clock.MonotonicNow();
  };
  EXPECT_EQ(time_left(), std::chrono::hours(2));
  EXPECT_TRUE(StagingDatabase::CleanupContext(context).stop.stop_possible());
  stop.request_stop();
  EXPECT_EQ(time_left(), std::chrono::seconds(10));
  context.stop = {};
  context.deadline = Deadline::After(clock, std::chrono::seconds(0));
  EXPECT_EQ(time_left(), std::chrono::seconds(10));
}

}  // namespace
}  // namespace dbstow::postgres
