#include "operations/guarded_sinks.h"

namespace dbstow::operations {
namespace {

constexpr std::string_view kLogger = "logger";
constexpr std::string_view kMetrics = "metrics sink";
constexpr std::string_view kProgress = "progress sink";

}  // namespace

void GuardedSinks::Log(LogLevel level, std::string_view message, const Fields& fields) try {
  logger_.Log(level, message, fields);
} catch (...) {
  Note(kLogger);
}

void GuardedSinks::Count(std::string_view name, const Labels& labels, double increment) try {
  metrics_.Count(name, labels, increment);
} catch (...) {
  Note(kMetrics);
}

void GuardedSinks::Gauge(std::string_view name, const Labels& labels, double value) try {
  metrics_.Gauge(name, labels, value);
} catch (...) {
  Note(kMetrics);
}

void GuardedSinks::Observe(std::string_view name, const Labels& labels, double value) try {
  metrics_.Observe(name, labels, value);
} catch (...) {
  Note(kMetrics);
}

void GuardedSinks::Report(const Progress& progress) try {
  progress_.Report(progress);
} catch (...) {
  Note(kProgress);
}

std::vector<std::string> GuardedSinks::Warnings() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> warnings;
  for (const auto& [sink, thrown] : first_thrown_) {
    warnings.push_back("the " + sink +
                       " of the calling program threw, and missed something: " + thrown);
  }
  return warnings;
}

void GuardedSinks::Note(std::string_view sink) {
  const Error thrown = CaughtError();
  const std::scoped_lock lock(mutex_);
  first_thrown_.try_emplace(std::string(sink), thrown.ToString());
}

}  // namespace dbstow::operations
