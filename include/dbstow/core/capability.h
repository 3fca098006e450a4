#pragma once

#include <map>
#include <string>
#include <string_view>

#include "dbstow/core/result.h"

namespace dbstow {

/// Names of the capabilities that more than one engine has. Engines may add their own.
namespace capability {
inline constexpr std::string_view kBackup = "backup";
inline constexpr std::string_view kRestore = "restore";
inline constexpr std::string_view kClone = "clone";
inline constexpr std::string_view kVerify = "verify";
inline constexpr std::string_view kExport = "export";
inline constexpr std::string_view kBackupFull = "backup.full";
inline constexpr std::string_view kBackupDifferential = "backup.differential";
inline constexpr std::string_view kBackupLog = "backup.log";
inline constexpr std::string_view kBackupSnapshot = "backup.snapshot";
inline constexpr std::string_view kBackupLogical = "backup.logical";
inline constexpr std::string_view kRestorePointInTime = "restore.point_in_time";
inline constexpr std::string_view kRestoreNative = "restore.native";  ///< from the URI of a backup
                                                                      ///< that the server made
inline constexpr std::string_view kCloneZeroCopy = "clone.zero_copy";
inline constexpr std::string_view kClonePointInTime = "clone.point_in_time";
}  // namespace capability

/// One thing an instance can or cannot do right now.
struct Capability {
  std::string name;
  bool available = false;
  std::string reason;  ///< why not; empty when available
  std::string remedy;  ///< what would enable it; may be empty when nothing would
  /// What asking for it anyway is: not supported, or what hides it now (NotFound, SourceDamaged,
  /// …).
  ErrorCode code = ErrorCode::kUnsupportedCapability;
  Retry retry = Retry::kNever;  ///< whether looking again may find it
};

/// What an instance can do right now, and why not. `Contains` answers the seed's
/// `"clone" in instance.capabilities()`.
class CapabilitySet {
 public:
  CapabilitySet& Allow(std::string_view name);
  /// `reason` must not be empty.
  CapabilitySet& Deny(std::string_view name, std::string reason, std::string remedy = "");
  /// Denied by a failure to look: the missing file, the refused login. `Require` gives its code
  /// and retry.
  CapabilitySet& Deny(std::string_view name, const Error& cause);

  /// True when the capability is available.
  [[nodiscard]] bool Contains(std::string_view name) const;
  /// Null when the engine has never heard of it.
  [[nodiscard]] const Capability* Find(std::string_view name) const;
  /// Errors: the capability's code, mostly UnsupportedCapability, with the reason and, as hint, the
  /// remedy.
  [[nodiscard]] Result<void> Require(std::string_view name) const;

  [[nodiscard]] auto begin() const { return by_name_.begin(); }
  [[nodiscard]] auto end() const { return by_name_.end(); }
  [[nodiscard]] std::size_t size() const { return by_name_.size(); }

 private:
  std::map<std::string, Capability, std::less<>> by_name_;
};

}  // namespace dbstow
