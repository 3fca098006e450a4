#include <gmock/gmock.h>

#include <stdexcept>

#include "support/executor_fixture.h"

namespace dbstow {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(OperationExecutorTest, SupportedBranchReturnsSuccessAndDetails) {
  const OperationResult result = Backup();
  ASSERT_TRUE(result.success) << result.message;
  EXPECT_EQ(result.exit_status(), 0);
  EXPECT_EQ(result.details.at("correlation_id"), base.context.trace.hex());
  EXPECT_EQ(result.details.at("operation"), "backup");
  EXPECT_EQ(result.details.at("instance"), "shop");
  EXPECT_EQ(result.details.at("engine"), "scripted");
  EXPECT_EQ(result.details.at("attempts"), "1");
  EXPECT_EQ(result.details.at("duration_ms"), "0");
  EXPECT_EQ(result.details.at("backup_id"), "b1");
  EXPECT_EQ(result.details.at("bytes_read"), "100");
  EXPECT_EQ(result.details.at("bytes_stored"), "30");
  EXPECT_EQ(result.details.at("bytes_reused"), "70");
  EXPECT_EQ(result.details.at("tables"), "3");
  EXPECT_THAT(result.warnings, ElementsAre("one table was empty"));
  EXPECT_EQ(instance.probes, 1);
}

TEST_F(OperationExecutorTest, UnsupportedBranchReturnsTheReasonAndRunsNothing) {
  const OperationResult result = Backup({.type = BackupType::kLog});
  ASSERT_FALSE(result.success);
  EXPECT_EQ(result.error->code(), ErrorCode::kUnsupportedCapability);
  EXPECT_THAT(result.error->message(), HasSubstr("recovery model is SIMPLE"));
  EXPECT_EQ(result.error->hint(), "set it to FULL");
  EXPECT_EQ(instance.runs, 0);
  EXPECT_EQ(result.details.at("correlation_id"), base.context.trace.hex());
  EXPECT_EQ(audit.records().back().outcome, "UnsupportedCapability");
}

TEST_F(OperationExecutorTest, WhatTheEngineNeverImplementedIsUnsupportedToo) {
  CloneOperation clone({.target_name = "copy"});
  EXPECT_EQ(Run(clone).error->code(), ErrorCode::kUnsupportedCapability);
  // Allowed by its own words, but there is no such interface.
  RestoreOperation restore({.source = "latest", .target_name = "copy"});
  const OperationResult result = Run(restore);
  EXPECT_EQ(result.error->code(), ErrorCode::kUnsupportedCapability);
  EXPECT_THAT(result.message, HasSubstr("does not implement"));
}

TEST_F(OperationExecutorTest, AMissingDatabaseDoesNotPreventItsRestore) {
  instance.probe_failure = Error(ErrorCode::kNotFound, "no such database");
  RestoreOperation restore({.source = "latest", .target_name = "shop"});
  const OperationResult result = Run(restore);
  EXPECT_THAT(result.message, HasSubstr("does not implement"));  // so it came to the engine
  EXPECT_THAT(result.warnings, Contains(HasSubstr("no such database")));
  EXPECT_EQ(Backup().error->code(), ErrorCode::kNotFound);
}

TEST_F(OperationExecutorTest, UnknownOptionNamesTheNearestBeforeAnythingIsTouched) {
  const OperationResult result = Backup({.extra = {{"compresion", "9"}}});
  ASSERT_FALSE(result.success);
  EXPECT_EQ(result.error->code(), ErrorCode::kInvalidOptions);
  EXPECT_EQ(result.error->hint(), "did you mean 'compression'?");
  EXPECT_EQ(result.exit_status(), 2);
  EXPECT_EQ(instance.probes, 0);
  EXPECT_TRUE(audit.records().empty());
}

TEST_F(OperationExecutorTest, APathThatTheSystemWouldCutIsRefused) {
  ExportOperation operation({.source = "latest", .path = std::string("a\0b", 3)});
  const OperationResult result = Run(operation);
  ASSERT_FALSE(result.success);
  EXPECT_EQ(result.error->code(), ErrorCode::kInvalidOptions);
  EXPECT_THAT(result.error->message(), HasSubstr("zero byte"));
  EXPECT_TRUE(audit.records().empty());
}

TEST_F(OperationExecutorTest, TransientFailuresAreTriedAgainUntilSuccess) {
  instance.script.emplace_back(Busy());
  instance.script.emplace_back(Busy());
  const OperationResult result = Backup();
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.details.at("attempts"), "3");
  EXPECT_EQ(instance.probes, 3);  // capabilities are asked again: the server may be another now
  EXPECT_EQ(audit.records().size(), 2u);
}

