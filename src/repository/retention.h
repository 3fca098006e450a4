#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dbstow/core/backup_store.h"
#include "dbstow/core/retention_policy.h"

namespace dbstow::repository {

/// What the checks of a backup came to. A failed one stays failed: a clock that jumped must not
/// make a later pass of an earlier one.
enum class Soundness {
  kUnchecked,
  kVerified,  ///< a check of level 1 or more passed and none failed
  kFailed,
  kUnended,          ///< its writer never said that it ended, and may yet take it back
  kVerifiedUnended,  ///< but a check passed: the floor protects it and counts on others
};

/// A backup as retention sees it.
struct RetentionCandidate {
  std::string id;
  TimePoint time{};
  std::optional<TimePoint> retain_until;
  Soundness soundness = Soundness::kUnchecked;
};

/// One backup in a plan, with every reason that keeps it; none: it goes.
struct PrunePoint {
  std::string id;
  TimePoint time{};
  Soundness soundness = Soundness::kUnchecked;
  std::vector<std::string> reasons;
  [[nodiscard]] bool keep() const { return !reasons.empty(); }
};

/// Pure: the verdict on every candidate. They come in the order in which they were made, newest
/// last, and so do the verdicts; their times only tell the period or age that each says it is of,
/// so a clock that ran ahead takes no place from later backups. One that failed a check, or is
/// unended, takes no place in a rule: it is kept where the rule would keep it, and so is the next.
[[nodiscard]] std::vector<PrunePoint> DecideRetention(std::vector<RetentionCandidate> candidates,
                                                      const RetentionPolicy& policy, TimePoint now);

/// The ids that the floor protects: verified ones first, then unchecked ones, and only when there
/// are no others those that failed or are unended; of each the newest, which come last. One that is
/// verified but unended is protected as the verified are, and takes no place of theirs. Pure.
[[nodiscard]] std::vector<std::string> RetentionFloor(std::vector<RetentionCandidate> candidates,
                                                      std::uint32_t floor);

/// The same while others may remove `going` at any time: what stays has to make up the floor by
/// itself, so nothing of `going` is unprotected unless enough that is as sound stays. Pure.
[[nodiscard]] std::set<std::string> FloorBeside(const std::vector<RetentionCandidate>& candidates,
                                                const std::set<std::string>& going,
                                                std::uint32_t floor);

/// Whether something that began at `since` is at least `age` old. Takes any age.
[[nodiscard]] bool IsOver(TimePoint since, std::chrono::seconds age, TimePoint now);

/// Whether something of the time `since` is at most `age` old. Takes any age.
[[nodiscard]] bool IsWithin(TimePoint since, std::chrono::seconds age, TimePoint now);

}  // namespace dbstow::repository
