#include <charconv>
#include <limits>
#include <optional>

#include "observability/metric_families.h"

namespace dbstow::observability {
namespace {

struct Sample {
  std::string name;
  Labels labels;
  double value = 0;
};

std::optional<double> ParseNumber(std::string_view text) {
  if (text == "+Inf" || text == "Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Reads up to the closing quote, which `rest` starts behind the opening one of.
std::optional<std::string> TakeQuoted(std::string_view& rest) {
  std::string value;
  while (!rest.empty() && rest.front() != '"') {
    char c = rest.front();
    rest.remove_prefix(1);
    if (c == '\\') {
      if (rest.empty()) return std::nullopt;
      c = rest.front() == 'n' ? '\n' : rest.front();
      rest.remove_prefix(1);
    }
    value += c;
  }
  if (rest.empty()) return std::nullopt;
  rest.remove_prefix(1);
  return value;
}

// Reads `name="value",…}`; leaves what follows the brace.
std::optional<Labels> TakeLabels(std::string_view& rest) {
  Labels labels;
  while (!rest.empty() && rest.front() != '}') {
    const std::size_t equals = rest.find("=\"");
    if (equals == std::string_view::npos) return std::nullopt;
    std::string name(rest.substr(0, equals));
    rest.remove_prefix(equals + 2);
    auto value = TakeQuoted(rest);
    if (!value) return std::nullopt;
    labels[std::move(name)] = *std::move(value);
    if (!rest.empty() && rest.front() == ',') rest.remove_prefix(1);
  }
  if (rest.empty()) return std::nullopt;
  rest.remove_prefix(1);
  return labels;
}

std::optional<Sample> ParseSample(std::string_view line) {
  const std::size_t name_end = line.find_first_of("{ ");
  if (name_end == 0 || name_end == std::string_view::npos) return std::nullopt;
  Sample sample{std::string(line.substr(0, name_end)), {}, 0};
  std::string_view rest = line.substr(name_end);
  if (rest.front() == '{') {
    rest.remove_prefix(1);
    auto labels = TakeLabels(rest);
    if (!labels) return std::nullopt;
    sample.labels = *std::move(labels);
  }
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  const auto value = ParseNumber(rest);
  if (!value) return std::nullopt;
  sample.value = *value;
  return sample;
}

std::string UnescapeHelp(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
    } else {
      ++i;
      out += text[i] == 'n' ? '\n' : text[i];
    }
  }
  return out;
}

class Parser {
 public:
  void Line(std::string_view line) {
    if (line.empty()) return;
    if (line.starts_with("# HELP ")) return Help(line.substr(7));
    if (line.starts_with("# TYPE ")) return Type(line.substr(7));
    if (line.starts_with('#')) return;
    auto sample = ParseSample(line);
    if (!sample || !Take(*sample)) ++parsed_.unreadable_lines;
  }

  ParsedMetrics Finish() {
    for (auto& [name, family] : parsed_.families) {
      for (auto& [labels, histogram] : family.histograms) MakeDisjoint(histogram);
    }
    return std::move(parsed_);
  }

 private:
  void Help(std::string_view rest) {
    const std::size_t blank = rest.find(' ');
    if (blank == std::string_view::npos) return;
    help_[std::string(rest.substr(0, blank))] = UnescapeHelp(rest.substr(blank + 1));
  }

  void Type(std::string_view rest) {
    const std::size_t blank = rest.find(' ');
    const std::string_view kind = blank == std::string_view::npos ? "" : rest.substr(blank + 1);
    if (kind != "counter" && kind != "gauge" && kind != "histogram") {
      ++parsed_.unreadable_lines;
      return;
    }
    const std::string name(rest.substr(0, blank));
    MetricFamily& family = parsed_.families[name];
    family.kind = kind == "counter" ? MetricKind::kCounter
                  : kind == "gauge" ? MetricKind::kGauge
                                    : MetricKind::kHistogram;
    family.help = help_[name];
  }

  bool Take(Sample& sample) {
    const auto plain = parsed_.families.find(sample.name);
    if (plain != parsed_.families.end() && plain->second.kind != MetricKind::kHistogram) {
      plain->second.values[std::move(sample.labels)] = sample.value;
      return true;
    }
    const std::size_t underscore = sample.name.rfind('_');
    if (underscore == std::string::npos) return false;
    const auto family = parsed_.families.find(sample.name.substr(0, underscore));
    if (family == parsed_.families.end() || family->second.kind != MetricKind::kHistogram) {
      return false;
    }
    return TakeHistogram(family->second, sample.name.substr(underscore), sample);
  }

  static bool TakeHistogram(MetricFamily& family, std::string_view part, Sample& sample) {
    if (part == "_count") return true;  // the +Inf bucket says the same
    if (part == "_sum") {
      family.histograms[std::move(sample.labels)].sum = sample.value;
      return true;
    }
    const auto bound_label = sample.labels.find("le");
    if (part != "_bucket" || bound_label == sample.labels.end()) return false;
    const auto bound = ParseNumber(bound_label->second);
    if (!bound) return false;
    sample.labels.erase(bound_label);
    family.histograms[std::move(sample.labels)].buckets[*bound] = sample.value;
    return true;
  }

  static void MakeDisjoint(Histogram& histogram) {
    double below = 0;
    for (auto& [bound, count] : histogram.buckets) {
      const double cumulative = count;
      count -= below;
      below = cumulative;
    }
  }

  ParsedMetrics parsed_;
  std::map<std::string, std::string> help_;
};

}  // namespace

ParsedMetrics ParseText(std::string_view text) {
  Parser parser;
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    parser.Line(text.substr(0, newline));
    if (newline == std::string_view::npos) break;
    text.remove_prefix(newline + 1);
  }
  return parser.Finish();
}

}  // namespace dbstow::observability
