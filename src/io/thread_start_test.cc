#include "io/thread_start.h"

#include <gtest/gtest.h>

#include <new>
#include <thread>

#include "io/key_derivation.h"
#include "io/signal_stop.h"
#include "io/task_group.h"
#include "support/fakes.h"
#include "support/no_threads.h"

namespace dbstow::io {
namespace {

TEST(ThreadStartTest, SaysWhetherThereAreThreads) {
  EXPECT_TRUE(CanStartThreads(4));
  const test::NoThreads none;
  EXPECT_FALSE(CanStartThreads(1));
}

TEST(ThreadStartTest, SharedTasksAreDoneByTheCallerWhenThereIsNoThread) {
  test::TestContext world;
  TaskGroup group(world.context);
  std::vector<std::thread::id> doers;
  const test::NoThreads none;
  for (int i = 0; i < 3; ++i) {
    group.Share([&]() -> Result<void> {
      doers.push_back(std::this_thread::get_id());
      return {};
    });
  }
  ASSERT_TRUE(group.Wait());
  EXPECT_EQ(doers, std::vector(3, std::this_thread::get_id()));
}

TEST(ThreadStartTest, WhatTheCallerWorksBesideFailsAndIsToldSo) {
  test::TestContext world;
  TaskGroup group(world.context);
  bool told = false;
  const test::NoThreads none;
  group.Start([&]() -> Result<void> {
    told = group.context().stop.stop_requested();
    return {};
  });
  EXPECT_TRUE(told);
  const auto done = group.Wait();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::kIoError);
  EXPECT_NE(done.error().hint().find("ulimit -u"), std::string::npos);
}

TEST(ThreadStartTest, AnExceptionInATaskIsItsFailure) {
  test::TestContext world;
  TaskGroup group(world.context);
  group.Start([]() -> Result<void> { throw std::bad_alloc(); });
  const auto done = group.Wait();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::kOutOfSpace);
}

TEST(ThreadStartTest, AKeyIsTheSameHoweverManyThreadsDeriveIt) {
  const SecretString passphrase("correct horse");
  const Bytes salt(16);
  const KdfCost cost{.memory_kib = 64, .passes = 2, .lanes = 4};
  const Bytes usual = DerivePassphraseKey(passphrase, salt, cost).value();
  const test::NoThreads none;
  EXPECT_EQ(DerivePassphraseKey(passphrase, salt, cost).value(), usual);
}

TEST(ThreadStartTest, SignalsThatNobodyWatchesAreAnError) {
  const test::NoThreads none;
  const auto watched = SignalStop::Create();
  ASSERT_FALSE(watched);
  EXPECT_EQ(watched.error().code(), ErrorCode::kIoError);
}

}  // namespace
}  // namespace dbstow::io
