#include "repository/chain_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repository/backup_writer.h"
#include "repository/ids.h"
#include "support/test_repository.h"

namespace dbstow::repository {
namespace {

using std::chrono::hours;
using test::BackupContent;
using test::TestRepository;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TimePoint At(const char* time) { return ParseTime(time).value(); }

TEST(TimeForId, IsNowUnlessTheNewestIdIsNotBefore) {
  const TimePoint now = At("2026-11-23T12:00:00Z");
  EXPECT_EQ(TimeForId(now, ""), now);
  EXPECT_EQ(TimeForId(now, "20261123T115959Z-aaaaaa"), now);
  EXPECT_EQ(TimeForId(now, "20261123T120000Z-aaaaaa"), At("2026-11-23T12:00:01Z"));
  EXPECT_EQ(TimeForId(now, "20281231T235959Z-aaaaaa"), At("2029-01-01T00:00:00Z"));
  EXPECT_EQ(TimeForId(now, "99991231T235959Z-aaaaaa"), At("9999-12-31T23:59:59Z"));
  EXPECT_EQ(TimeForId(now, "what else-aaaaaa"), now);
}

BackupRecord Made(const std::string& id, const std::string& parent = "", const char* engine = "e") {
  BackupRecord record;
  record.id = id;
  record.parent_id = parent;
  record.engine = engine;
  const auto time = CompactTimeFromText(SecondOf(id));
  if (time && record.readable()) record.started = *time;
  return record;
}

std::vector<std::string> Sorted(std::vector<BackupRecord> records) {
  SortByMaking(records);
  std::vector<std::string> ids;
  for (const BackupRecord& each : records) ids.push_back(each.id);
  return ids;
}

TEST(SortByMaking, GoesByIdsButNeverAgainstParents) {
  const std::string old = "20261120T000000Z-1";
  const std::string ahead = "20261207T000000Z-2";
  const std::string first = "20261121T000000Z-3";
  const std::string second = "20261122T000000Z-4";
  const std::string other = "20261123T000000Z-5";
  EXPECT_THAT(Sorted({Made(first), Made(ahead), Made(old)}), ElementsAre(old, first, ahead));
  EXPECT_THAT(Sorted({Made(second, ahead), Made(first, ahead), Made(ahead, old), Made(old)}),
              ElementsAre(old, ahead, first, second));
  EXPECT_THAT(Sorted({Made(second, ahead), Made(other, second), Made(ahead, "gone")}),
              ElementsAre(ahead, second, other));
  EXPECT_THAT(Sorted({Made(old, ahead), Made(ahead, old)}).size(), 2u) << "a ring ends too";
}

TEST(SortByMaking, ADamagedOneIsLastInItsSecond) {
  const std::string sound = "20261120T000000Z-2";
  const std::string damaged = "20261120T000000Z-1";
  EXPECT_THAT(Sorted({Made(sound), Made(damaged, "", "")}), ElementsAre(sound, damaged));
  EXPECT_THAT(Sorted({Made(sound, damaged), Made(damaged, "", "")}), ElementsAre(damaged, sound));
}

class WrongClock : public ::testing::Test {
 protected:
  BackupRecord Backup(std::uint64_t seed) {
    BackupContent content;
    content.streams["s"] = test::Text(5'000, seed);
    return repo_.Backup("db", content).value();
  }
  void ExpectLatest(const BackupRecord& record) {
    EXPECT_EQ(repo_->Latest("db").value().id, record.id);
    EXPECT_EQ(repo_->Open("latest", "db").value()->record().id, record.id);
    EXPECT_EQ(repo_->List("db").value().back().id, record.id);
  }
  TestRepository repo_;
};

TEST_F(WrongClock, ThatRanAheadDoesNotTurnTheOrderRound) {
  const BackupRecord old = Backup(1);
  repo_.clock.Advance(hours(24 * 10));
  const BackupRecord ahead = Backup(2);
  EXPECT_THAT(ahead.warnings, IsEmpty());
  repo_.clock.Advance(-hours(24 * 10));
  std::vector<BackupRecord> later;
  for (std::uint64_t seed = 3; seed < 5; ++seed) {
    later.push_back(Backup(seed));
    ExpectLatest(later.back());
    EXPECT_LT(later.back().started, ahead.started) << "the record says what the clock said";
    ASSERT_EQ(later.back().warnings.size(), 1u);
    EXPECT_THAT(later.back().warnings[0], HasSubstr("clock"));
  }
  RetentionPolicy policy;
  policy.keep_last = 1;
  policy.floor_verified = 1;
  const auto plan = repo_->PlanPrune("db", policy).value();
  EXPECT_THAT(plan.RemovedIds(), ElementsAre(old.id, ahead.id, later[0].id));
  ASSERT_EQ(plan.warnings.size(), 1u);
  EXPECT_THAT(plan.warnings[0], HasSubstr(ahead.id));
  ASSERT_TRUE(repo_->Prune(plan));
  ExpectLatest(later[1]);
  // Time has passed the wrong date: all as usual.
  repo_.clock.Advance(hours(24 * 11));
  ExpectLatest(later[1]);
  const BackupRecord last = Backup(6);
  EXPECT_THAT(last.warnings, IsEmpty());
  ExpectLatest(last);
}

TEST_F(WrongClock, ThatRunsBehindDoesNotEither) {
  const BackupRecord first = Backup(1);
  repo_.clock.Advance(-hours(24 * 365));
  const BackupRecord second = Backup(2);
  EXPECT_EQ(second.parent_id, first.id);
  ExpectLatest(second);
  ExpectLatest(Backup(3));
}

TEST_F(WrongClock, OfTwoMachinesThatTakeTurns) {
  for (int turn = 0; turn < 6; ++turn) {
    repo_.clock.Advance(turn % 2 == 0 ? hours(3) : -hours(3));
    ExpectLatest(Backup(1 + turn));
  }
}

}  // namespace
}  // namespace dbstow::repository
