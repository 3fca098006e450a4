#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dbstow/core/error.h"
#include "dbstow/core/options.h"

namespace dbstow {

/// How the methods of fingerprints begin that tell of definitions (views, grants, …), not of rows.
inline constexpr std::string_view kDefinitionsMethod = "definitions";

/// The contents of one table, collection or file, or the definitions of one kind, as a number that
/// does not depend on row order: equal contents have equal fingerprints.
struct ContentFingerprint {
  std::string name;    ///< `schema.table`, quoted as the engine shows it; "views in schema shop"
  std::string method;  ///< how it was computed; only equal methods may be compared
  std::uint64_t rows = 0;  ///< or definitions
  std::string digest;      ///< hex

  [[nodiscard]] bool IsOfDefinitions() const { return method.starts_with(kDefinitionsMethod); }
  friend bool operator==(const ContentFingerprint&, const ContentFingerprint&) = default;
};

/// What differs between two sets of fingerprints; empty when the contents are equal. Definitions
/// are compared where both sides have some by the same method: older backups have none, and some
/// methods are for one version of a server only.
[[nodiscard]] std::vector<std::string> CompareFingerprints(
    const std::vector<ContentFingerprint>& expected, const std::vector<ContentFingerprint>& found);

/// What could not be read on one of two sides, so that there was nothing to compare: an entry of it
/// has no digest.
[[nodiscard]] std::set<std::string> UnreadNames(const std::vector<ContentFingerprint>& one,
                                                const std::vector<ContentFingerprint>& other);

/// The rows behind these fingerprints; definitions do not count.
[[nodiscard]] std::uint64_t CountRows(const std::vector<ContentFingerprint>& fingerprints);

/// Where a backup's bytes went.
struct ByteCounts {
  std::uint64_t read = 0;    ///< from the source
  std::uint64_t stored = 0;  ///< new bytes written to the repository
  std::uint64_t reused = 0;  ///< source bytes that the parent backup already held
};

/// A backup exists, as bytes in our repository or as a reference that the server keeps.
struct BackupResult {
  std::string backup_id;  ///< id in the repository; empty when there is none
  std::string
      server_reference;  ///< what the server keeps (a file on its disk, a Time Travel point)
  ByteCounts bytes;
  StringMap details;
  std::vector<std::string> warnings;
};

struct RestoreResult {
  std::string target;  ///< the name, as the engine knows it, that now holds the restored data
  std::string backup_id;
  std::uint64_t bytes_written = 0;
  StringMap details;
  std::vector<std::string> warnings;
  /// What is missing although all contents are there (an index, a trigger), one line each; the
  /// operation then ends as Partial.
  std::vector<std::string> failures;
  std::string next_step;  ///< with failures: where the contents are, and what to do
};

struct CloneResult {
  std::string target;
  bool zero_copy = false;  ///< told honestly; when false, details["zero_copy_reason"] says why
  std::uint64_t bytes_copied = 0;
  StringMap details;
  std::vector<std::string> warnings;
};

/// The structured end of every operation, for people, logs and orchestration layers.
struct OperationResult {
  bool success = false;
  std::string message;
  std::optional<Error> error;
  /// Machine-readable. Always has "correlation_id" and "operation"; then, as they apply,
  /// "backup_id", "bytes_read", "bytes_stored", "bytes_reused", "duration_ms", "attempts", …
  StringMap details;
  std::vector<std::string> warnings;

  [[nodiscard]] int exit_status() const;  ///< 0, or that of the error's code
};

}  // namespace dbstow
