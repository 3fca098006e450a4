#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_repository.h"

namespace dbstow::repository {
namespace {

using test::BackupContent;
using test::TestRepository;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Prune : public ::testing::Test {
 protected:
  BackupContent Content(std::uint64_t seed) {
    BackupContent content;
    content.streams["s"] = test::Text(20'000, seed);
    content.pages["p"] = {512, test::Text(512 * 50, 7)};
    return content;
  }
  RetentionPolicy KeepLast(std::uint32_t count) {
    RetentionPolicy policy;
    policy.keep_last = count;
    policy.floor_verified = 1;
    return policy;
  }
  PruneReport Run(const RetentionPolicy& policy) {
    return repo_->Prune(repo_->PlanPrune("db", policy).value()).value();
  }
  TestRepository repo_;
};

TEST_F(Prune, APlanChangesNothingAndGivesReasons) {
  const std::string first = repo_.Backup("db", Content(1)).value().id;
  const std::string second = repo_.Backup("db", Content(2)).value().id;
  const auto before = repo_.store.Keys();
  const auto plan = repo_->PlanPrune("db", KeepLast(1)).value();
  EXPECT_THAT(plan.RemovedIds(), ElementsAre(first));
  EXPECT_EQ(plan.points[1].id, second);
  EXPECT_FALSE(plan.points[1].reasons.empty());
  EXPECT_EQ(repo_.store.Keys(), before);
}

TEST_F(Prune, TheParentGoesAndItsChildStillRestores) {
  ASSERT_TRUE(repo_.Backup("db", Content(1)));
  const BackupRecord second = repo_.Backup("db", Content(2)).value();
  ASSERT_FALSE(second.parent_id.empty());
  const PruneReport report = Run(KeepLast(1));
  EXPECT_THAT(report.removed, ElementsAre(second.parent_id));
  EXPECT_EQ(repo_.Restore(second.id, "db").value(), Content(2));
  EXPECT_EQ(repo_->Check().value().unreferenced_packs, 0u);
  EXPECT_THAT(repo_.store.Keys("i/db/trash/"), IsEmpty());
}

TEST_F(Prune, PacksThatNobodyNeedsGo) {
  BackupContent content;
  content.streams["s"] = test::Text(200'000, 1);
  ASSERT_TRUE(repo_.Backup("db", content));
  content.streams["s"] = test::Text(200'000, 2);
  ASSERT_TRUE(repo_.Backup("db", content));
  const PruneReport report = Run(KeepLast(1));
  EXPECT_GT(report.packs_removed, 0u);
  EXPECT_GT(report.bytes_removed, 0u);
  EXPECT_EQ(repo_->Check().value().unreferenced_packs, 0u);
}

TEST_F(Prune, WhatIsBeingReadIsSpared) {
  const BackupRecord first = repo_.Backup("db", Content(1)).value();
  ASSERT_TRUE(repo_.Backup("db", Content(2)));
  auto reader = repo_->Open(first.id, "db").value();
  EXPECT_THAT(Run(KeepLast(1)).spared, ElementsAre(first.id));
  EXPECT_EQ(test::ReadAll(*reader).value(), Content(1));
  reader.reset();
  EXPECT_THAT(Run(KeepLast(1)).removed, ElementsAre(first.id));
}

TEST_F(Prune, TheFloorIsCheckedAgainWhenThePlanIsOld) {
  const std::string first = repo_.Backup("db", Content(1)).value().id;
  const std::string second = repo_.Backup("db", Content(2)).value().id;
  const auto old_plan = repo_->PlanPrune("db", KeepLast(1)).value();
  // Meanwhile the second one goes by another way.
  for (const std::string& key : repo_.store.Keys("i/db/m/" + second)) {
    ASSERT_TRUE(repo_.store.Delete(key));
  }
  EXPECT_THAT(repo_->Prune(old_plan).value().spared, ElementsAre(first));
}

TEST_F(Prune, VerifiedBackupsCountForTheFloor) {
  const std::string first = repo_.Backup("db", Content(1)).value().id;
  ASSERT_TRUE(
      repo_->RecordVerification({first, "db", 1, VerifyOutcome::kPassed, repo_.clock.Now()}));
  ASSERT_TRUE(repo_.Backup("db", Content(2)));
  EXPECT_THAT(Run(KeepLast(1)).removed, IsEmpty());
  ASSERT_TRUE(
      repo_->RecordVerification({first, "db", 2, VerifyOutcome::kFailed, repo_.clock.Now()}));
  EXPECT_THAT(Run(KeepLast(1)).removed, ElementsAre(first));
  EXPECT_TRUE(repo_->Standings("db").value().empty()) << "they go with their backup";
}

TEST_F(Prune, ADeadWritersDebrisGoesOnceItIsFenced) {
  ASSERT_TRUE(repo_.Backup("db", Content(1)));
  auto writer = repo_->Begin(TestRepository::Plan("db")).value();
  ASSERT_TRUE(test::Fill(*writer, Content(2)));
  BackupContent big;
  big.streams["big"] = test::Text(400'000, 9);
  ASSERT_TRUE(test::Fill(*writer, big));
  EXPECT_GT(repo_->Check().value().unreferenced_packs, 0u);
  EXPECT_EQ(Run(KeepLast(5)).packs_removed, 0u) << "its packs are its own while it lives";

  repo_.clock.Advance(std::chrono::hours(24 * 30));
  const PruneReport report = Run(KeepLast(5));
  EXPECT_EQ(report.fenced.size(), 1u);
  EXPECT_GT(report.packs_removed, 0u);
  EXPECT_THAT(repo_.store.Keys("i/db/intent/"), IsEmpty());
  EXPECT_EQ(repo_->Check().value().unreferenced_packs, 0u);
  // It was only asleep, and wakes up.
  EXPECT_EQ(writer->Commit({}).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(repo_->List("db").value().size(), 1u);
}

TEST_F(Prune, AFenceOfACommittedSessionIsWithdrawn) {
  ASSERT_TRUE(repo_.Backup("db", Content(1)));
  const std::string manifest = repo_.store.Keys("i/db/m/").front();
  const std::string session = manifest.substr(manifest.rfind('.') + 1);
  EXPECT_FALSE(repo_->Fence("db", session).value());
  EXPECT_THAT(repo_.store.Keys("i/db/fence/"), IsEmpty());
  EXPECT_EQ(repo_->Fence("db", "nonsense").error().code(), ErrorCode::kInvalidOptions);
}

// The machine dies between the last step but one of a backup and the last.
class DeadAfterCommit : public Prune {
 protected:
  BackupRecord BackupThatStaysAnnounced(std::uint64_t seed) {
    repo_.store.SetFault([](std::string_view call, std::string_view key) -> Result<void> {
      const bool last = call == "Delete" && key.find("/intent/") != std::string_view::npos;
      return last ? Result<void>(Error(ErrorCode::kUnavailable, "died")) : Result<void>();
    });
    BackupRecord record = repo_.Backup("db", Content(seed)).value();
    repo_.store.SetFault({});
    EXPECT_EQ(repo_.store.Keys("i/db/intent/").size(), 1u);
    return record;
  }
};

TEST_F(DeadAfterCommit, ItPinsItsParentNoMoreAndGoesItselfWhenNoRuleKeepsIt) {
  const std::string parent = repo_.Backup("db", Content(1)).value().id;
  const BackupRecord dead = BackupThatStaysAnnounced(2);
  ASSERT_EQ(dead.parent_id, parent);
  for (std::uint64_t seed = 3; seed < 5; ++seed) ASSERT_TRUE(repo_.Backup("db", Content(seed)));
  const auto before = Run(KeepLast(1));
  EXPECT_THAT(before.spared, IsEmpty());
  EXPECT_EQ(before.removed.size(), 2u);
  EXPECT_EQ(repo_.Restore(dead.id, "db").value(), Content(2)) << "its writer may be alive";

  repo_.clock.Advance(std::chrono::hours(24 * 8));
  const PruneReport report = Run(KeepLast(1));
  EXPECT_THAT(report.removed, ElementsAre(dead.id));
  EXPECT_EQ(report.fenced.size(), 1u);
  EXPECT_THAT(repo_.store.Keys("i/db/intent/"), IsEmpty());
  EXPECT_EQ(repo_->Check().value().unreferenced_packs, 0u);
  EXPECT_EQ(repo_.Restore("latest", "db").value(), Content(4));
}

TEST_F(DeadAfterCommit, NothingElseGoesBecauseItIsThere) {
  const std::string other = repo_.Backup("db", Content(1)).value().id;
  const BackupRecord dead = BackupThatStaysAnnounced(2);
  repo_.clock.Advance(std::chrono::hours(24 * 8));
  const auto plan = repo_->PlanPrune("db", KeepLast(1)).value();
  EXPECT_THAT(plan.RemovedIds(), IsEmpty()) << "its writer may wake up and take it back";
  EXPECT_THAT(plan.sessions_to_fence, IsEmpty());
  EXPECT_THAT(repo_->Prune(plan).value().removed, IsEmpty());
  EXPECT_EQ(repo_->List("db").value().size(), 2u);
}

TEST_F(Prune, ASessionDatedAheadIsToldAndCountsFromWhenItWasSeen) {
  ASSERT_TRUE(repo_.Backup("db", Content(1)));
  constexpr std::chrono::hours kYear(24 * 365);
  repo_.clock.Advance(kYear);
  const auto dead = repo_->Begin(TestRepository::Plan("db")).value();
  repo_.clock.Advance(-kYear);
  const auto plan = repo_->PlanPrune("db", KeepLast(1)).value();
  ASSERT_EQ(plan.warnings.size(), 1u);
  EXPECT_THAT(plan.warnings[0], ::testing::HasSubstr("a clock is or was wrong"));
  EXPECT_THAT(repo_.store.Keys("i/db/fence/"), IsEmpty()) << "a plan changes nothing";
  EXPECT_THAT(repo_->Prune(plan).value().fenced, IsEmpty());
  repo_.clock.Advance(std::chrono::hours(24 * 6));
  EXPECT_THAT(Run(KeepLast(1)).fenced, IsEmpty());
  repo_.clock.Advance(std::chrono::hours(24 * 2));
  EXPECT_EQ(Run(KeepLast(1)).fenced.size(), 1u);
  EXPECT_THAT(repo_.store.Keys("i/db/intent/"), IsEmpty());
  EXPECT_EQ(repo_.store.Keys("i/db/fence/").size(), 1u) << "the confirmed fence alone";
}

TEST_F(Prune, ADeadPrunersMarkIsTakenOver) {
  const std::string first = repo_.Backup("db", Content(1)).value().id;
  ASSERT_TRUE(repo_.Backup("db", Content(2)));
  const auto plan = repo_->PlanPrune("db", KeepLast(1)).value();
  repo_.store.SetFault([](std::string_view call, std::string_view) -> Result<void> {
    return call == "Delete" ? Result<void>(Error(ErrorCode::kUnavailable, "died")) : Result<void>();
  });
  EXPECT_FALSE(repo_->Prune(plan));
  repo_.store.SetFault({});
  EXPECT_EQ(repo_.store.Keys("i/db/trash/").size(), 1u);
  EXPECT_TRUE(repo_.Restore(first, "db")) << "what is marked can still be read";
  EXPECT_THAT(Run(KeepLast(1)).removed, ElementsAre(first));
  EXPECT_THAT(repo_.store.Keys("i/db/trash/"), IsEmpty());
}

// Between listing a backup and reading it a slow pruner is overtaken: the writer that built upon it
// ends, and another pruner removes it.
TEST_F(Prune, OvertakenByOthersItTakesNoPackFromTheChildOfABackupThatWent) {
  const std::string parent = repo_.Backup("db", Content(1)).value().id;
  auto child = repo_->Begin(TestRepository::Plan("db")).value();
  ASSERT_TRUE(test::Fill(*child, Content(2)));
  const std::string manifest = repo_.store.Keys("i/db/m/").front();
  const auto keep_all = repo_->PlanPrune("db", {}).value();
  bool sweeping = false;
  repo_.store.SetFault([&](std::string_view call, std::string_view key) -> Result<void> {
    sweeping = sweeping || (call == "List" && key == "i/db/packs/");
    if (!sweeping || call != "Get" || key != manifest) return {};
    repo_.store.SetFault({});
    EXPECT_TRUE(child->Commit({}));
    EXPECT_THAT(Run(KeepLast(1)).removed, ElementsAre(parent));
    return {};
  });
  ASSERT_TRUE(repo_->Prune(keep_all));
  EXPECT_EQ(repo_.Restore(child->id(), "db").value(), Content(2));
  EXPECT_TRUE(repo_->Check().value().healthy());
}

// Stopped before each of its deletions in turn: what is left is whole, and the next run ends it.
TEST_F(Prune, StopsWhereverItIsAskedToAndTheNextGoesOn) {
  for (int stop_at = 1;; ++stop_at) {
    SCOPED_TRACE(stop_at);
    const std::string chain = "db" + std::to_string(stop_at);
    std::string newest;
    for (std::uint64_t i = 0; i < 4; ++i) newest = repo_.Backup(chain, Content(i)).value().id;
    std::stop_source stopper;
    int deletions = 0;
    repo_.store.SetFault([&](std::string_view call, std::string_view key) -> Result<void> {
      if (call == "Delete" && key.find("/trash/") == std::string_view::npos &&
          ++deletions == stop_at) {
        stopper.request_stop();
      }
      return {};
    });
    const auto plan = repo_->PlanPrune(chain, KeepLast(1)).value();
    const auto report = repo_->Prune(plan, {.stop = stopper.get_token()});
    repo_.store.SetFault({});
    EXPECT_EQ(repo_.Restore(newest, chain).value(), Content(3));
    EXPECT_THAT(repo_.store.Keys("i/" + chain + "/trash/"), IsEmpty());
    ASSERT_TRUE(report) << "backups went, and nobody would know which";
    EXPECT_EQ(report->removed.size(), static_cast<std::size_t>(std::min(stop_at, 3)));
    if (!report->failure) {
      EXPECT_GT(stop_at, 3) << "three backups were to go";
      break;
    }
    EXPECT_EQ(report->failure->code(), ErrorCode::kCancelled);
    EXPECT_EQ(deletions, stop_at) << "nothing more was deleted";
    ASSERT_TRUE(repo_->Prune(repo_->PlanPrune(chain, KeepLast(1)).value()));
    EXPECT_EQ(repo_->List(chain).value().size(), 1u);
    EXPECT_EQ(repo_->Check().value().unreferenced_packs, 0u);
  }
}

TEST_F(Prune, StopsAtItsDeadline) {
  ASSERT_TRUE(repo_.Backup("db", Content(1)));
  ASSERT_TRUE(repo_.Backup("db", Content(2)));
  const CheckContext late{.deadline = Deadline(Monotonic())};
  EXPECT_EQ(repo_->PlanPrune("db", KeepLast(1), late).error().code(), ErrorCode::kTimeout);
  const auto plan = repo_->PlanPrune("db", KeepLast(1)).value();
  EXPECT_EQ(repo_->Prune(plan, late).error().code(), ErrorCode::kTimeout);
  EXPECT_EQ(repo_->List("db").value().size(), 2u);
}

}  // namespace
}  // namespace dbstow::repository
