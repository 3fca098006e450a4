#include "repository/chain_order.h"

#include <algorithm>
#include <compare>
#include <map>
#include <tuple>

#include "repository/ids.h"

namespace dbstow::repository {
namespace {

using std::chrono::seconds;

// The last second whose text sorts where it belongs.
constexpr TimePoint kEndOfTime =
    std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) + std::chrono::hours(24) - seconds(1);

/// What is compared, the most telling first.
struct Place {
  std::string second;
  bool damaged = false;
  TimePoint tick{};

  friend auto operator<=>(const Place&, const Place&) = default;
};

class Places {
 public:
  explicit Places(const std::vector<BackupRecord>& records) {
    for (const BackupRecord& each : records) by_id_.emplace(each.id, &each);
    for (const BackupRecord& each : records) Settle(each);
  }
  [[nodiscard]] const Place& Of(const BackupRecord& record) const { return settled_.at(record.id); }

 private:
  void Settle(const BackupRecord& record) {
    // From the record up to an ancestor whose place is known, or that is no longer there.
    std::vector<const BackupRecord*> line;
    for (auto next = by_id_.find(record.id);
         next != by_id_.end() && !settled_.contains(next->first) && line.size() < by_id_.size();
         next = by_id_.find(next->second->parent_id)) {
      line.push_back(next->second);
    }
    for (auto each = line.rbegin(); each != line.rend(); ++each) {
      const BackupRecord& one = **each;
      Place place{std::string(SecondOf(one.id)), !one.readable(), one.started};
      const auto parent = settled_.find(one.parent_id);
      if (parent != settled_.end()) {
        Place after = parent->second;
        after.tick += std::chrono::microseconds(1);
        if (place < after) place = std::move(after);
      }
      settled_.insert_or_assign(one.id, std::move(place));
    }
  }

  std::map<std::string, const BackupRecord*> by_id_;
  std::map<std::string, Place> settled_;
};

}  // namespace

std::string_view SecondOf(std::string_view backup_id) {
  return backup_id.substr(0, backup_id.find('-'));
}

TimePoint TimeForId(TimePoint now, std::string_view newest_id) {
  const auto newest = CompactTimeFromText(SecondOf(newest_id));
  if (!newest) return now;
  return std::max(now, std::min(*newest + seconds(1), kEndOfTime));
}

void SortByMaking(std::vector<BackupRecord>& records) {
  const Places places(records);
  std::ranges::sort(records, [&](const BackupRecord& a, const BackupRecord& b) {
    return std::tie(places.Of(a), a.id) < std::tie(places.Of(b), b.id);
  });
}

}  // namespace dbstow::repository
