#pragma once

#include <memory>
#include <optional>
#include <string>

#include "dbstow/operations/operation_executor.h"
#include "operations/correlated_logger.h"
#include "operations/guarded_sinks.h"

namespace dbstow::operations {

/// What is run, on what, with what.
struct RunSubject {
  Operation& operation;
  DatabaseInstance& instance;
  OperationContext& context;
  std::string idempotency_key;  ///< may be empty
};

/// One execution of one operation: the stages of the executor and what they must remember of each
/// other. Used once, by one thread.
class OperationRun {
 public:
  OperationRun(const ExecutorPorts& ports, const RetryPolicy& retry, const RunSubject& subject);
  [[nodiscard]] OperationResult Execute();

 private:
  // The stages, in their order; the first error ends them.
  [[nodiscard]] Result<OperationResult> Stages();
  [[nodiscard]] Result<void> ValidateOptions();
  [[nodiscard]] Result<std::optional<OperationResult>> FindEarlierResult();
  [[nodiscard]] bool MayReplay() const;
  [[nodiscard]] std::string KeyOfPart() const;
  [[nodiscard]] StringMap Request() const;
  [[nodiscard]] Result<void> TakeLease();
  [[nodiscard]] Result<void> BeginAudit();
  [[nodiscard]] Result<OperationResult> RunWithRetry();

  [[nodiscard]] Result<OperationResult> Attempt();
  [[nodiscard]] Result<void> ProbeInstance();
  [[nodiscard]] bool MayRetry(const Error& failure) const;
  [[nodiscard]] bool TimeLeftFor(Duration wait) const;
  void LogRetry(const Error& failure, Duration wait);

  // What happens whatever the stages came to.
  void Close(OperationResult& result);
  void CloseReplay(OperationResult& result);
  void Describe(OperationResult& result);
  void DescribeReplay(OperationResult& result);
  [[nodiscard]] Result<void> RecordEnd(const OperationResult& result);
  void EndAudit(OperationResult& result);
  void KeepResult(OperationResult& result);
  void RecordMetrics(const OperationResult& result);
  void LogEnd(const OperationResult& result);
  void Warn(OperationResult& result, std::string_view what, const Error& error);

  [[nodiscard]] AuditRecord NewAuditRecord(AuditRecord::Stage stage) const;
  [[nodiscard]] std::string Holder() const;
  [[nodiscard]] Duration Elapsed() const;

  const ExecutorPorts& ports_;
  const RetryPolicy& retry_;
  const RunSubject& subject_;
  GuardedSinks sinks_;
  CorrelatedLogger logger_;
  OperationContext context_;  ///< the caller's, but for the sinks
  OperationFacts facts_;
  std::optional<Monotonic> started_;
  int attempt_ = 0;
  bool replayed_ = false;
  bool audit_begun_ = false;
  std::unique_ptr<Lease> key_lease_;
  std::unique_ptr<Lease> work_lease_;
  std::vector<std::string> warnings_;
  std::string probe_warning_;  ///< of the last attempt
};

}  // namespace dbstow::operations
