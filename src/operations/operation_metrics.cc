#include "operations/operation_metrics.h"

#include <charconv>

#include "operations/result_details.h"

namespace dbstow::operations {
namespace {

constexpr std::string_view kBytesPrefix = "bytes_";

void CountBytes(MetricsSink& metrics, const OperationTiming& timing, const StringMap& details) {
  for (auto at = details.lower_bound(std::string(kBytesPrefix)); at != details.end(); ++at) {
    const auto& [key, value] = *at;
    if (!key.starts_with(kBytesPrefix)) break;
    std::uint64_t bytes = 0;
    const char* end = value.data() + value.size();
    // An engine may add a detail that only looks like a count.
    if (std::from_chars(value.data(), end, bytes).ptr != end || bytes == 0) continue;
    metrics.Count(metric::kBytes,
                  {{"kind", key.substr(kBytesPrefix.size())}, {"operation", timing.operation}},
                  static_cast<double>(bytes));
  }
}

}  // namespace

std::vector<MetricDescription> DescribeOperationMetrics() {
  return {
      {metric::kDuration,
       "How long operations took, with all their attempts.",
       {0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400, 43200}},
      {metric::kOperations, "Operations by how they ended: success, or the name of the error.", {}},
      {metric::kBytes,
       "Bytes by what happened to them: read, stored, reused, written, copied.",
       {}},
      {metric::kAuditFailures, "Operations whose end could not be written to the audit log.", {}},
      {metric::kBackupLastSuccess, "When the last successful backup of an instance ended.", {}},
      {metric::kVerifyLastSuccess, "When backups of an instance last passed a check.", {}},
  };
}

double EpochSeconds(TimePoint time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

void RecordOperation(MetricsSink& metrics, const OperationTiming& timing,
                     const OperationResult& result) {
  const Labels labels = {
      {"operation", timing.operation}, {"engine", timing.engine}, {"outcome", OutcomeOf(result)}};
  metrics.Observe(metric::kDuration, labels,
                  std::chrono::duration<double>(timing.duration).count());
  metrics.Count(metric::kOperations, labels, 1);
  CountBytes(metrics, timing, result.details);
  if (timing.operation == "backup" && result.success) {
    metrics.Gauge(metric::kBackupLastSuccess, {{"instance", timing.instance}},
                  EpochSeconds(timing.ended));
  }
}

}  // namespace dbstow::operations
