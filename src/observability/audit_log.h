#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/ports.h"
#include "observability/shared_files.h"

namespace dbstow::observability {

/// A place in the chain of an audit log: kept elsewhere, it proves that nothing before it changed.
struct AuditAnchor {
  std::uint64_t seq = 0;
  std::string hash;  ///< of that record, 64 hex digits

  /// Reads `seq:hash`. Errors: InvalidOptions.
  [[nodiscard]] static Result<AuditAnchor> Parse(std::string_view text);
  [[nodiscard]] std::string ToString() const { return std::to_string(seq) + ":" + hash; }
  friend bool operator==(const AuditAnchor&, const AuditAnchor&) = default;
};

/// Appends to the log at `path`, whose format docs/operations.md describes: JSON lines, each with a
/// number, the hash of the one before and its own; beside it `path`.head, the anchor of the newest.
/// Several processes may append. A line that a crash tore stays, and the next record vouches for
/// it. `files` and `clock` must outlive the logger. Errors: Conflict (locked for too long), Corrupt
/// (neither the log nor its head can be continued), Timeout, Cancelled, those of `files`.
[[nodiscard]] std::unique_ptr<AuditLogger> CreateAuditLog(std::string path, SharedFiles& files,
                                                          Clock& clock);

/// One thing that is wrong with a log.
struct AuditProblem {
  std::uint64_t line = 0;  ///< from 1; 0: not in the file (a missing end, a missing head)
  std::string text;        ///< names the record: "record 7 was edited"
};

struct AuditReport {
  std::uint64_t records = 0;           ///< that are whole and in place
  std::optional<AuditAnchor> newest;   ///< to be kept elsewhere
  std::vector<AuditProblem> problems;  ///< empty: the log is whole
  std::vector<std::string> notes;      ///< harmless, for example a torn line
  [[nodiscard]] bool intact() const { return problems.empty(); }
};

/// Reads the whole log and says what was edited, removed, reordered or cut off. An `anchor` that
/// was kept elsewhere also finds a log that was cut together with its head, or written anew.
/// Blocks appenders meanwhile; waits for them at most until the deadline or a request to stop.
/// Errors: NotFound (neither log nor head), Conflict, Timeout, Cancelled, those of `files`.
[[nodiscard]] Result<AuditReport> VerifyAuditLog(const std::string& path, SharedFiles& files,
                                                 const std::optional<AuditAnchor>& anchor = {},
                                                 Deadline deadline = Deadline::Never(),
                                                 const std::stop_token& stop = {});

}  // namespace dbstow::observability
