#include "dbstow/operations/operation_executor.h"

#include "operations/operation_run.h"

namespace dbstow {

OperationExecutor::OperationExecutor(ExecutorPorts ports, RetryPolicy retry)
    : ports_(std::move(ports)), retry_(retry) {}

OperationResult OperationExecutor::Execute(Operation& operation, DatabaseInstance& instance,
                                           OperationContext& context,
                                           std::string_view idempotency_key) {
  const operations::RunSubject subject{operation, instance, context, std::string(idempotency_key)};
  return operations::OperationRun(ports_, retry_, subject).Execute();
}

}  // namespace dbstow
