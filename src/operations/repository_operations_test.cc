#include "dbstow/operations/repository_operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbstow/core/interfaces.h"
#include "dbstow/operations/operation_executor.h"
#include "operations/repository_port.h"
#include "support/fakes.h"
#include "support/memory_backup_store.h"
#include "support/operation_fakes.h"

namespace dbstow {
namespace {

using repository::VerifyOutcome;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FakeRepository final : public RepositoryPort {
 public:
  Result<repository::VerifyReport> Verify(std::string_view selector, std::string_view instance,
                                          int level, const repository::CheckContext&) override {
    checked = std::string(selector) + "@" + std::string(instance);
    ++checks;
    if (verify_failure) return *verify_failure;
    repository::VerifyReport copy = report;
    copy.level = level;
    return copy;
  }
  Result<void> RecordVerification(const repository::Verification& verification) override {
    if (record_failure) return *record_failure;
    recorded.push_back(verification);
    return {};
  }
  Result<repository::PrunePlan> PlanPrune(std::string_view instance, const RetentionPolicy& policy,
                                          const repository::CheckContext&) override {
    repository::PrunePlan copy = plan;
    copy.instance = instance;
    copy.policy = policy;
    seen_policy = policy;
    return copy;
  }
  Result<repository::PruneReport> Prune(const repository::PrunePlan&,
                                        const repository::CheckContext& context) override {
    ++prunes;
    prune_context = context;
    return prune_report;
  }

  repository::VerifyReport report;
  repository::PrunePlan plan;
  repository::PruneReport prune_report;
  RetentionPolicy seen_policy;
  repository::CheckContext prune_context;
  std::optional<Error> verify_failure;
  std::optional<Error> record_failure;
  std::string checked;
  int checks = 0;
  int prunes = 0;
  std::vector<repository::Verification> recorded;
};

/// An instance that proves what a test says.
class ProvingInstance final : public DatabaseInstance, public SupportsVerify {
 public:
  ProvingInstance() : DatabaseInstance(DatabaseEngine("scripted"), "shop", "", {}, Able()) {}
  static CapabilitySet Able() {
    CapabilitySet able;
    able.Allow("verify");
    return able;
  }
  Result<std::vector<ContentFingerprint>> Fingerprint(const std::vector<ContentFingerprint>&,
                                                      OperationContext&) override {
    return std::vector<ContentFingerprint>();
  }
  Result<ProofReport> Prove(const ProofOptions& options, OperationContext&) override {
    ++proofs;
    proven = options.source;
    return proof;
  }
  Result<ProofReport> proof = ProofReport{.objects_compared = 3, .rows_compared = 500};
  std::string proven;
  int proofs = 0;

 protected:
  Result<InstanceState> Probe(OperationContext&) override {
    return Error(ErrorCode::kNotFound, "the database was dropped");
  }
};

class RepositoryOperationsTest : public ::testing::Test {
 protected:
  RepositoryOperationsTest() : base(&store) {
    EXPECT_TRUE(engines.Register({.engine = DatabaseEngine("scripted")}));
    auto writer = store.Begin({.instance = "shop", .engine = "scripted"});
    backup_id = (*writer)->id();
    EXPECT_TRUE((*writer)->Commit({}));
  }
  OperationResult Run(Operation& operation, DatabaseInstance& on) {
    OperationContext context{
        base.context.trace, base.clock, base.random, base.sinks, metrics, base.sinks,
        base.secrets,       &store,     Deadline(),  {},         dry_run};
    OperationExecutor executor({engines, catalog, audit, "alice@host"}, {.max_attempts = 3});
    return executor.Execute(operation, on, context);
  }
  OperationResult Verify(VerifyOptions options) {
    VerifyOperation operation(std::move(options), repository);
    return Run(operation, instance);
  }
  OperationResult Prune(PruneOptions options) {
    PruneOperation operation(options, repository);
    return Run(operation, instance);
  }

