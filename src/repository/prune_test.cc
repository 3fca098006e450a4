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
    if (report) {
      EXPECT_GT(stop_at, 3) << "three backups were to go";
      break;
    }
    EXPECT_EQ(report.error().code(), ErrorCode::kCancelled);
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

TEST(KeySlots, AreAddedRemovedAndRotated) {
  TestRepository repo;
  BackupContent content;
  content.streams["s"] = test::Text(1000, 1);
  const BackupRecord before = repo.Backup("db", content).value();
  const SecretString second("second");
  const KeySlotInfo added = repo->AddKeySlot({second}, "spare", io::KdfCost::Cheapest()).value();
  EXPECT_EQ(repo->KeySlots().value().size(), 2u);
  auto other = Repository::Open(repo.ports(), {second}).value();
  ASSERT_TRUE(repo->RemoveKeySlot(added.id));
  EXPECT_EQ(Repository::Open(repo.ports(), {second}).error().code(), ErrorCode::kWrongKey);
  EXPECT_EQ(repo->RemoveKeySlot(repo->KeySlots().value()[0].id).error().code(),
            ErrorCode::kSafetyRefused);
  EXPECT_EQ(repo->RemoveKeySlot("none").error().code(), ErrorCode::kNotFound);

  const SecretString rotated("rotated");
  ASSERT_TRUE(repo->RotateEpoch({rotated}, io::KdfCost::Cheapest()));
  EXPECT_FALSE(repo.Reopen());
  const BackupRecord after = repo.Backup("db", content).value();
  EXPECT_TRUE(after.parent_id.empty()) << "nothing of the old epoch is built upon";
  auto opened = Repository::Open(repo.ports(), {rotated}).value();
  for (const std::string& id : {before.id, after.id}) {
    auto reader = opened->Open(id, "db").value();
    EXPECT_EQ(test::ReadAll(*reader).value(), content);
  }
  EXPECT_EQ(other->Open(after.id, "db").error().code(), ErrorCode::kWrongKey)
      << "whoever had the old keys cannot read what came later";
}

TEST(KeySlots, WhoeverChangesKeysLaterThanAnotherIsToldAndChangesNothing) {
  TestRepository repo;
  auto late = Repository::Open(repo.ports(), {repo.passphrase}).value();
  const SecretString first("first");
  const SecretString second("second");
  ASSERT_TRUE(repo->RotateEpoch({first}, io::KdfCost::Cheapest()));
  const auto record = repo.Backup("db", {}).value();
  const auto rotated = late->RotateEpoch({second}, io::KdfCost::Cheapest());
  EXPECT_EQ(rotated.error().code(), ErrorCode::kConflict);
  const auto added = late->AddKeySlot({second}, "spare", io::KdfCost::Cheapest());
  EXPECT_EQ(added.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(repo->KeySlots().value().size(), 1u);
  auto opened = Repository::Open(repo.ports(), {first});
  ASSERT_TRUE(opened);
  EXPECT_TRUE((*opened)->Open(record.id, "db"));
}

TEST(KeySlots, OfTwoRotationsInTheSameMomentOneSucceedsAtMost) {
  TestRepository repo;
  auto other = Repository::Open(repo.ports(), {repo.passphrase}).value();
  const SecretString mine("mine");
  const SecretString theirs("theirs");
  // The other one runs whole between the new slot and the look at who else is there.
  Result<void> inner = Error(ErrorCode::kInternal, "never ran");
  bool ran = false;
  repo.store.SetFault([&](std::string_view call, std::string_view key) -> Result<void> {
    if (call != "List" || key != "keys/" || ran) return {};
    ran = true;
    inner = other->RotateEpoch({theirs}, io::KdfCost::Cheapest());
    return {};
  });
  const auto outer = repo->RotateEpoch({mine}, io::KdfCost::Cheapest());
  repo.store.SetFault(nullptr);
  ASSERT_TRUE(ran);
  EXPECT_FALSE(inner);
  EXPECT_TRUE(outer);
  EXPECT_TRUE(Repository::Open(repo.ports(), {mine}));
  EXPECT_FALSE(Repository::Open(repo.ports(), {theirs}));
}

}  // namespace
}  // namespace dbstow::repository
