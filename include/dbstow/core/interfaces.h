#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/capability.h"
#include "dbstow/core/operation_context.h"
#include "dbstow/core/operation_result.h"
#include "dbstow/core/options.h"

namespace dbstow {

// The capability interfaces: one verb each, implemented by the engines that have it. All calls
// block, begin to end within a second of the context's deadline or a request to stop, clean up
// after themselves when they fail, and report what they do to the context's progress sink. What is
// to be cleaned up on a server that does not answer can take longer, at most what the engine's page
// in docs/engines says.

class SupportsBackup {
 public:
  static constexpr std::string_view kCapability = capability::kBackup;
  /// Backs up into the context's store, or to `options.destination` when the engine writes it
  /// itself. With `context.dry_run` everything is checked and nothing written.
  [[nodiscard]] virtual Result<BackupResult> Backup(const BackupOptions& options,
                                                    OperationContext& context) = 0;

 protected:
  ~SupportsBackup() = default;
};

class SupportsRestore {
 public:
  static constexpr std::string_view kCapability = capability::kRestore;
  /// Restores into `options.target_name`, building beside it and swapping at the end. A target that
  /// exists without `overwrite` is AlreadyExists and stays untouched; so it does on any failure,
  /// and, unless the mapping says otherwise, when the result has `failures`.
  [[nodiscard]] virtual Result<RestoreResult> Restore(const RestoreOptions& options,
                                                      OperationContext& context) = 0;

 protected:
  ~SupportsRestore() = default;
};

class SupportsClone {
 public:
  static constexpr std::string_view kCapability = capability::kClone;
  /// Makes an independent copy under `options.target_name`. Errors as for restore.
  [[nodiscard]] virtual Result<CloneResult> Clone(const CloneOptions& options,
                                                  OperationContext& context) = 0;

 protected:
  ~SupportsClone() = default;
};

/// What to prove and how.
struct ProofOptions {
  std::string source;                     ///< backup id or `latest`
  std::vector<std::string> user_queries;  ///< each must succeed on the restored copy
};

/// What a proof found. `differences` is empty when the copy equals what was backed up; whatever the
/// user's own queries say of it, they may be at fault themselves.
struct ProofReport {
  std::string scratch;  ///< where it was restored; gone by now
  std::uint64_t objects_compared = 0;
  std::uint64_t rows_compared = 0;
  std::vector<std::string> differences;
  std::vector<std::string> failed_queries;  ///< each with its error
  std::vector<std::string> warnings;        ///< what could not be compared, and why
  StringMap details;
};

/// Proving backups by restoring them, and comparing contents.
class SupportsVerify {
 public:
  static constexpr std::string_view kCapability = capability::kVerify;
  /// The contents of the live database, to compare with `like`, those of another or of a manifest
  /// (may be empty): computed by the same methods where the engine has several for one thing.
  [[nodiscard]] virtual Result<std::vector<ContentFingerprint>> Fingerprint(
      const std::vector<ContentFingerprint>& like, OperationContext& context) = 0;
  /// Restores into a scratch target, runs the engine's own check, compares fingerprints with the
  /// manifest, runs the user's queries, removes the scratch target. Differences are a report, not
  /// an error; an error means that it could not be verified.
  [[nodiscard]] virtual Result<ProofReport> Prove(const ProofOptions& options,
                                                  OperationContext& context) = 0;

 protected:
  ~SupportsVerify() = default;
};

struct ExportOptions {
  std::string source;  ///< backup id or `latest`
  std::string path;    ///< must not exist; relative to the current folder
  std::string format = "native";
};

struct ExportResult {
  std::string path;
  std::uint64_t bytes_written = 0;
  StringMap details;  ///< "restore_command": how the engine's own tool reads it
};

/// Writing a backup as the engine's own native files, readable without dbstow. Needs no server.
class SupportsExport {
 public:
  static constexpr std::string_view kCapability = capability::kExport;
  [[nodiscard]] virtual Result<ExportResult> Export(const ExportOptions& options,
                                                    OperationContext& context) = 0;

 protected:
  ~SupportsExport() = default;
};

}  // namespace dbstow