  test::MemoryBackupStore store;
  test::TestContext base;
  test::RecordingMetrics metrics;
  test::RecordingAudit audit;
  test::MemoryCatalog catalog;
  EngineRegistry engines;
  FakeRepository repository;
  ProvingInstance instance;
  std::string backup_id;
  bool dry_run = false;
};

TEST_F(RepositoryOperationsTest, APassedCheckIsSuccessAndIsRecorded) {
  repository.report.backups = {{"b1", "shop", VerifyOutcome::kPassed, ""}};
  repository.report.bytes_checked = 77;
  const OperationResult result = Verify({.source = "b1", .level = 2});
  ASSERT_TRUE(result.success) << result.message;
  EXPECT_EQ(repository.checked, "b1@shop");
  EXPECT_EQ(result.details.at("outcome"), "passed");
  EXPECT_EQ(result.details.at("level"), "2");
  EXPECT_EQ(result.details.at("backup_id"), "b1");
  EXPECT_EQ(result.details.at("bytes_checked"), "77");
  ASSERT_THAT(repository.recorded, SizeIs(1));
  EXPECT_EQ(repository.recorded[0].backup_id, "b1");
  EXPECT_EQ(repository.recorded[0].level, 2);
  EXPECT_EQ(repository.recorded[0].outcome, VerifyOutcome::kPassed);
  EXPECT_EQ(repository.recorded[0].time, base.clock.Now());
  EXPECT_TRUE(
      metrics.Find("dbstow_verify_last_success_timestamp_seconds{instance=\"shop\",level=\"2\"}"));
}

TEST_F(RepositoryOperationsTest, DamageIsVerificationFailedAndNamed) {
  repository.report.backups = {{"b1", "shop", VerifyOutcome::kPassed, ""},
                               {"b2", "shop", VerifyOutcome::kFailed, "a pack is missing"}};
  repository.report.damaged = {{"i/shop/p/1", "missing", {"b2"}}};
  const OperationResult result = Verify({.source = "", .level = 0});
  EXPECT_FALSE(result.success);
  EXPECT_EQ(result.error->code(), ErrorCode::kVerificationFailed);
  EXPECT_EQ(result.exit_status(), 6);
  EXPECT_EQ(result.details.at("outcome"), "failed");
  EXPECT_EQ(result.details.at("problem.1"), "backup b2: a pack is missing");
  EXPECT_EQ(result.details.at("problem.2"), "i/shop/p/1 missing; needed by b2");
  EXPECT_THAT(repository.recorded, SizeIs(2));
  EXPECT_EQ(repository.checks, 1);
}

TEST_F(RepositoryOperationsTest, WhatCouldNotBeCheckedIsNeverShownAsGood) {
  repository.report.backups = {{"b1", "shop", VerifyOutcome::kCouldNotVerify, "store is away"}};
  const OperationResult result = Verify({});
  EXPECT_EQ(result.error->code(), ErrorCode::kCouldNotVerify);
  EXPECT_EQ(result.exit_status(), 7);
  EXPECT_EQ(result.details.at("outcome"), "could_not_verify");
  EXPECT_FALSE(
      metrics.Find("dbstow_verify_last_success_timestamp_seconds{instance=\"shop\",level=\"1\"}"));
  repository.report.backups.clear();
  EXPECT_EQ(Verify({}).error->code(), ErrorCode::kCouldNotVerify);  // nothing is not all
}

TEST_F(RepositoryOperationsTest, AStoreThatIsAwayIsTriedAgainThenCouldNotVerify) {
  repository.verify_failure =
      Error(ErrorCode::kUnavailable, "store is away").WithRetry(Retry::kTransient);
  const OperationResult result = Verify({});
  EXPECT_EQ(result.error->code(), ErrorCode::kCouldNotVerify);
  EXPECT_EQ(result.error->cause()->code(), ErrorCode::kUnavailable);
  EXPECT_EQ(repository.checks, 3);
}

TEST_F(RepositoryOperationsTest, ErrorsAboutTheCallStayWhatTheyAre) {
  repository.verify_failure = Error(ErrorCode::kNotFound, "no such backup");
  EXPECT_EQ(Verify({}).error->code(), ErrorCode::kNotFound);
  EXPECT_EQ(Verify({.level = 4}).error->code(), ErrorCode::kInvalidOptions);
  EXPECT_EQ(Verify({.level = -1}).error->code(), ErrorCode::kInvalidOptions);
  EXPECT_EQ(Verify({.level = 2, .user_queries = {"SELECT 1"}}).error->code(),
            ErrorCode::kInvalidOptions);
  EXPECT_EQ(Verify({.source = "", .level = 3}).error->code(), ErrorCode::kInvalidOptions);
  EXPECT_EQ(Verify({.source = "b1", .level = 3, .user_queries = {std::string("SELECT 1\0 x", 11)}})
                .error->code(),
            ErrorCode::kInvalidOptions);
}

TEST_F(RepositoryOperationsTest, AnOutcomeThatCannotBeRecordedIsAWarning) {
  repository.report.backups = {{"b1", "shop", VerifyOutcome::kPassed, ""}};
  repository.record_failure = Error(ErrorCode::kPermissionDenied, "read-only");
  const OperationResult result = Verify({});
  EXPECT_TRUE(result.success);
  EXPECT_THAT(result.warnings, Contains(HasSubstr("could not be recorded")));
}

TEST_F(RepositoryOperationsTest, LevelThreeProvesThePinnedBackupThoughTheDatabaseIsGone) {
  const OperationResult result = Verify({.source = "latest", .level = 3});
  ASSERT_TRUE(result.success) << result.message;
  EXPECT_EQ(instance.proven, backup_id);
  EXPECT_EQ(result.details.at("rows_compared"), "500");
  ASSERT_THAT(repository.recorded, SizeIs(1));
  EXPECT_EQ(repository.recorded[0].level, 3);
  EXPECT_THAT(result.warnings, Contains(HasSubstr("was dropped")));
}

TEST_F(RepositoryOperationsTest, AFailureCountsWhatFailedAndNotWhatWasChecked) {
  repository.report.backups = {{"b1", "shop", VerifyOutcome::kPassed, ""},
                               {"b2", "shop", VerifyOutcome::kFailed, "damaged"},
                               {"b3", "shop", VerifyOutcome::kCouldNotVerify, "unreachable"}};
  EXPECT_THAT(Verify({.source = ""}).message, HasSubstr("backup b2, one of 3, did not pass"));
  repository.report.backups[0].outcome = VerifyOutcome::kFailed;
  EXPECT_THAT(Verify({.source = ""}).message, HasSubstr("2 of 3 backups did not pass"));
  repository.report.backups = {{"b2", "shop", VerifyOutcome::kFailed, "damaged"}};
  EXPECT_THAT(Verify({.source = ""}).message, HasSubstr("backup b2 did not pass"));
}

TEST_F(RepositoryOperationsTest, DifferencesOrDamageFailAProof) {
  instance.proof = ProofReport{.differences = {"t: expected 3 rows, found 2"}};
  OperationResult result = Verify({.level = 3});
  EXPECT_EQ(result.error->code(), ErrorCode::kVerificationFailed);
  EXPECT_EQ(result.details.at("problem.1"), "t: expected 3 rows, found 2");
  EXPECT_EQ(repository.recorded.back().outcome, VerifyOutcome::kFailed);
  instance.proof = Error(ErrorCode::kCorrupt, "a pack is damaged");
  result = Verify({.level = 3});
  EXPECT_EQ(result.error->code(), ErrorCode::kVerificationFailed);
  EXPECT_EQ(repository.recorded.back().outcome, VerifyOutcome::kFailed);
}

TEST_F(RepositoryOperationsTest, WhatAProofCouldNotCompareIsAWarning) {
  instance.proof = ProofReport{.objects_compared = 3, .warnings = {"owners are not compared"}};
  const OperationResult result = Verify({.level = 3});
  EXPECT_TRUE(result.success) << result.message;
  EXPECT_THAT(result.warnings, Contains("owners are not compared"));
}

TEST_F(RepositoryOperationsTest, AProofThatCouldNotRunIsCouldNotVerify) {
  instance.proof = Error(ErrorCode::kOutOfSpace, "no room for a scratch copy");
  const OperationResult result = Verify({.level = 3});
  EXPECT_EQ(result.error->code(), ErrorCode::kCouldNotVerify);
  EXPECT_EQ(repository.recorded.back().outcome, VerifyOutcome::kCouldNotVerify);
  instance.proof = Error(ErrorCode::kCancelled, "stopped");
  EXPECT_EQ(Verify({.level = 3}).error->code(), ErrorCode::kCancelled);
}

TEST_F(RepositoryOperationsTest, AnInstanceKnownOnlyFromItsBackupsCanBeCheckedAndPruned) {
  RecordedInstance recorded(DatabaseEngine("not-built-in"), "old");
  repository.report.backups = {{"b1", "old", VerifyOutcome::kPassed, ""}};
  VerifyOperation verify({.level = 1}, repository);
  EXPECT_TRUE(Run(verify, recorded).success);
  EXPECT_EQ(repository.checked, "latest@old");
  PruneOperation prune({}, repository);
  EXPECT_TRUE(Run(prune, recorded).success);
}

TEST_F(RepositoryOperationsTest, ADryRunOfVerifyReadsAndRecordsNothing) {
  dry_run = true;
  EXPECT_TRUE(Verify({}).success);
  EXPECT_TRUE(Verify({.level = 3}).success);
  EXPECT_EQ(Verify({.source = "nonsense"}).error->code(), ErrorCode::kNotFound);
  EXPECT_EQ(repository.checks + instance.proofs, 0);
  EXPECT_THAT(repository.recorded, IsEmpty());
}

class PruneOperationTest : public RepositoryOperationsTest {
 protected:
  PruneOperationTest() {
    repository.plan.points = {
        {"b1", {}, repository::Soundness::kUnchecked, {}},
        {"b2", {}, repository::Soundness::kVerified, {"last 1", "floor of 2"}}};
    repository.prune_report = {.removed = {"b1"},
                               .spared = {"b9"},
                               .packs_removed = 4,
                               .bytes_removed = 1000,
                               .problems = {"i/shop/odd"}};
  }
};

TEST_F(PruneOperationTest, OnlyPlansUnlessToldToRemove) {
  const OperationResult result = Prune({.retention = {.keep_last = 1}});
  ASSERT_TRUE(result.success);
  EXPECT_EQ(repository.prunes, 0);
  EXPECT_EQ(result.details.at("would_remove"), "1");
  EXPECT_EQ(result.details.at("kept"), "1");
  EXPECT_EQ(result.details.at("remove.b1"), "no rule keeps it");
  EXPECT_EQ(result.details.at("keep.b2"), "last 1, floor of 2");
  EXPECT_FALSE(result.details.contains("removed"));
}

// An attempt that removed something is not made again: the next one would say "0 removed".
TEST_F(PruneOperationTest, AFailureTellsWhatHasBeenRemovedBefore) {
  repository.prune_report.failure =
      Error(ErrorCode::kIoError, "the disk went").WithRetry(Retry::kTransient);
  const OperationResult result = Prune({.action = PruneOptions::Action::kRemove});
  ASSERT_FALSE(result.success);
  EXPECT_EQ(repository.prunes, 1);
  EXPECT_EQ(result.error->code(), ErrorCode::kIoError);
  EXPECT_THAT(result.message, HasSubstr("1 backup of 'shop' removed, then: the disk went"));
  const StringMap recorded = audit.records().back().details;
  EXPECT_EQ(recorded.at("removed." + repository.prune_report.removed.front()), "yes");
}

TEST_F(PruneOperationTest, RemovesWhenToldAndTellsWhat) {
  const OperationResult result = Prune({.action = PruneOptions::Action::kRemove});
  ASSERT_TRUE(result.success);
  EXPECT_EQ(repository.prunes, 1);
  EXPECT_EQ(result.details.at("removed"), "1");
  EXPECT_EQ(result.details.at("packs_removed"), "4");
  EXPECT_EQ(result.details.at("bytes_removed"), "1000");
  EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("b9 was spared"), HasSubstr("i/shop/odd")));
  EXPECT_EQ(audit.records().back().details.at("removed"), "1");
}

