#include "observability/metrics_registry.h"

#include <limits>

namespace dbstow::observability {
namespace {

// Larger files are not ours.
constexpr std::size_t kMaxFile = 16u << 20;

const std::vector<double>& UsualBuckets() {
  static const std::vector<double> buckets = {0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 3600};
  return buckets;
}

Histogram EmptyHistogram(const std::vector<double>& bounds) {
  Histogram histogram;
  for (const double bound : bounds) histogram.buckets[bound] = 0;
  histogram.buckets[std::numeric_limits<double>::infinity()] = 0;
  return histogram;
}

}  // namespace

void MetricsRegistry::Describe(std::string_view name, std::string_view help,
                               std::vector<double> buckets) {
  const std::scoped_lock lock(mutex_);
  descriptions_[std::string(name)] = {std::string(help), std::move(buckets)};
}

void MetricsRegistry::Count(std::string_view name, const Labels& labels, double increment) {
  const std::scoped_lock lock(mutex_);
  Family(name, MetricKind::kCounter).values[labels] += increment;
}

void MetricsRegistry::Gauge(std::string_view name, const Labels& labels, double value) {
  const std::scoped_lock lock(mutex_);
  Family(name, MetricKind::kGauge).values[labels] = value;
}

void MetricsRegistry::Observe(std::string_view name, const Labels& labels, double value) {
  const std::scoped_lock lock(mutex_);
  MetricFamily& family = Family(name, MetricKind::kHistogram);
  const auto [at, added] = family.histograms.try_emplace(labels);
  if (added) at->second = EmptyHistogram(family.bounds);
  at->second.buckets.lower_bound(value)->second += 1;
  at->second.sum += value;
}

std::string MetricsRegistry::Expose() const {
  const std::scoped_lock lock(mutex_);
  return ExposeText(families_);
}

Result<void> MetricsRegistry::MergeIntoFile(const std::string& path, SharedFiles& files,
                                            Deadline deadline, const std::stop_token& stop) {
  DBSTOW_ASSIGN(const std::unique_ptr<FileLock> alone, files.Lock(path, deadline, stop));
  auto old_text = files.Read(path, 0, kMaxFile);
  if (!old_text && old_text.error().code() != ErrorCode::kNotFound) {
    return std::move(old_text).error();
  }
  MetricFamilies merged = old_text ? ParseText(*old_text).families : MetricFamilies();
  const std::scoped_lock lock(mutex_);
  MergeInto(merged, families_);
  DBSTOW_TRY(files.Replace(path, ExposeText(merged)));
  families_.clear();
  return {};
}

MetricFamily& MetricsRegistry::Family(std::string_view name, MetricKind kind) {
  const auto found = families_.find(name);
  if (found != families_.end() && found->second.kind == kind) return found->second;
  MetricFamily family{.kind = kind};
  family.bounds = UsualBuckets();
  if (const auto described = descriptions_.find(name); described != descriptions_.end()) {
    family.help = described->second.help;
    if (!described->second.buckets.empty()) family.bounds = described->second.buckets;
  }
  return families_.insert_or_assign(std::string(name), std::move(family)).first->second;
}

}  // namespace dbstow::observability
