#include "cli/look_operations.h"

#include "cli/session.h"
#include "dbstow/core/interfaces.h"

namespace dbstow::cli {

OperationFacts InspectOperation::Facts(const DatabaseInstance&) const {
  return {.name = "inspect",
          .probe = OperationFacts::Probe::kThorough,
          .effect = OperationFacts::Effect::kLooks};
}
Result<void> InspectOperation::Validate(const EngineDescriptor&) const { return {}; }

Result<OperationResult> InspectOperation::Run(DatabaseInstance& instance, OperationContext&) {
  OperationResult result = Done("", {});
  const InstanceState state = instance.state();
  result.details = state.attributes;
  result.details["version"] = state.version;
  result.warnings = state.warnings;
  was_looked_at_ = true;
  const Capability* backup = state.capabilities.Find(capability::kBackup);
  if (backup == nullptr || backup->available || backup->code == ErrorCode::kUnsupportedCapability) {
    return result;
  }
  result.success = false;
  result.message = backup->reason;
  result.error =
      Error(backup->code, backup->reason).WithHint(backup->remedy).WithRetry(backup->retry);
  return result;
}

OperationFacts FingerprintOperation::Facts(const DatabaseInstance&) const {
  return {.name = "fingerprint",
          .capabilities = {std::string(capability::kVerify)},
          .effect = OperationFacts::Effect::kLooks};
}
Result<void> FingerprintOperation::Validate(const EngineDescriptor&) const { return {}; }

Result<OperationResult> FingerprintOperation::Run(DatabaseInstance& instance,
                                                  OperationContext& context) {
  DBSTOW_ASSIGN(SupportsVerify * engine, As<SupportsVerify>(instance));
  DBSTOW_ASSIGN(fingerprints_, engine->Fingerprint(like_, context));
  return Done("");
}

}  // namespace dbstow::cli
