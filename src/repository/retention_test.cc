#include "repository/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

namespace dbstow::repository {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

const TimePoint kNow = ParseTime("2026-11-23T12:00:00Z").value();

RetentionCandidate At(const std::string& id, const char* time,
                      Soundness soundness = Soundness::kUnchecked) {
  return {id, ParseTime(time).value(), std::nullopt, soundness};
}

std::vector<std::string> Kept(const std::vector<PrunePoint>& points) {
  std::vector<std::string> ids;
  for (const PrunePoint& each : points) {
    if (each.keep()) ids.push_back(each.id);
  }
  return ids;
}

TEST(Retention, WithoutRulesAllIsKept) {
  const auto points = DecideRetention({At("a", "2020-01-01T00:00:00Z")}, {}, kNow);
  EXPECT_THAT(Kept(points), ElementsAre("a"));
}

// Those who write "for ever" in C++ may write the largest number.
TEST(Retention, TheLongestTimesAreNoShortOnes) {
  constexpr auto kForEver = std::chrono::seconds::max();
  RetentionPolicy policy;
  policy.keep_within = kForEver;
  policy.floor_verified = 0;
  const auto points = DecideRetention({At("a", "1970-01-01T00:00:00Z")}, policy, kNow);
  EXPECT_THAT(Kept(points), ElementsAre("a"));
  EXPECT_FALSE(IsOver(TimePoint(), kForEver, kNow));
  const TimePoint hour_ago = kNow - hours(1);
  EXPECT_TRUE(IsOver(hour_ago, hours(1), kNow));
  EXPECT_FALSE(IsOver(hour_ago + std::chrono::microseconds(1), hours(1), kNow));
  EXPECT_TRUE(IsWithin(hour_ago, hours(1), kNow));
  EXPECT_FALSE(IsWithin(hour_ago - std::chrono::microseconds(1), hours(1), kNow));
}

TEST(Retention, TheNewestOfEachPeriodIsKept) {
  RetentionPolicy policy;
  policy.keep_daily = 2;
  policy.keep_weekly = 2;
  policy.floor_verified = 0;
  const auto points = DecideRetention(
      {At("saturday", "2026-11-21T10:00:00Z"), At("sunday", "2026-11-22T23:59:59Z"),
       At("monday early", "2026-11-23T00:00:00Z"), At("monday late", "2026-11-23T10:00:00Z")},
      policy, kNow);
  // Monday is the start of an ISO week, so sunday is the newest of the week before.
  EXPECT_THAT(Kept(points), ElementsAre("sunday", "monday late"));
  EXPECT_THAT(points.back().reasons, ElementsAre("daily 1 of 2", "weekly 1 of 2"));
}

TEST(Retention, AClockThatRanAheadTakesNoPlaceFromWhatWasMadeLater) {
  RetentionPolicy policy;
  policy.floor_verified = 1;
  policy.keep_last = 1;
  const std::vector<RetentionCandidate> all = {
      At("old", "2026-11-20T10:00:00Z"), At("ahead", "2026-12-07T10:00:00Z"),
      At("true", "2026-11-22T10:00:00Z"), At("newest", "2026-11-23T10:00:00Z")};
  EXPECT_THAT(Kept(DecideRetention(all, policy, kNow)), ElementsAre("newest"));
  policy.keep_daily = 2;
  EXPECT_THAT(Kept(DecideRetention(all, policy, kNow)), ElementsAre("true", "newest"));
}

TEST(Retention, WithinAndRetainUntil) {
  RetentionPolicy policy;
  policy.keep_within = hours(24);
  policy.floor_verified = 0;
  RetentionCandidate held = At("held", "2020-01-01T00:00:00Z");
  held.retain_until = kNow + hours(1);
  const auto points = DecideRetention(
      {held, At("old", "2026-11-22T11:59:59Z"), At("new", "2026-11-22T12:00:00Z")}, policy, kNow);
  EXPECT_THAT(Kept(points), ElementsAre("held", "new"));
}

TEST(Retention, TheFloorKeepsOldVerifiedBackupsUnderNewUnverifiedOnes) {
  RetentionPolicy policy;
  policy.keep_last = 1;
  policy.floor_verified = 2;
  const auto points =
      DecideRetention({At("v1", "2026-01-01T00:00:00Z", Soundness::kVerified),
                       At("v2", "2026-01-02T00:00:00Z", Soundness::kVerified),
                       At("v3", "2026-01-03T00:00:00Z", Soundness::kVerified),
                       At("u1", "2026-01-04T00:00:00Z"), At("u2", "2026-01-05T00:00:00Z")},
                      policy, kNow);
  EXPECT_THAT(Kept(points), ElementsAre("v2", "v3", "u2"));
  EXPECT_THAT(points[1].reasons, ElementsAre("floor of 2 verified backups"));
}

TEST(Retention, TheFloorCallsNoBackupVerifiedThatIsNot) {
  RetentionPolicy policy;
  policy.keep_last = 1;
  policy.floor_verified = 2;
  const auto points = DecideRetention(
      {At("u1", "2026-01-04T00:00:00Z"), At("u2", "2026-01-05T00:00:00Z")}, policy, kNow);
  EXPECT_THAT(points.front().reasons, ElementsAre("floor of 2: too few are verified"));
}

TEST(Retention, WithTooFewVerifiedTheNewestOthersMakeUpTheFloor) {
  EXPECT_THAT(RetentionFloor({At("v", "2026-01-01T00:00:00Z", Soundness::kVerified),
                              At("u1", "2026-01-02T00:00:00Z"), At("u2", "2026-01-03T00:00:00Z")},
                             2),
              ElementsAre("v", "u2"));
}

// Its writer reported it and could not take back its announcement; then a check passed.
TEST(Retention, TheFloorProtectsWhatIsVerifiedButUnendedAndCountsOnOthers) {
  RetentionPolicy policy;
  policy.keep_last = 1;
  policy.floor_verified = 2;
  std::vector<RetentionCandidate> all = {
      At("v1", "2026-01-01T00:00:00Z", Soundness::kVerified),
      At("open", "2026-01-02T00:00:00Z", Soundness::kVerifiedUnended),
      At("u1", "2026-01-03T00:00:00Z"), At("u2", "2026-01-04T00:00:00Z")};
  EXPECT_THAT(RetentionFloor(all, 2), ElementsAre("open", "v1", "u2"));
  EXPECT_THAT(Kept(DecideRetention(all, policy, kNow)), ElementsAre("v1", "open", "u2"));
  all.push_back(At("v2", "2026-01-05T00:00:00Z", Soundness::kVerified));
  all.push_back(At("v3", "2026-01-06T00:00:00Z", Soundness::kVerified));
  EXPECT_THAT(RetentionFloor(all, 2), ElementsAre("v3", "v2"));
}

// Two prunes of the same backups may know of different checks, and keep different ones.
TEST(Retention, WhatAnotherPruneMayRemoveMakesUpNoFloor) {
  const std::vector<RetentionCandidate> all = {
      At("v", "2026-01-01T00:00:00Z", Soundness::kVerified), At("u1", "2026-01-02T00:00:00Z"),
      At("u2", "2026-01-03T00:00:00Z"), At("u3", "2026-01-04T00:00:00Z")};
  EXPECT_THAT(FloorBeside(all, {}, 2), UnorderedElementsAre("v", "u3"));
  EXPECT_THAT(FloorBeside(all, {"v", "u1", "u2", "u3"}, 1),
              UnorderedElementsAre("v", "u1", "u2", "u3"));
  // Two unchecked ones stay: enough for another such one to go, not for the verified one.
  EXPECT_THAT(FloorBeside(all, {"v", "u1"}, 2), UnorderedElementsAre("v", "u2", "u3"));
  EXPECT_THAT(FloorBeside(all, {"u1", "u2"}, 2), UnorderedElementsAre("v", "u3"));
}

class NobodysPlace : public ::testing::TestWithParam<Soundness> {};

TEST_P(NobodysPlace, IsTakenByWhatCannotBeReliedOn) {
  RetentionPolicy policy;
  policy.keep_last = 1;
  policy.floor_verified = 2;
  const std::vector<RetentionCandidate> all = {At("older", "2026-01-01T00:00:00Z"),
                                               At("good", "2026-01-02T00:00:00Z"),
                                               At("bad", "2026-01-03T00:00:00Z", GetParam()),
                                               At("worse", "2026-01-04T00:00:00Z", GetParam())};
  EXPECT_THAT(Kept(DecideRetention(all, policy, kNow)),
              ElementsAre("older", "good", "bad", "worse"));
  policy.floor_verified = 0;
  EXPECT_THAT(Kept(DecideRetention(all, policy, kNow)), ElementsAre("good", "bad", "worse"));
  EXPECT_THAT(RetentionFloor(all, 3), ElementsAre("good", "older", "worse"));
}

INSTANTIATE_TEST_SUITE_P(Retention, NobodysPlace,
                         ::testing::Values(Soundness::kFailed, Soundness::kUnended));

// The oracle says it the other way round: for each backup, is there a rule that wants it?
bool OracleKeeps(const std::vector<RetentionCandidate>& all, const RetentionCandidate& one,
                 const RetentionPolicy& policy) {
  const auto newer = [](const RetentionCandidate& a, const RetentionCandidate& b) {
    return &a > &b;  // whatever their times say
  };
  const auto rank = [&](const auto& counts) {
    return static_cast<std::uint32_t>(std::ranges::count_if(
        all, [&](const auto& other) { return newer(other, one) && counts(other); }));
  };
  const auto sound = [](const auto& other) { return other.soundness != Soundness::kFailed; };
  if (rank(sound) < policy.keep_last) return true;
  const auto day = [](TimePoint time) { return std::chrono::floor<std::chrono::days>(time); };
  const auto month = [&](TimePoint time) {
    const std::chrono::year_month_day date(day(time));
    return date.year() / date.month();
  };
  const auto by_period = [&](const auto& period, std::uint32_t keep) {
    std::set<decltype(period(one.time))> newer_periods;
    for (const auto& other : all) {
      if (!newer(other, one) || !sound(other)) continue;
      if (period(other.time) == period(one.time)) return false;
      newer_periods.insert(period(other.time));
    }
    return newer_periods.size() < keep;
  };
  if (by_period(day, policy.keep_daily) || by_period(month, policy.keep_monthly)) return true;
  // The floor takes the better ones first, and of these the newest.
  const auto grade = [](const RetentionCandidate& each) {
    return each.soundness == Soundness::kVerified ? 0
           : each.soundness == Soundness::kFailed ? 2
                                                  : 1;
  };
  const auto before = std::ranges::count_if(all, [&](const auto& other) {
    return grade(other) < grade(one) || (grade(other) == grade(one) && newer(other, one));
  });
  return before < policy.floor_verified;
}

RC_GTEST_PROP(Retention, AgreesWithTheOracle, ()) {
  std::vector<RetentionCandidate> all;
  const auto count = *rc::gen::inRange(0, 25);
  for (int i = 0; i < count; ++i) {
    const auto age = *rc::gen::inRange(0, 24 * 100);
    all.push_back(
        {"b" + std::to_string(i), kNow - hours(age), std::nullopt,
         *rc::gen::element(Soundness::kUnchecked, Soundness::kVerified, Soundness::kFailed)});
  }
  RetentionPolicy policy;
  policy.keep_last = *rc::gen::inRange(1u, 4u);
  policy.keep_daily = *rc::gen::inRange(0u, 4u);
  policy.keep_monthly = *rc::gen::inRange(0u, 3u);
  policy.floor_verified = *rc::gen::inRange(0u, 4u);
  const auto points = DecideRetention(all, policy, kNow);
  RC_ASSERT(points.size() == all.size());
  std::uint32_t verified_kept = 0;
  for (const PrunePoint& point : points) {
    const auto one = std::ranges::find(all, point.id, &RetentionCandidate::id);
    RC_ASSERT(point.keep() == OracleKeeps(all, *one, policy));
    verified_kept += point.keep() && point.soundness == Soundness::kVerified ? 1 : 0;
  }
  const auto verified = static_cast<std::uint32_t>(std::ranges::count_if(
      all, [](const auto& each) { return each.soundness == Soundness::kVerified; }));
  RC_ASSERT(verified_kept >= std::min(verified, policy.floor_verified));
}

}  // namespace
}  // namespace dbstow::repository
