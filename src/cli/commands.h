#pragma once

#include "cli/session.h"

namespace dbstow::cli {

// One function per command; what it returns is the last thing said.

[[nodiscard]] Result<OperationResult> RunBackup(Session& session);
[[nodiscard]] Result<OperationResult> RunRestore(Session& session);
[[nodiscard]] Result<OperationResult> RunClone(Session& session);
[[nodiscard]] Result<OperationResult> RunCompare(Session& session);

[[nodiscard]] Result<OperationResult> RunBackups(Session& session);
[[nodiscard]] Result<OperationResult> RunShow(Session& session);
[[nodiscard]] Result<OperationResult> RunVerify(Session& session);
[[nodiscard]] Result<OperationResult> RunExport(Session& session);
[[nodiscard]] Result<OperationResult> RunPrune(Session& session);

[[nodiscard]] Result<OperationResult> RunInit(Session& session);
[[nodiscard]] Result<OperationResult> RunKeyList(Session& session);
[[nodiscard]] Result<OperationResult> RunKeyAdd(Session& session);
[[nodiscard]] Result<OperationResult> RunKeyRemove(Session& session);
[[nodiscard]] Result<OperationResult> RunKeyRotate(Session& session);

[[nodiscard]] Result<OperationResult> RunInstances(Session& session);
[[nodiscard]] Result<OperationResult> RunInspect(Session& session);
[[nodiscard]] Result<OperationResult> RunEngines(Session& session);
[[nodiscard]] Result<OperationResult> RunDoctor(Session& session);
[[nodiscard]] Result<OperationResult> RunAuditVerify(Session& session);
[[nodiscard]] Result<OperationResult> RunConfigLint(Session& session);
[[nodiscard]] Result<OperationResult> RunConfigSchema(Session& session);
[[nodiscard]] Result<OperationResult> RunCompletion(Session& session);
[[nodiscard]] Result<OperationResult> RunHelp(Session& session);
[[nodiscard]] Result<OperationResult> RunCompleteNames(Session& session);

}  // namespace dbstow::cli
