#include <gmock/gmock.h>

#include "support/executor_fixture.h"

namespace dbstow {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST_F(OperationExecutorTest, ARepeatedKeyReturnsTheFirstResult) {
  const OperationResult first = Backup({}, "nightly-1");
  const std::string ended = FormatTime(base.clock.Now());
  base.clock.Advance(std::chrono::hours(1));
  const OperationResult again = Backup({}, "nightly-1");
  EXPECT_TRUE(again.success);
  EXPECT_EQ(instance.runs, 1);
  EXPECT_EQ(again.details.at("replayed"), "true");
  EXPECT_EQ(again.details.at("backup_id"), first.details.at("backup_id"));
  EXPECT_EQ(again.details.at("replayed_at"), ended);
  EXPECT_EQ(again.details.at("replayed_from"), first.details.at("correlation_id"));
  ASSERT_EQ(audit.records().size(), 3u);
  const AuditRecord record = audit.records().back();
  EXPECT_EQ(record.stage, AuditRecord::Stage::kEnd);
  EXPECT_EQ(record.details.at("replayed"), "true");
  EXPECT_EQ(record.details.at("replayed_at"), ended);
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

}  // namespace
}  // namespace dbstow