TEST_F(OperationExecutorTest, TheLastFailureIsTheResultWhenAttemptsRunOut) {
  instance.script.assign(10, Busy());
  const OperationResult result = Backup();
  EXPECT_EQ(result.error->code(), ErrorCode::kUnavailable);
  EXPECT_EQ(result.exit_status(), 75);
  EXPECT_EQ(result.details.at("attempts"), "4");
}

TEST_F(OperationExecutorTest, FinalAndUnknownOutcomesAreNeverRepeated) {
  for (const Retry kind : {Retry::kNever, Retry::kOutcomeUnknown}) {
    instance.runs = 0;
    instance.script.assign(2, Error(ErrorCode::kUnavailable, "lost").WithRetry(kind));
    EXPECT_FALSE(Backup().success);
    EXPECT_EQ(instance.runs, 1);
  }
}

TEST_F(OperationExecutorTest, NoAttemptStartsAfterTheElapsedLimit) {
  retry = {.max_attempts = 100, .max_elapsed = std::chrono::seconds(20)};
  instance.during = [this](OperationContext&) { base.clock.Advance(std::chrono::seconds(15)); };
  instance.script.assign(10, Busy());
  EXPECT_FALSE(Backup().success);
  EXPECT_LE(instance.runs, 2);
}

TEST_F(OperationExecutorTest, TheLongestElapsedLimitIsNone) {
  retry.max_elapsed = std::chrono::milliseconds::max();
  instance.script.assign(2, Busy());
  EXPECT_TRUE(Backup().success);
  EXPECT_EQ(instance.runs, 3);
}

/// A clock whose sleeper is told to stop while it sleeps.
class StoppingClock final : public Clock {
 public:
  explicit StoppingClock(std::stop_source& source) : source_(source) {}
  TimePoint Now() override { return clock_.Now(); }
  Monotonic MonotonicNow() override { return clock_.MonotonicNow(); }
  void Sleep(Duration, std::stop_token) override { source_.request_stop(); }

 private:
  std::stop_source& source_;
  test::FakeClock clock_;
};

TEST_F(OperationExecutorTest, AStopWhileWaitingEndsItAsCancelled) {
  StoppingClock clock(stopper);
  OperationContext context = ContextWith(clock);
  instance.script.assign(5, Busy());
  OperationExecutor executor({engines, catalog, audit, "alice@host"});
  BackupOperation backup({});
  const OperationResult result = executor.Execute(backup, instance, context);
  EXPECT_EQ(result.error->code(), ErrorCode::kCancelled);
  EXPECT_EQ(result.error->cause()->code(), ErrorCode::kUnavailable);
  EXPECT_EQ(result.exit_status(), 130);
  EXPECT_EQ(instance.runs, 1);
  EXPECT_EQ(audit.records().back().outcome, "Cancelled");
}

TEST_F(OperationExecutorTest, AWaitThatWouldPassTheDeadlineIsNotBegun) {
  retry.first_delay = std::chrono::hours(1);
  retry.max_delay = std::chrono::hours(1);
  retry.max_elapsed = std::chrono::hours(100);
  deadline = Deadline::After(base.clock, std::chrono::milliseconds(1));
  instance.script.assign(5, Busy());
  const OperationResult result = Backup();
  EXPECT_EQ(result.error->code(), ErrorCode::kUnavailable);
  EXPECT_EQ(result.details.at("duration_ms"), "0");
  EXPECT_EQ(instance.runs, 1);
}

TEST_F(OperationExecutorTest, APassedDeadlineIsATimeoutBeforeTheEngineIsAsked) {
  deadline = Deadline(base.clock.MonotonicNow());
  EXPECT_EQ(Backup().error->code(), ErrorCode::kTimeout);
  EXPECT_EQ(instance.probes, 0);
}

TEST_F(OperationExecutorTest, NoExceptionCrosses) {
  instance.during = [](OperationContext&) { throw std::runtime_error("out of luck"); };
  const OperationResult result = Backup();
  EXPECT_EQ(result.error->code(), ErrorCode::kInternal);
  EXPECT_THAT(result.message, HasSubstr("out of luck"));
  EXPECT_EQ(audit.records().size(), 2u);
  EXPECT_TRUE(catalog.leases().empty());
  instance.during = [](OperationContext&) { throw 42; };
  EXPECT_EQ(Backup().error->code(), ErrorCode::kInternal);
}

TEST_F(OperationExecutorTest, AnEngineThatIsNotThereIsInvalidOptions) {
  EngineRegistry empty;
  OperationContext context = Context();
  OperationExecutor executor({empty, catalog, audit, "alice@host"});
  BackupOperation backup({});
  EXPECT_EQ(executor.Execute(backup, instance, context).error->code(), ErrorCode::kInvalidOptions);
}

}  // namespace
}  // namespace dbstow
