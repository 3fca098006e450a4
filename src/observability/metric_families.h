#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/ports.h"

namespace dbstow::observability {

enum class MetricKind { kCounter, kGauge, kHistogram };

/// Observations by upper bound; not cumulative in here, cumulative where it is shown.
struct Histogram {
  std::map<double, double> buckets;  ///< the last bound is +Inf
  double sum = 0;
};

/// All series of one name.
struct MetricFamily {
  MetricKind kind = MetricKind::kCounter;
  std::string help;
  std::vector<double> bounds;  ///< kHistogram: for new series, without +Inf
  std::map<Labels, double> values;
  std::map<Labels, Histogram> histograms;
};

using MetricFamilies = std::map<std::string, MetricFamily, std::less<>>;

/// The Prometheus text format, version 0.0.4; families and series sorted.
[[nodiscard]] std::string ExposeText(const MetricFamilies& families);

struct ParsedMetrics {
  MetricFamilies families;
  std::size_t unreadable_lines = 0;  ///< left out
};
/// Reads what `ExposeText` writes, and as much of the format as that needs.
[[nodiscard]] ParsedMetrics ParseText(std::string_view text);

/// Counters and histograms of `added` are added, gauges replaced. A family that changed its kind,
/// or a histogram that changed its buckets, begins anew.
void MergeInto(MetricFamilies& families, const MetricFamilies& added);

}  // namespace dbstow::observability
