#include "io/task_group.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "io/work_queue.h"
#include "support/fakes.h"

namespace dbstow::io {
namespace {

void AwaitStop(const OperationContext& context) {
  while (!context.stop.stop_requested()) std::this_thread::yield();
}

TEST(TaskGroupTest, TheFirstFailureStopsTheOthersAndIsTheOutcome) {
  test::TestContext world;
  TaskGroup group(world.context);
  for (int i = 0; i < 3; ++i) {
    group.Start([&group]() -> Result<void> {
      AwaitStop(group.context());
      return Error(ErrorCode::kCancelled, "stopped");
    });
  }
  group.Start([]() -> Result<void> { return Error(ErrorCode::kCorrupt, "the first"); });
  const auto done = group.Wait();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::kCorrupt);
}

TEST(TaskGroupTest, StoppingTheParentStopsTheTasksButNotTheOtherWayRound) {
  test::TestContext world;
  std::stop_source stop;
  world.context.stop = stop.get_token();
  {
    TaskGroup group(world.context);
    group.Start([]() -> Result<void> { return Error(ErrorCode::kIoError, "broken"); });
    EXPECT_FALSE(group.Wait());
  }
  EXPECT_FALSE(stop.stop_requested());
  TaskGroup group(world.context);
  group.Start([&group]() -> Result<void> {
    AwaitStop(group.context());
    return {};
  });
  stop.request_stop();
  EXPECT_TRUE(group.Wait());
}

TEST(TaskGroupTest, DestroyingItStopsAndJoins) {
  test::TestContext world;
  std::atomic<bool> ended = false;
  {
    TaskGroup group(world.context);
    group.Start([&]() -> Result<void> {
      AwaitStop(group.context());
      ended = true;
      return {};
    });
  }
  EXPECT_TRUE(ended);
}

TEST(WorkQueueTest, EveryPieceIsTakenOnce) {
  constexpr int kPieces = 1000;
  test::TestContext world;
  TaskGroup group(world.context);
  WorkQueue<int> queue;
  std::mutex mutex;
  std::multiset<int> taken;
  for (int i = 0; i < 3; ++i) {
    group.Start([&]() -> Result<void> {
      while (const auto piece = queue.Pop(group.context().stop)) {
        const std::scoped_lock lock(mutex);
        taken.insert(*piece);
      }
      return {};
    });
  }
  for (int piece = 0; piece < kPieces; ++piece) queue.Push(piece);
  queue.Close();
  ASSERT_TRUE(group.Wait());
  ASSERT_EQ(taken.size(), static_cast<std::size_t>(kPieces));
  for (int piece = 0; piece < kPieces; ++piece) EXPECT_EQ(taken.count(piece), 1u);
}

TEST(WorkQueueTest, AStopEndsTheWait) {
  test::TestContext world;
  TaskGroup group(world.context);
  WorkQueue<int> queue;
  group.Start([&]() -> Result<void> {
    EXPECT_FALSE(queue.Pop(group.context().stop));
    return {};
  });
  group.Fail(Error(ErrorCode::kIoError, "enough"));
  EXPECT_FALSE(group.Wait());
}

}  // namespace
}  // namespace dbstow::io
