#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/operation_result.h"
#include "dbstow/core/ports.h"

namespace dbstow::operations {

/// The names of all metrics that operations emit; docs/operations.md lists them.
namespace metric {
inline constexpr std::string_view kDuration = "dbstow_operation_duration_seconds";
inline constexpr std::string_view kOperations = "dbstow_operations_total";
inline constexpr std::string_view kBytes = "dbstow_operation_bytes_total";
inline constexpr std::string_view kAuditFailures = "dbstow_audit_failures_total";
inline constexpr std::string_view kBackupLastSuccess =
    "dbstow_backup_last_success_timestamp_seconds";
inline constexpr std::string_view kVerifyLastSuccess =
    "dbstow_verify_last_success_timestamp_seconds";
}  // namespace metric

/// Help text and, for histograms, upper bounds of the buckets; for the registry that shows them.
struct MetricDescription {
  std::string_view name;
  std::string_view help;
  std::vector<double> buckets;
};
[[nodiscard]] std::vector<MetricDescription> DescribeOperationMetrics();

/// Seconds since the epoch, as Prometheus wants a moment.
[[nodiscard]] double EpochSeconds(TimePoint time);

struct OperationTiming {
  std::string operation;
  std::string engine;
  std::string instance;
  Duration duration = {};
  TimePoint ended = {};
};

/// Latency, outcome and bytes of one finished operation, and when a backup was last made. The bytes
/// are the details "bytes_<kind>".
void RecordOperation(MetricsSink& metrics, const OperationTiming& timing,
                     const OperationResult& result);

}  // namespace dbstow::operations
