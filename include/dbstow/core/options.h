#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/result.h"

namespace dbstow {

using TimePoint = std::chrono::sys_time<std::chrono::microseconds>;  ///< always UTC
using StringMap = std::map<std::string, std::string>;

/// RFC 3339 with an explicit zone (`2026-11-23T22:30:00Z`, `…+01:00`). A time without a zone is
/// InvalidOptions: a restore point must not depend on where the command runs.
[[nodiscard]] Result<TimePoint> ParseTime(std::string_view text);
/// UTC, microseconds, `Z`; a time outside of the years 0 to 9999 as the nearest within.
[[nodiscard]] std::string FormatTime(TimePoint time);

enum class BackupType { kFull, kDifferential, kLog, kSnapshot, kLogical };
[[nodiscard]] std::string_view ToString(BackupType type);
[[nodiscard]] Result<BackupType> BackupTypeFromString(std::string_view text);
/// The finer capability that a backup of this type needs: "backup.full", …
[[nodiscard]] std::string CapabilityFor(BackupType type);

/// What to back up and how. Field by field the seed's, with its defaults.
struct BackupOptions {
  BackupType type = BackupType::kFull;
  /// URI of a place that the engine itself writes to (a server-side disk, a stage). Empty: the
  /// repository of the operation.
  std::string destination;
  bool include_logs = false;
  std::optional<TimePoint> point_in_time;
  StringMap extra;

  [[nodiscard]] Result<void> Validate() const;
};

/// From what, to what name, and how names change on the way.
struct RestoreOptions {
  /// A backup id, `latest`, or the URI of an engine-native backup.
  std::string source;
  std::string target_name;
  std::optional<TimePoint> point_in_time;
  bool overwrite = false;
  StringMap mapping;

  [[nodiscard]] Result<void> Validate() const;
};

struct CloneOptions {
  std::string target_name;
  bool zero_copy_preferred = true;
  std::optional<TimePoint> source_time;
  StringMap extra;

  [[nodiscard]] Result<void> Validate() const;
};

/// One key that an engine understands in `extra`, `mapping` or `properties`. From these specs come
/// the checks, the CLI help, the configuration schema and the reference page.
struct OptionSpec {
  enum class Kind { kText, kInteger, kBoolean, kChoice, kName };

  std::string key;  ///< for mappings with a name behind them: `schema:*`
  Kind kind = Kind::kText;
  std::vector<std::string> choices;  ///< for kChoice
  std::string default_value;
  std::string help;
};

/// Errors: InvalidOptions naming the nearest known key (unknown) or the allowed values (malformed).
/// `what` is the word for the map in messages: "option", "mapping", "property".
[[nodiscard]] Result<void> CheckOptions(std::string_view what, const StringMap& given,
                                        const std::vector<OptionSpec>& known);

}  // namespace dbstow
