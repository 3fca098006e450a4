#pragma once

#include <string>
#include <string_view>

#include "dbstow/core/engine_registry.h"
#include "dbstow/core/ports.h"
#include "dbstow/operations/operation.h"
#include "dbstow/operations/retry_policy.h"

namespace dbstow {

/// What the executor works with; the references must outlive it.
struct ExecutorPorts {
  const EngineRegistry& engines;
  Catalog& catalog;
  AuditLogger& audit;
  std::string actor;  ///< "user@host", for audit records and leases
};

/// Runs operations: options checked, idempotency key, lease, audit, capability detection, retry,
/// metrics, and a structured result whatever happens. docs/operations.md describes the stages.
/// Thread-safe; keeps nothing between calls.
class OperationExecutor {
 public:
  explicit OperationExecutor(ExecutorPorts ports, RetryPolicy retry = {});

  /// Blocks until the operation has ended. Never throws and never fails otherwise than by the
  /// result, whose details always have "correlation_id", "operation", "instance", "engine",
  /// "attempts" and "duration_ms".
  ///
  /// With an `idempotency_key`, the first result under that key is returned again, marked with the
  /// details "replayed", "replayed_from" (the correlation id of the first call) and "replayed_at"
  /// (when that ended), and so is its one audit record; a key that was used for anything else
  /// (another operation, instance, option or repository) is InvalidOptions naming what differs.
  /// What failed without an effect is not kept: the same key may try again. What only looks, and a
  /// dry run, neither reads nor writes keys; a dry run takes no lease.
  [[nodiscard]] OperationResult Execute(Operation& operation, DatabaseInstance& instance,
                                        OperationContext& context,
                                        std::string_view idempotency_key = "");

 private:
  ExecutorPorts ports_;
  RetryPolicy retry_;
};

}  // namespace dbstow
