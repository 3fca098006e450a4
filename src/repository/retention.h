#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbstow/core/backup_store.h"
#include "dbstow/core/retention_policy.h"

namespace dbstow::repository {

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
