#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dbstow/core/database_instance.h"
#include "dbstow/core/engine_registry.h"
#include "dbstow/core/interfaces.h"
#include "engines/sqlite/integrity_check.h"
#include "engines/sqlite/snapshot.h"
#include "engines/sqlite/staged_file.h"
#include "io/engine_ports.h"

namespace dbstow::sqlite {

/// What an instance is made of, checked.
struct Settings {
  std::string path;                         ///< absolute
  std::string scratch_directory;            ///< where proofs restore to
  Duration busy_limit{};                    ///< how long to wait for somebody's lock
  Integrity integrity = Integrity::kQuick;  ///< what a thorough look checks

  /// Errors: InvalidOptions.
  [[nodiscard]] static Result<Settings> From(const ConnectionInfo& connection);
};

/// One SQLite database file.
///
/// Backups are page-exact copies of one committed state, taken while others write. Restore, clone
/// and export build a file beside the target and let it appear whole. Thread-safe: every operation
/// has its own connections.
class SqliteInstance final : public DatabaseInstance,
                             public SupportsBackup,
                             public SupportsRestore,
                             public SupportsClone,
                             public SupportsVerify,
                             public SupportsExport {
 public:
  SqliteInstance(InstanceSpec spec, Settings settings, EnginePorts ports);

  Result<BackupResult> Backup(const BackupOptions& options, OperationContext& context) override;
  Result<RestoreResult> Restore(const RestoreOptions& options, OperationContext& context) override;
  Result<CloneResult> Clone(const CloneOptions& options, OperationContext& context) override;
  Result<std::vector<ContentFingerprint>> Fingerprint(const std::vector<ContentFingerprint>& like,
                                                      OperationContext& context) override;
  Result<ProofReport> Prove(const ProofOptions& options, OperationContext& context) override;
  Result<ExportResult> Export(const ExportOptions& options, OperationContext& context) override;

 protected:
  Result<InstanceState> Probe(OperationContext& context) override;
  Result<void> Examine(InstanceState& state, OperationContext& context) override;

 private:
  [[nodiscard]] Source source() const { return {settings_.path, settings_.busy_limit}; }
  /// Relative names are beside the database.
  [[nodiscard]] std::string ResolveTarget(const std::string& name) const;
  /// Opens a backup of this engine. Errors: NotFound, InvalidOptions (another engine's).
  [[nodiscard]] Result<std::unique_ptr<BackupReader>> OpenBackup(const std::string& source,
                                                                 OperationContext& context) const;

  Settings settings_;
  EnginePorts ports_;
};

/// The one page item of a backup.
inline constexpr std::string_view kDatabaseItem = "database";

/// What the engine can ever do, with the reasons for what it cannot.
[[nodiscard]] CapabilitySet EverCapabilities();
[[nodiscard]] std::vector<OptionSpec> PropertySpecs();
[[nodiscard]] std::vector<OptionSpec> BackupExtraSpecs();

/// Writes all pages of a backup into a staged file and checks that a database came of it.
/// Returns the bytes written.
[[nodiscard]] Result<std::uint64_t> RestorePages(BackupReader& backup, StagedFile& staged,
                                                 const OperationContext& context);

/// Whether files in a folder can share blocks: none when they can, else why not.
[[nodiscard]] std::optional<std::string> WhyNoReflink(const std::string& folder);

}  // namespace dbstow::sqlite
