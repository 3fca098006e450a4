#include "dbstow/operations/operation_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <sstream>
#include <stdexcept>

#include "dbstow/operations/data_operations.h"
#include "support/fakes.h"
#include "support/operation_fakes.h"

namespace dbstow {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kCanary = "canary-7f3a-secret";

BackupResult GoodBackup() {
  return {.backup_id = "b1",
          .server_reference = "",
          .bytes = {.read = 100, .stored = 30, .reused = 70},
          .details = {{"tables", "3"}},
          .warnings = {"one table was empty"}};
}

/// A database that does what a test says.
class ScriptedInstance final : public DatabaseInstance, public SupportsBackup {
 public:
  ScriptedInstance()
      : DatabaseInstance(DatabaseEngine("scripted"), "shop", "",
                         {.credentials = {.username = "u", .secret_ref = {"fake", "pw"}}}, Able()) {
  }

  static CapabilitySet Able() {
    CapabilitySet able;
    able.Allow("backup").Allow("backup.full").Allow("restore");
    able.Deny("backup.log", "the recovery model is SIMPLE", "set it to FULL");
    return able;
  }

  Result<BackupResult> Backup(const BackupOptions&, OperationContext& context) override {
    ++runs;
    if (during) during(context);
    DBSTOW_ASSIGN(const SecretString secret,
                  context.secrets.Resolve(connection().credentials.secret_ref, context.deadline,
                                          context.stop));
    seen_secret = secret.Reveal();
    if (script.empty()) return GoodBackup();
    auto next = std::move(script.front());
    script.pop_front();
    return next;
  }

  std::deque<Result<BackupResult>> script;
  std::function<void(OperationContext&)> during;
  std::optional<Error> probe_failure;
  CapabilitySet live = Able();
  std::string seen_secret;
  int runs = 0;
  int probes = 0;

 protected:
  Result<InstanceState> Probe(OperationContext&) override {
    ++probes;
    if (probe_failure) return *probe_failure;
    return InstanceState{"1.0", live, {}, {}};
  }
};

Error Busy() {
  return Error(ErrorCode::kUnavailable, "the server is starting").WithRetry(Retry::kTransient);
}

class OperationExecutorTest : public ::testing::Test {
 protected:
  OperationExecutorTest() {
    EngineDescriptor descriptor{.engine = DatabaseEngine("scripted")};
    descriptor.backup_extra = {{.key = "compression"}, {.key = "threads"}};
    EXPECT_TRUE(engines.Register(std::move(descriptor)));
    base.secrets.by_key["pw"] = kCanary;
  }

  OperationContext Context() { return ContextWith(base.clock); }
  OperationContext ContextWith(Clock& clock) {
    OperationContext context{base.context.trace,
                             clock,
                             base.random,
                             logger,
                             metrics,
                             base.sinks,
                             base.secrets,
                             nullptr,
                             deadline,
                             stopper.get_token(),
                             dry_run};
    return context;
  }
  OperationResult Run(Operation& operation, std::string_view key = "") {
    OperationContext context = Context();
    OperationExecutor executor({engines, catalog, audit, "alice@host"}, retry);
    return executor.Execute(operation, instance, context, key);
  }
  OperationResult Backup(BackupOptions options = {}, std::string_view key = "") {
    BackupOperation operation(std::move(options));
    return Run(operation, key);
  }
  std::string Everything(const OperationResult& result) const {
    std::string text = result.message + (result.error ? result.error->ToString() : "");
    for (const auto& [name, value] : result.details) text += " " + name + "=" + value;
    for (const std::string& each : result.warnings) text += " " + each;
    return text + audit.Text() + metrics.Text() + logger.Text();
  }

  test::TestContext base;
  test::RecordingLogger logger;
  test::RecordingMetrics metrics;
  test::RecordingAudit audit;
  test::MemoryCatalog catalog;
  EngineRegistry engines;
  ScriptedInstance instance;
  RetryPolicy retry;
  Deadline deadline;
  std::stop_source stopper;
  bool dry_run = false;
};

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

TEST_F(OperationExecutorTest, OneAuditRecordBeforeAndOneAfter) {
  instance.during = [this](OperationContext&) { EXPECT_EQ(audit.records().size(), 1u); };
  ASSERT_TRUE(Backup().success);
  const auto records = audit.records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].stage, AuditRecord::Stage::kBegin);
  EXPECT_EQ(records[1].stage, AuditRecord::Stage::kEnd);
  for (const AuditRecord& each : records) {
    EXPECT_EQ(each.actor, "alice@host");
    EXPECT_EQ(each.operation, "backup");
    EXPECT_EQ(each.instance, "shop");
    EXPECT_EQ(each.target, "chain shop");
    EXPECT_EQ(each.correlation_id, base.context.trace.hex());
  }
  EXPECT_EQ(records[1].outcome, "success");
  EXPECT_EQ(records[1].details.at("backup_id"), "b1");
}

