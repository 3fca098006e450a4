#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "dbstow/core/ports.h"
#include "observability/metric_families.h"
#include "observability/shared_files.h"

namespace dbstow::observability {

/// Keeps metrics in memory and shows them in the Prometheus text format. Thread-safe.
class MetricsRegistry final : public MetricsSink {
 public:
  /// Gives a metric its help text and, for histograms, the upper bounds of its buckets (ascending,
  /// without +Inf). Without it, a metric has no help and a histogram the usual latency buckets.
  void Describe(std::string_view name, std::string_view help, std::vector<double> buckets = {});

  void Count(std::string_view name, const Labels& labels, double increment) override;
  void Gauge(std::string_view name, const Labels& labels, double value) override;
  void Observe(std::string_view name, const Labels& labels, double value) override;

  [[nodiscard]] std::string Expose() const;

  /// Adds what was gathered since the last call to the file (for node_exporter's textfile
  /// collector): counters and histograms add up over many short runs, gauges are replaced, what
  /// others wrote stays. On an error nothing is lost and the next call adds it. Waits for its turn
  /// at most until the deadline or a request to stop. Errors: those of `files`.
  [[nodiscard]] Result<void> MergeIntoFile(const std::string& path, SharedFiles& files,
                                           Deadline deadline = Deadline::Never(),
                                           const std::stop_token& stop = {});

 private:
  struct Description {
    std::string help;
    std::vector<double> buckets;
  };
  MetricFamily& Family(std::string_view name, MetricKind kind);

  mutable std::mutex mutex_;
  std::map<std::string, Description, std::less<>> descriptions_;
  MetricFamilies families_;
};

}  // namespace dbstow::observability
