#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "dbstow/core/clock.h"
#include "dbstow/core/error.h"
#include "dbstow/core/ports.h"
#include "repository/retention.h"

namespace dbstow::repository {

/// A writer or reader that announced itself and never ended.
struct OpenSession {
  std::string session;
  TimePoint since{};
  std::string purpose;  ///< "write" or "read"
};

/// What a prune of one chain would do; a value to show, keep or carry out.
struct PrunePlan {
  std::string instance;
  RetentionPolicy policy;
  std::vector<PrunePoint> points;              ///< newest last
  std::vector<OpenSession> sessions_to_fence;  ///< taken for dead
  std::vector<std::string> warnings;           ///< what makes the rules mean something else
  [[nodiscard]] std::vector<std::string> RemovedIds() const;
};

struct PruneReport {
  std::vector<std::string> removed;  ///< ids of backups
  std::vector<std::string> spared;   ///< planned, but in use or needed by the floor now
  std::vector<std::string> fenced;   ///< sessions
  std::uint64_t packs_removed = 0;
  std::uint64_t unfinished_removed = 0;  ///< objects that killed processes were storing
  std::uint64_t bytes_removed = 0;       ///< of packs and unfinished objects
  std::vector<std::string> problems;  ///< objects that could not be understood and were left alone
  std::optional<Error> failure;       ///< why it ended early, when backups had been removed already
};

/// Progress and the ways to stop a long check.
struct CheckContext {
  ProgressSink* progress = nullptr;
  std::stop_token stop;
  Deadline deadline;
};

/// An object that is not what it should be, and who needs it.
struct DamagedObject {
  std::string key;
  std::string problem;                ///< "missing", "has 12 bytes, not 40", …
  std::vector<std::string> affected;  ///< ids of backups that do not restore in full because of it
};

/// `could_not_verify` when the store failed while it was checked: neither proven nor disproven.
enum class VerifyOutcome { kPassed, kFailed, kCouldNotVerify };
[[nodiscard]] std::string_view ToString(VerifyOutcome outcome);

struct VerifiedBackup {
  std::string id;
  std::string instance;
  VerifyOutcome outcome = VerifyOutcome::kPassed;
  std::string reason;  ///< empty when passed
};

struct VerifyReport {
  int level = 0;
  std::vector<VerifiedBackup> backups;
  std::vector<DamagedObject> damaged;
  std::uint64_t bytes_checked = 0;
  [[nodiscard]] VerifyOutcome outcome() const;  ///< the worst
};

/// Stored beside a backup once it was checked; the retention floor counts them.
struct Verification {
  std::string backup_id;
  std::string instance;
  int level = 0;  ///< 0 to 3
  VerifyOutcome outcome = VerifyOutcome::kPassed;
  TimePoint time{};
};

/// The state of a whole repository without reading pack contents.
struct CheckReport {
  std::vector<VerifiedBackup> backups;  ///< restorable as far as presence and sizes show
  std::vector<DamagedObject> damaged;
  std::vector<std::string> old_key_slots;  ///< that do not open what was written last
  std::vector<OpenSession> open_sessions;
  std::uint64_t unreferenced_packs = 0;
  std::uint64_t unreferenced_bytes = 0;
  std::uint64_t unfinished_objects = 0;  ///< that killed processes were storing
  std::uint64_t unfinished_bytes = 0;
  [[nodiscard]] bool healthy() const { return damaged.empty(); }
};

}  // namespace dbstow::repository