TEST_F(OperationExecutorTest, AFailedOperationHasItsPairOfAuditRecordsToo) {
  instance.script.emplace_back(Error(ErrorCode::kOutOfSpace, "disk full"));
  EXPECT_FALSE(Backup().success);
  ASSERT_EQ(audit.records().size(), 2u);
  EXPECT_EQ(audit.records()[1].outcome, "OutOfSpace");
}

TEST_F(OperationExecutorTest, WithoutItsFirstAuditRecordNothingStarts) {
  audit.Fail(1, Error(ErrorCode::kOutOfSpace, "disk full"));
  const OperationResult result = Backup();
  EXPECT_EQ(result.error->code(), ErrorCode::kOutOfSpace);
  EXPECT_THAT(result.message, HasSubstr("not started"));
  EXPECT_EQ(instance.probes + instance.runs, 0);
  EXPECT_TRUE(audit.records().empty());
  EXPECT_TRUE(catalog.leases().empty());
}

TEST_F(OperationExecutorTest, AMissingLastAuditRecordIsAWarningAndAMetric) {
  audit.Fail(2, Error(ErrorCode::kIoError, "gone"));
  const OperationResult result = Backup();
  EXPECT_TRUE(result.success);  // the backup exists; saying otherwise would be a lie
  EXPECT_THAT(result.warnings, Contains(HasSubstr("missing from the audit log")));
  EXPECT_EQ(metrics.Find("dbstow_audit_failures_total{operation=\"backup\"}"), 1);
}

TEST_F(OperationExecutorTest, WhatWasStoppedHasItsLastAuditRecordAlsoWhenTheLogIsInUse) {
  instance.during = [this](OperationContext&) {
    audit.Occupy();
    stopper.request_stop();
  };
  instance.script.emplace_back(Error(ErrorCode::kCancelled, "stopped on request"));
  const OperationResult result = Backup();
  EXPECT_THAT(result.warnings, Not(Contains(HasSubstr("audit"))));
  ASSERT_EQ(audit.records().size(), 2u);
  EXPECT_EQ(audit.records().back().outcome, "Cancelled");
}

TEST_F(OperationExecutorTest, AStopEndsTheWaitForTheFirstAuditRecord) {
  audit.Occupy();
  stopper.request_stop();
  EXPECT_EQ(Backup().error->code(), ErrorCode::kCancelled);
  EXPECT_EQ(instance.probes + instance.runs, 0);
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

TEST_F(OperationExecutorTest, ARepeatedKeyReturnsTheFirstResult) {
  const OperationResult first = Backup({}, "nightly-1");
  const OperationResult again = Backup({}, "nightly-1");
  EXPECT_TRUE(again.success);
  EXPECT_EQ(instance.runs, 1);
  EXPECT_EQ(again.details.at("replayed"), "true");
  EXPECT_EQ(again.details.at("backup_id"), first.details.at("backup_id"));
  EXPECT_EQ(audit.records().size(), 2u);
  EXPECT_TRUE(Backup({}, "nightly-2").success);
  EXPECT_EQ(instance.runs, 2);
}

TEST_F(OperationExecutorTest, AKeyBelongsToOneOperationOnOneInstance) {
  ASSERT_TRUE(Backup({}, "k").success);
  RestoreOperation restore({.source = "latest", .target_name = "copy"});
  const OperationResult result = Run(restore, "k");
  EXPECT_EQ(result.error->code(), ErrorCode::kInvalidOptions);
  EXPECT_THAT(result.message, HasSubstr("operation was 'backup' and is 'restore'"));
}

TEST_F(OperationExecutorTest, AKeyBelongsToOneSetOfOptions) {
  ASSERT_TRUE(Backup({.extra = {{"threads", "2"}}}, "k").success);
  for (const BackupOptions& other :
       {BackupOptions{}, BackupOptions{.extra = {{"threads", "4"}}},
        BackupOptions{.include_logs = true, .extra = {{"threads", "2"}}}}) {
    const OperationResult result = Backup(other, "k");
    ASSERT_TRUE(result.error.has_value());
    EXPECT_EQ(result.error->code(), ErrorCode::kInvalidOptions);
  }
  EXPECT_THAT(Backup({.extra = {{"threads", "4"}}}, "k").error->message(),
              HasSubstr("extra.threads was '2' and is '4'"));
  const OperationResult again = Backup({.extra = {{"threads", "2"}}}, "k");
  EXPECT_EQ(again.details.at("replayed"), "true");
  for (const auto& [key, unused] : again.details) EXPECT_FALSE(key.starts_with("request.")) << key;
  EXPECT_EQ(instance.runs, 1);
}

TEST_F(OperationExecutorTest, AFailureWithoutEffectMayBeTriedAgainUnderItsKey) {
  instance.script.emplace_back(Error(ErrorCode::kOutOfSpace, "disk full"));
  EXPECT_FALSE(Backup({}, "k").success);
  EXPECT_TRUE(Backup({}, "k").success);
  EXPECT_EQ(instance.runs, 2);
}

TEST_F(OperationExecutorTest, AnUnknownOutcomeIsKeptUnderItsKey) {
  instance.script.emplace_back(Error(ErrorCode::kUnavailable, "connection lost at commit")
                                   .WithRetry(Retry::kOutcomeUnknown));
  EXPECT_FALSE(Backup({}, "k").success);
  const OperationResult again = Backup({}, "k");
  EXPECT_FALSE(again.success);
  EXPECT_EQ(again.error->retry(), Retry::kOutcomeUnknown);
  EXPECT_EQ(instance.runs, 1);
}

TEST_F(OperationExecutorTest, ASecondBackupOfTheSameChainIsAConflictAtOnce) {
  OperationResult second;
  instance.during = [&](OperationContext&) {
    instance.during = nullptr;
    second = Backup();
  };
  EXPECT_TRUE(Backup().success);
  EXPECT_EQ(second.error->code(), ErrorCode::kConflict);
  EXPECT_EQ(second.exit_status(), 8);
  EXPECT_THAT(second.message, HasSubstr("backup of 'shop' by alice@host"));
  EXPECT_EQ(instance.runs, 1);
  EXPECT_TRUE(catalog.leases().empty());
  EXPECT_TRUE(Backup().success);
}

TEST_F(OperationExecutorTest, TheSameKeyAtTheSameTimeIsAConflict) {
  OperationResult second;
  instance.during = [&](OperationContext&) {
    instance.during = nullptr;
    RestoreOperation restore({.source = "latest", .target_name = "copy"});  // another lease
    second = Run(restore, "k");
  };
  EXPECT_TRUE(Backup({}, "k").success);
  EXPECT_EQ(second.error->code(), ErrorCode::kConflict);
}

TEST_F(OperationExecutorTest, ABrokenCatalogLosesNoBackup) {
  catalog.FailAll(Error(ErrorCode::kIoError, "state directory is read-only"));
  const OperationResult result = Backup();
  EXPECT_TRUE(result.success);
  EXPECT_THAT(result.warnings, Contains(HasSubstr("read-only")));
  // But the promise of a key cannot be kept without it.
  EXPECT_EQ(Backup({}, "k").error->code(), ErrorCode::kIoError);
}

TEST_F(OperationExecutorTest, ADryRunTakesNoLeaseAndKeepsNoResult) {
  dry_run = true;
  instance.during = [this](OperationContext&) { EXPECT_TRUE(catalog.leases().empty()); };
  const OperationResult result = Backup({}, "k");
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.details.at("dry_run"), "true");
  EXPECT_EQ(catalog.results(), 0u);
  EXPECT_EQ(metrics.Text(), "");
  EXPECT_EQ(audit.records().at(0).details.at("dry_run"), "true");
}

