#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "dbstow/core/result.h"

namespace dbstow {

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
  /// Backups and readers that were announced this long ago and never ended are taken for dead and
  /// fenced. A live one that is fenced by mistake fails with Conflict; nothing is lost.
  std::chrono::seconds fence_after = std::chrono::hours(24 * 7);

  /// Errors: InvalidOptions for `fence_after` below an hour, which would end running backups, and
  /// for a negative `keep_within`.
  [[nodiscard]] Result<void> Validate() const;
};

}  // namespace dbstow
