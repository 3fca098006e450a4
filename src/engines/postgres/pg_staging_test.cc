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
  EXPECT_EQ(StagingDatabase::CleanupTime(context), std::chrono::seconds(30));
  context.deadline = Deadline::After(clock, std::chrono::seconds(0));
  EXPECT_EQ(StagingDatabase::CleanupTime(context), std::chrono::seconds(10));
  context.deadline = Deadline::After(clock, std::chrono::seconds(60));
  EXPECT_EQ(StagingDatabase::CleanupTime(context), std::chrono::seconds(30));
  std::stop_source stop;
  context.stop = stop.get_token();
  stop.request_stop();
  EXPECT_EQ(StagingDatabase::CleanupTime(context), std::chrono::seconds(10));
}

}  // namespace
}  // namespace dbstow::postgres
