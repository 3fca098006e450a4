#pragma once

#include "dbstow/core/interfaces.h"
#include "dbstow/core/options.h"
#include "dbstow/operations/operation.h"

namespace dbstow {

/// Backs an instance up. Details: "backup_id" or "server_reference", "bytes_read", "bytes_stored",
/// "bytes_reused", and what the engine adds. Two at once on one chain: the second is Conflict.
class BackupOperation final : public Operation {
 public:
  explicit BackupOperation(BackupOptions options) : options_(std::move(options)) {}

  OperationFacts Facts(const DatabaseInstance& instance) const override;
  Result<void> Validate(const EngineDescriptor& engine) const override;
  Result<OperationResult> Run(DatabaseInstance& instance, OperationContext& context) override;

 private:
  BackupOptions options_;
};

/// Restores a backup under a new name. Details: "target", "backup_id", "bytes_written". The
/// instance's own database may be missing or damaged.
class RestoreOperation final : public Operation {
 public:
  explicit RestoreOperation(RestoreOptions options) : options_(std::move(options)) {}

  OperationFacts Facts(const DatabaseInstance& instance) const override;
  Result<void> Validate(const EngineDescriptor& engine) const override;
  Result<OperationResult> Run(DatabaseInstance& instance, OperationContext& context) override;

 private:
  RestoreOptions options_;
};

/// Makes an independent copy. Details: "target", "zero_copy" (true or false), "bytes_copied".
class CloneOperation final : public Operation {
 public:
  explicit CloneOperation(CloneOptions options) : options_(std::move(options)) {}

  OperationFacts Facts(const DatabaseInstance& instance) const override;
  Result<void> Validate(const EngineDescriptor& engine) const override;
  Result<OperationResult> Run(DatabaseInstance& instance, OperationContext& context) override;

 private:
  CloneOptions options_;
};

/// Writes a backup as the engine's own native files; needs no server. Details: "path",
/// "bytes_written", and the engine's "restore_command".
class ExportOperation final : public Operation {
 public:
  explicit ExportOperation(ExportOptions options) : options_(std::move(options)) {}

  OperationFacts Facts(const DatabaseInstance& instance) const override;
  Result<void> Validate(const EngineDescriptor& engine) const override;
  Result<OperationResult> Run(DatabaseInstance& instance, OperationContext& context) override;

 private:
  ExportOptions options_;
};

}  // namespace dbstow