TEST_F(PruneOperationTest, ADryRunNeverRemoves) {
  dry_run = true;
  EXPECT_TRUE(Prune({.action = PruneOptions::Action::kRemove}).success);
  EXPECT_EQ(repository.prunes, 0);
}

TEST_F(PruneOperationTest, WhatWouldEndRunningBackupsIsRefused) {
  for (const auto seconds : {-5, 0, 3599}) {
    const OperationResult result =
        Prune({.retention = {.fence_after = std::chrono::seconds(seconds)}});
    EXPECT_EQ(result.error->code(), ErrorCode::kInvalidOptions) << seconds;
  }
  EXPECT_FALSE(Prune({.retention = {.keep_within = std::chrono::seconds(-1)}}).success);
  EXPECT_EQ(repository.prunes, 0);
}

TEST_F(PruneOperationTest, EveryRuleReachesTheRepository) {
  ASSERT_TRUE(Prune({.retention = {.keep_last = 1,
                                   .keep_daily = 2,
                                   .keep_weekly = 3,
                                   .keep_monthly = 4,
                                   .keep_yearly = 5,
                                   .keep_within = std::chrono::seconds(6),
                                   .floor_verified = 7,
                                   .fence_after = std::chrono::hours(8)}})
                  .success);
  const RetentionPolicy& policy = repository.seen_policy;
  EXPECT_EQ(policy.keep_last, 1u);
  EXPECT_EQ(policy.keep_daily, 2u);
  EXPECT_EQ(policy.keep_weekly, 3u);
  EXPECT_EQ(policy.keep_monthly, 4u);
  EXPECT_EQ(policy.keep_yearly, 5u);
  EXPECT_EQ(policy.keep_within, std::chrono::seconds(6));
  EXPECT_EQ(policy.floor_verified, 7u);
  EXPECT_EQ(policy.fence_after, std::chrono::hours(8));
}

}  // namespace
}  // namespace dbstow
