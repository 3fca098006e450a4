#pragma once

#include <map>
#include <string>
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
  /// In its place for single tables, by the name that the server shows. One that cannot be read in
  /// its format is read as text.
  std::map<std::string, CopyFormat> formats;
  int lock_timeout_ms = 5000;

  /// Errors: InvalidOptions.
  [[nodiscard]] static Result<DumpOptions> FromExtra(const StringMap& extra);
};

/// How a restore goes about it.
struct RestoreSettings {
  int jobs = 2;
  bool analyze = true;
  /// What becomes of a restore onto an existing target when an index or the like is missing.
  enum class Incomplete { kBeside, kReplace } incomplete = Incomplete::kBeside;

  /// The keys of mappings are checked, but not read. Errors: InvalidOptions.
  [[nodiscard]] static Result<RestoreSettings> FromMapping(const StringMap& mapping);
};

}  // namespace dbstow::postgres
