#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/operation_context.h"
#include "dbstow/core/ports.h"

namespace dbstow::operations {

/// Stands before the sinks that the caller gave. What these throw must not undo what an operation
/// has done: it ends here, and is told at the end. Thread-safe.
class GuardedSinks final : public Logger, public MetricsSink, public ProgressSink {
 public:
  explicit GuardedSinks(const OperationContext& caller)
      : logger_(caller.logger), metrics_(caller.metrics), progress_(caller.progress) {}

  void Log(LogLevel level, std::string_view message, const Fields& fields) override;
  void Count(std::string_view name, const Labels& labels, double increment) override;
  void Gauge(std::string_view name, const Labels& labels, double value) override;
  void Observe(std::string_view name, const Labels& labels, double value) override;
  void Report(const Progress& progress) override;

  /// One warning for each sink that threw, with the first that it threw.
  [[nodiscard]] std::vector<std::string> Warnings() const;

 private:
  void Note(std::string_view sink);

  Logger& logger_;
  MetricsSink& metrics_;
  ProgressSink& progress_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> first_thrown_;
};

}  // namespace dbstow::operations
