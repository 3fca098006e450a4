#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbstow/core/backup_store.h"

namespace dbstow::repository {

/// Which backups of a chain to keep. A backup is kept when any rule wants it; a policy without any
/// rule keeps all. Calendar rules count in UTC and keep the newest backup of each of the last N
/// days (ISO weeks, months, years) that have one.
struct RetentionPolicy {
  std::uint32_t keep_last = 0;
  std::uint32_t keep_daily = 0;
  std::uint32_t keep_weekly = 0;
  std::uint32_t keep_monthly = 0;
  std::uint32_t keep_yearly = 0;
  std::optional<std::chrono::seconds> keep_within;
  /// The newest N verified backups stay whatever the rules say; while fewer are verified, the
  /// newest of the others make up the number.
  std::uint32_t floor_verified = 2;
  /// Sessions that were announced this long ago and never ended are taken for dead and fenced. A
  /// live one that is fenced by mistake fails with Conflict; nothing is lost.
  std::chrono::seconds fence_after = std::chrono::hours(24 * 7);
};

/// A backup as retention sees it.
struct RetentionCandidate {
  std::string id;
  TimePoint time{};
  std::optional<TimePoint> retain_until;
  bool verified = false;  ///< a check of level 1 or more passed and none failed
};

/// One backup in a plan, with every reason that keeps it; none: it goes.
struct PrunePoint {
  std::string id;
  TimePoint time{};
  bool verified = false;
  std::vector<std::string> reasons;
  [[nodiscard]] bool keep() const { return !reasons.empty(); }
};

/// Pure: the verdict on every candidate, newest last.
[[nodiscard]] std::vector<PrunePoint> DecideRetention(std::vector<RetentionCandidate> candidates,
                                                      const RetentionPolicy& policy, TimePoint now);

/// The ids that the floor protects. Pure.
[[nodiscard]] std::vector<std::string> RetentionFloor(std::vector<RetentionCandidate> candidates,
                                                      std::uint32_t floor);

}  // namespace dbstow::repository
