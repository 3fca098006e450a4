#include "repository/retention.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <ranges>
#include <set>

namespace dbstow::repository {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

std::int64_t DayNumber(TimePoint time) {
  return std::chrono::floor<days>(time).time_since_epoch().count();
}
// 1970-01-01 was a Thursday; ISO weeks begin on Monday.
std::int64_t WeekNumber(TimePoint time) {
  const std::int64_t day = DayNumber(time) + 3;
  return day >= 0 ? day / 7 : (day - 6) / 7;
}
std::int64_t MonthNumber(TimePoint time) {
  const std::chrono::year_month_day date(std::chrono::floor<days>(time));
  return std::int64_t{static_cast<int>(date.year())} * 12 + static_cast<unsigned>(date.month());
}
std::int64_t YearNumber(TimePoint time) {
  return static_cast<int>(std::chrono::year_month_day(std::chrono::floor<days>(time)).year());
}

// Whether others may go because this one is there.
bool CountsForOthers(const RetentionCandidate& candidate) {
  return candidate.soundness == Soundness::kVerified ||
         candidate.soundness == Soundness::kUnchecked;
}

bool IsVerified(const RetentionCandidate& candidate) {
  return candidate.soundness == Soundness::kVerified ||
         candidate.soundness == Soundness::kVerifiedUnended;
}

// Verified ones are the soundest; those that others cannot go by come last.
int Rank(const RetentionCandidate& candidate) {
  if (IsVerified(candidate)) return 0;
  return CountsForOthers(candidate) ? 1 : 2;
}

bool TakesAPlaceOfTheFloor(const RetentionCandidate& candidate) {
  return candidate.soundness != Soundness::kVerifiedUnended;
}

using Reasons = std::map<std::string, std::vector<std::string>>;

struct CalendarRule {
  std::uint32_t count;
  std::int64_t (*period)(TimePoint);
  const char* name;
};

// The newest backup of each of the newest `count` periods that have one.
void KeepByCalendar(const std::vector<RetentionCandidate>& newest_first, const CalendarRule& rule,
                    Reasons& reasons) {
  std::set<std::int64_t> periods;
  for (const RetentionCandidate& each : newest_first) {
    if (periods.size() == rule.count) return;
    const std::int64_t period = rule.period(each.time);
    if (periods.contains(period)) continue;
    reasons[each.id].push_back(std::string(rule.name) + " " + std::to_string(periods.size() + 1) +
                               " of " + std::to_string(rule.count));
    if (CountsForOthers(each)) periods.insert(period);
  }
}

bool HasRules(const RetentionPolicy& policy) {
  return policy.keep_last != 0 || policy.keep_daily != 0 || policy.keep_weekly != 0 ||
         policy.keep_monthly != 0 || policy.keep_yearly != 0 || policy.keep_within.has_value();
}

void KeepByRules(const std::vector<RetentionCandidate>& newest_first, const RetentionPolicy& policy,
                 TimePoint now, Reasons& reasons) {
  std::uint32_t newer = 0;
  for (const RetentionCandidate& each : newest_first) {
    if (!HasRules(policy)) reasons[each.id].emplace_back("no rule removes it");
    if (newer < policy.keep_last) {
      reasons[each.id].push_back("last " + std::to_string(newer + 1) + " of " +
                                 std::to_string(policy.keep_last));
    }
    if (CountsForOthers(each)) ++newer;
    if (policy.keep_within && IsWithin(each.time, *policy.keep_within, now)) {
      reasons[each.id].emplace_back("within the time to keep");
    }
    if (each.retain_until && *each.retain_until > now) {
      reasons[each.id].push_back("to be retained until " + FormatTime(*each.retain_until));
    }
  }
  for (const CalendarRule& rule : {CalendarRule{policy.keep_daily, DayNumber, "daily"},
                                   CalendarRule{policy.keep_weekly, WeekNumber, "weekly"},
                                   CalendarRule{policy.keep_monthly, MonthNumber, "monthly"},
                                   CalendarRule{policy.keep_yearly, YearNumber, "yearly"}}) {
    KeepByCalendar(newest_first, rule, reasons);
  }
}

}  // namespace

// Seconds are compared, of which a time point has room for any number; microseconds overflow.
bool IsOver(TimePoint since, std::chrono::seconds age, TimePoint now) {
  return std::chrono::floor<std::chrono::seconds>(now - since) >= age;
}

bool IsWithin(TimePoint since, std::chrono::seconds age, TimePoint now) {
  return std::chrono::ceil<std::chrono::seconds>(now - since) <= age;
}

std::vector<std::string> RetentionFloor(std::vector<RetentionCandidate> candidates,
                                        std::uint32_t floor) {
  std::ranges::reverse(candidates);
  std::ranges::stable_sort(candidates, {}, Rank);
  std::vector<std::string> protected_ids;
  std::uint32_t counted = 0;
  for (const RetentionCandidate& each : candidates) {
    if (counted == floor) break;
    protected_ids.push_back(each.id);
    if (TakesAPlaceOfTheFloor(each)) ++counted;
  }
  return protected_ids;
}

std::set<std::string> FloorBeside(const std::vector<RetentionCandidate>& candidates,
                                  const std::set<std::string>& going, std::uint32_t floor) {
  std::vector<RetentionCandidate> staying;
  std::ranges::copy_if(candidates, std::back_inserter(staying),
                       [&](const auto& each) { return !going.contains(each.id); });
  const auto as_sound = [&](const RetentionCandidate& one) {
    return std::ranges::count_if(staying, [&](const RetentionCandidate& each) {
      return TakesAPlaceOfTheFloor(each) && Rank(each) <= Rank(one);
    });
  };
  std::set<std::string> ids;
  for (const RetentionCandidate& each : candidates) {
    if (going.contains(each.id) && as_sound(each) < floor) ids.insert(each.id);
  }
  for (std::string& each : RetentionFloor(std::move(staying), floor)) ids.insert(std::move(each));
  return ids;
}

std::vector<PrunePoint> DecideRetention(std::vector<RetentionCandidate> candidates,
                                        const RetentionPolicy& policy, TimePoint now) {
  const std::vector<std::string> floor = RetentionFloor(candidates, policy.floor_verified);
  std::ranges::reverse(candidates);
  Reasons reasons;
  KeepByRules(candidates, policy, now, reasons);
  for (const RetentionCandidate& each : candidates) {
    if (std::ranges::find(floor, each.id) == floor.end()) continue;
    reasons[each.id].push_back("floor of " + std::to_string(policy.floor_verified) +
                               (IsVerified(each) ? " verified backups" : ": too few are verified"));
  }
  std::vector<PrunePoint> points;
  for (const RetentionCandidate& each : std::views::reverse(candidates)) {
    points.push_back({each.id, each.time, each.soundness, reasons[each.id]});
  }
  return points;
}

}  // namespace dbstow::repository
