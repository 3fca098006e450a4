#pragma once

#include <vector>

#include "dbstow/core/options.h"

namespace dbstow::postgres {

/// What `extra` of a backup may hold.
[[nodiscard]] std::vector<OptionSpec> BackupExtras();
/// What `mapping` of a restore may hold.
[[nodiscard]] std::vector<OptionSpec> RestoreMappings();
/// What `extra` of a clone may hold.
[[nodiscard]] std::vector<OptionSpec> CloneExtras();

enum class CopyFormat { kAuto, kText, kBinary };

/// How a backup reads its tables.
struct DumpOptions {
  int jobs = 2;                           ///< connections that copy at once
  std::uint64_t split_bytes = 64u << 20;  ///< tables are cut into parts of about this size
  CopyFormat format = CopyFormat::kAuto;
  int lock_timeout_ms = 5000;

  /// Errors: InvalidOptions.
  [[nodiscard]] static Result<DumpOptions> FromExtra(const StringMap& extra);
};

/// How a restore goes about it.
struct RestoreSettings {
  int jobs = 2;
  bool analyze = true;

  /// The keys of mappings are checked, but not read. Errors: InvalidOptions.
  [[nodiscard]] static Result<RestoreSettings> FromMapping(const StringMap& mapping);
};

}  // namespace dbstow::postgres
