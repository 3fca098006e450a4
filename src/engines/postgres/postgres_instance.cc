#include "engines/postgres/postgres_instance.h"

#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {
namespace {

Error NotYet(std::string_view what) {
  return Error(ErrorCode::kUnsupportedCapability, std::string(what) + " is not built yet");
}

}  // namespace

CapabilitySet EverCapabilities() { return {}; }

PostgresInstance::PostgresInstance(InstanceSpec spec, const EnginePorts& ports)
    : DatabaseInstance(std::move(spec.engine), std::move(spec.name), std::move(spec.version),
                       std::move(spec.connection), EverCapabilities()),
      ports_(ports) {}

Result<InstanceState> PostgresInstance::Probe(OperationContext& context) {
  DBSTOW_ASSIGN(const auto session, PgSession::Open(connection(), context));
  InstanceState state;
  state.version = session->version_text();
  state.capabilities = EverCapabilities();
  return state;
}

Result<BackupResult> PostgresInstance::Backup(const BackupOptions&, OperationContext&) {
  return NotYet("backup");
}
Result<RestoreResult> PostgresInstance::Restore(const RestoreOptions&, OperationContext&) {
  return NotYet("restore");
}
Result<CloneResult> PostgresInstance::Clone(const CloneOptions&, OperationContext&) {
  return NotYet("clone");
}
Result<std::vector<ContentFingerprint>> PostgresInstance::Fingerprint(OperationContext&) {
  return NotYet("fingerprint");
}
Result<ProofReport> PostgresInstance::Prove(const ProofOptions&, OperationContext&) {
  return NotYet("verify");
}
Result<ExportResult> PostgresInstance::Export(const ExportOptions&, OperationContext&) {
  return NotYet("export");
}

}  // namespace dbstow::postgres
