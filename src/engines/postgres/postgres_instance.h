#pragma once

#include "dbstow/core/engine_registry.h"
#include "dbstow/core/interfaces.h"
#include "io/engine_ports.h"

namespace dbstow::postgres {

/// One PostgreSQL database.
class PostgresInstance final : public DatabaseInstance,
                               public SupportsBackup,
                               public SupportsRestore,
                               public SupportsClone,
                               public SupportsVerify,
                               public SupportsExport {
 public:
  PostgresInstance(InstanceSpec spec, const EnginePorts& ports);

  Result<BackupResult> Backup(const BackupOptions& options, OperationContext& context) override;
  Result<RestoreResult> Restore(const RestoreOptions& options, OperationContext& context) override;
  Result<CloneResult> Clone(const CloneOptions& options, OperationContext& context) override;
  Result<std::vector<ContentFingerprint>> Fingerprint(const std::vector<ContentFingerprint>& like,
                                                      OperationContext& context) override;
  Result<ProofReport> Prove(const ProofOptions& options, OperationContext& context) override;
  Result<ExportResult> Export(const ExportOptions& options, OperationContext& context) override;

 protected:
  Result<InstanceState> Probe(OperationContext& context) override;

 private:
  EnginePorts ports_;
};

}  // namespace dbstow::postgres
