#include <gmock/gmock.h>

#include <sstream>

#include "support/executor_fixture.h"

namespace dbstow {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

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

}  // namespace
}  // namespace dbstow
