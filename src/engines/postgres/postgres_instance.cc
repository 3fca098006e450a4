#include "engines/postgres/postgres_instance.h"

#include "engines/postgres/pg_backup.h"
#include "engines/postgres/pg_clone.h"
#include "engines/postgres/pg_export.h"
#include "engines/postgres/pg_probe.h"
#include "engines/postgres/pg_restore.h"

namespace dbstow::postgres {

PostgresInstance::PostgresInstance(InstanceSpec spec, const EnginePorts& ports)
    : DatabaseInstance(std::move(spec.engine), std::move(spec.name), std::move(spec.version),
                       std::move(spec.connection), EverCapabilities()),
      ports_(ports) {}

Result<InstanceState> PostgresInstance::Probe(OperationContext& context) {
  return ProbeServer(connection(), ports_, context);
}

Result<BackupResult> PostgresInstance::Backup(const BackupOptions& options,
                                              OperationContext& context) {
  DBSTOW_TRY(capabilities().Require(CapabilityFor(options.type)));
  return RunBackup({ChainName(*this), connection()}, options, ports_, context);
}
Result<RestoreResult> PostgresInstance::Restore(const RestoreOptions& options,
                                                OperationContext& context) {
  if (options.point_in_time) {
    DBSTOW_TRY(capabilities().Require(capability::kRestorePointInTime));
  }
  return RunRestore({ChainName(*this), connection()}, options, context);
}
Result<CloneResult> PostgresInstance::Clone(const CloneOptions& options,
                                            OperationContext& context) {
  if (options.source_time) DBSTOW_TRY(capabilities().Require(capability::kClonePointInTime));
  return ClonePostgres(connection(), options, ports_, context);
}
Result<std::vector<ContentFingerprint>> PostgresInstance::Fingerprint(
    const std::vector<ContentFingerprint>& like, OperationContext& context) {
  return FingerprintDatabase(connection(), like, context);
}
Result<ProofReport> PostgresInstance::Prove(const ProofOptions& options,
                                            OperationContext& context) {
  return ProveBackup({ChainName(*this), connection()}, options, context);
}
Result<ExportResult> PostgresInstance::Export(const ExportOptions& options,
                                              OperationContext& context) {
  return ExportBackup(options, ChainName(*this), ports_, context);
}

}  // namespace dbstow::postgres
