#include "observability/metric_families.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace dbstow::observability {
namespace {

constexpr std::string_view kBoundLabel = "le";

std::string_view KindName(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter: return "counter";
    case MetricKind::kGauge: return "gauge";
    case MetricKind::kHistogram: return "histogram";
  }
  return "untyped";
}

std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[40];
  const auto [end, failure] = std::to_chars(text, text + sizeof text, value);
  return failure == std::errc() ? std::string(text, end) : "NaN";
}

// Help takes `\\` and `\n`; a label value `\"` as well.
enum class Escape { kHelp, kLabel };
std::string Escaped(std::string_view text, Escape kind) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && kind == Escape::kLabel) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

std::string LabelText(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    out += (out.empty() ? "" : ",") + name + "=\"" + Escaped(value, Escape::kLabel) + "\"";
  }
  return out.empty() ? "" : "{" + out + "}";
}

void ExposeHistogram(std::string& out, const std::string& name, const Labels& labels,
                     const Histogram& histogram) {
  double cumulative = 0;
  for (const auto& [bound, count] : histogram.buckets) {
    cumulative += count;
    Labels with_bound = labels;
    with_bound[std::string(kBoundLabel)] = Number(bound);
    out += name + "_bucket" + LabelText(with_bound) + " " + Number(cumulative) + "\n";
  }
  out += name + "_sum" + LabelText(labels) + " " + Number(histogram.sum) + "\n";
  out += name + "_count" + LabelText(labels) + " " + Number(cumulative) + "\n";
}

bool SameBuckets(const Histogram& a, const Histogram& b) {
  if (a.buckets.size() != b.buckets.size()) return false;
  auto other = b.buckets.begin();
  for (const auto& [bound, count] : a.buckets) {
    if (bound != (other++)->first) return false;
  }
  return true;
}

void MergeHistogram(Histogram& into, const Histogram& added) {
  if (!SameBuckets(into, added)) {
    into = added;
    return;
  }
  for (const auto& [bound, count] : added.buckets) into.buckets[bound] += count;
  into.sum += added.sum;
}

}  // namespace

std::string ExposeText(const MetricFamilies& families) {
  std::string out;
  for (const auto& [name, family] : families) {
    if (!family.help.empty()) {
      out += "# HELP " + name + " " + Escaped(family.help, Escape::kHelp) + "\n";
    }
    out += "# TYPE " + name + " " + std::string(KindName(family.kind)) + "\n";
    for (const auto& [labels, value] : family.values) {
      out += name + LabelText(labels) + " " + Number(value) + "\n";
    }
    for (const auto& [labels, histogram] : family.histograms) {
      ExposeHistogram(out, name, labels, histogram);
    }
  }
  return out;
}

void MergeInto(MetricFamilies& families, const MetricFamilies& added) {
  for (const auto& [name, more] : added) {
    MetricFamily& family = families[name];
    if (family.kind != more.kind) family = MetricFamily{.kind = more.kind};
    family.kind = more.kind;
    if (!more.help.empty()) family.help = more.help;
    for (const auto& [labels, value] : more.values) {
      double& sum = family.values[labels];
      sum = more.kind == MetricKind::kCounter ? sum + value : value;
    }
    for (const auto& [labels, histogram] : more.histograms) {
      MergeHistogram(family.histograms[labels], histogram);
    }
  }
}

}  // namespace dbstow::observability
