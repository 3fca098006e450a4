#include <gmock/gmock.h>

#include <stdexcept>

#include "support/executor_fixture.h"

// Ports of the calling program that throw, against their contract: what was done stays done.

namespace dbstow {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

class ThrowingSinks final : public Logger, public MetricsSink, public ProgressSink {
 public:
  void Log(LogLevel, std::string_view, const Fields&) override { Throw(); }
  void Count(std::string_view, const Labels&, double) override { Throw(); }
  void Gauge(std::string_view, const Labels&, double) override { Throw(); }
  void Observe(std::string_view, const Labels&, double) override { Throw(); }
  void Report(const Progress&) override { throw 42; }

 private:
  static void Throw() { throw std::runtime_error("sink is full"); }
};

class ThrowingAudit final : public AuditLogger {
 public:
  Result<void> Record(const AuditRecord& record, Deadline, std::stop_token) override {
    if (record.stage == AuditRecord::Stage::kEnd) throw std::runtime_error("no pen");
    return {};
  }
};

class ThrowingCatalog final : public Catalog {
 public:
  Result<std::optional<OperationResult>> FindResult(std::string_view) override {
    return std::optional<OperationResult>();
  }
  Result<void> RecordResult(std::string_view, const OperationResult&) override {
    throw std::runtime_error("no shelf");
  }
  Result<std::unique_ptr<Lease>> Acquire(std::string_view, std::string_view) override {
    return std::unique_ptr<Lease>(std::make_unique<Lease>());
  }
};

/// Answers some calls, and throws from then on.
class FailingClock final : public Clock {
 public:
  FailingClock(Clock& clock, int answers) : clock_(clock), answers_(answers) {}
  TimePoint Now() override {
    Answer();
    return clock_.Now();
  }
  Monotonic MonotonicNow() override {
    Answer();
    return clock_.MonotonicNow();
  }
  void Sleep(Duration duration, std::stop_token stop) override {
    Answer();
    clock_.Sleep(duration, std::move(stop));
  }

 private:
  void Answer() {
    if (answers_-- <= 0) throw std::runtime_error("stopped clock");
  }
  Clock& clock_;
  int answers_;
};

class ExecutorPortsTest : public OperationExecutorTest {
 protected:
  OperationResult BackupIn(OperationContext context, Catalog& kept_in, AuditLogger& audited_in) {
    OperationExecutor executor({engines, kept_in, audited_in, "alice@host"}, retry);
    BackupOperation backup({});
    return executor.Execute(backup, instance, context, "key");
  }
};

TEST_F(ExecutorPortsTest, SinksThatThrowUndoNothing) {
  ThrowingSinks sinks;
  instance.during = [](OperationContext& context) {
    context.logger.Log(LogLevel::kInfo, "copying", {});
    context.progress.Report({});
  };
  OperationContext plain = Context();
  const OperationContext context{plain.trace, plain.clock, plain.random, sinks,
                                 sinks,       sinks,       plain.secrets};
  const OperationResult result = BackupIn(context, catalog, audit);
  EXPECT_TRUE(result.success) << result.message;
  EXPECT_EQ(instance.runs, 1);
  EXPECT_EQ(catalog.results(), 1u);
  EXPECT_EQ(audit.records().size(), 2u);
  for (const char* sink : {"logger", "metrics sink"}) {
    EXPECT_THAT(result.warnings, Contains(AllOf(HasSubstr(sink), HasSubstr("sink is full"))));
  }
  EXPECT_THAT(result.warnings, Contains(HasSubstr("progress sink")));
}

TEST_F(ExecutorPortsTest, AnAuditThatThrowsAtTheEndIsAWarning) {
  ThrowingAudit throwing;
  const OperationResult result = BackupIn(Context(), catalog, throwing);
  EXPECT_TRUE(result.success);
  EXPECT_THAT(result.warnings, Contains(AllOf(HasSubstr("audit log"), HasSubstr("no pen"))));
  EXPECT_EQ(catalog.results(), 1u);
  EXPECT_EQ(metrics.Find("dbstow_audit_failures_total{operation=\"backup\"}"), 1);
}

TEST_F(ExecutorPortsTest, ACatalogThatThrowsAtTheEndIsAWarning) {
  ThrowingCatalog throwing;
  const OperationResult result = BackupIn(Context(), throwing, audit);
  EXPECT_TRUE(result.success);
  EXPECT_THAT(result.warnings, Contains(AllOf(HasSubstr("key"), HasSubstr("no shelf"))));
  EXPECT_EQ(audit.records().size(), 2u);
  EXPECT_TRUE(metrics.Find("dbstow_backup_last_success_timestamp_seconds{instance=\"shop\"}"));
}

TEST_F(ExecutorPortsTest, AClockThatStopsMakesNoFailureOfWhatIsDone) {
  int done = 0;
  for (int answers = 0; answers < 20; ++answers) {
    FailingClock failing(base.clock, answers);
    test::MemoryCatalog empty;
    instance.runs = 0;
    const OperationResult result = BackupIn(ContextWith(failing), empty, audit);
    EXPECT_EQ(result.success, instance.runs == 1) << answers << " " << result.message;
    done += instance.runs;
  }
  EXPECT_GT(done, 0);
  EXPECT_LT(done, 20);
}

}  // namespace
}  // namespace dbstow