TEST_F(OperationExecutorTest, MetricsTellLatencyOutcomeAndBytes) {
  ASSERT_TRUE(Backup().success);
  instance.script.emplace_back(Error(ErrorCode::kOutOfSpace, "disk full"));
  ASSERT_FALSE(Backup().success);
  const std::string labels = "{engine=\"scripted\",operation=\"backup\",outcome=\"";
  EXPECT_EQ(metrics.Find("dbstow_operation_duration_seconds" + labels + "success\"}"), 1);
  EXPECT_EQ(metrics.Find("dbstow_operations_total" + labels + "success\"}"), 1);
  EXPECT_EQ(metrics.Find("dbstow_operations_total" + labels + "OutOfSpace\"}"), 1);
  EXPECT_EQ(metrics.Find("dbstow_operation_bytes_total{kind=\"stored\",operation=\"backup\"}"), 30);
  EXPECT_EQ(metrics.Find("dbstow_backup_last_success_timestamp_seconds{instance=\"shop\"}"),
            std::chrono::duration<double>(base.clock.Now().time_since_epoch()).count());
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

TEST_F(OperationExecutorTest, TheSecretIsNowhereInWhatARunLeaves) {
  instance.script.emplace_back(Busy());
  instance.script.emplace_back(GoodBackup());
  instance.script.emplace_back(Error(ErrorCode::kAuthenticationFailed, "refused for user u"));
  const OperationResult good = Backup({}, "k");
  const OperationResult bad = Backup();
  ASSERT_EQ(instance.seen_secret, kCanary);  // it was used
  ASSERT_TRUE(good.success);
  ASSERT_FALSE(bad.success);
  EXPECT_THAT(Everything(good) + Everything(bad), Not(HasSubstr(std::string(kCanary))));
}

TEST_F(OperationExecutorTest, EveryLogLineHasTheCorrelationId) {
  instance.script.emplace_back(Busy());
  instance.during = [](OperationContext& context) {
    context.logger.Log(LogLevel::kInfo, "from the engine", {});
  };
  ASSERT_TRUE(Backup().success);
  std::istringstream lines(logger.Text());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_THAT(line, HasSubstr("correlation_id=" + base.context.trace.hex()));
  }
  EXPECT_EQ(count, 4);  // two from the engine, one retry, one end
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
