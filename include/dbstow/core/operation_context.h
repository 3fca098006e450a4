#pragma once

#include <stop_token>
#include <string>

#include "dbstow/core/backup_store.h"
#include "dbstow/core/clock.h"
#include "dbstow/core/ports.h"
#include "dbstow/core/result.h"

namespace dbstow {

/// The id that ties together a result, its log lines, audit records and the session on the server:
/// a W3C trace id, 32 hex digits, not all zero.
class TraceId {
 public:
  [[nodiscard]] static TraceId Generate(Random& random);
  /// Reads a `traceparent` value (`00-<trace id>-<span id>-<flags>`). Errors: InvalidOptions.
  [[nodiscard]] static Result<TraceId> FromTraceparent(std::string_view header);

  [[nodiscard]] const std::string& hex() const { return hex_; }
  friend bool operator==(const TraceId&, const TraceId&) = default;

 private:
  explicit TraceId(std::string hex) : hex_(std::move(hex)) {}
  std::string hex_;
};

/// Everything an operation may use, passed explicitly. The references must outlive it. One context
/// serves one operation; its members may be used from any of the operation's threads.
struct OperationContext {
  TraceId trace;
  Clock& clock;
  Random& random;
  Logger& logger;
  MetricsSink& metrics;
  ProgressSink& progress;
  SecretResolver& secrets;
  BackupStore* store = nullptr;  ///< null when the operation has no repository
  Deadline deadline;
  std::stop_token stop;
  bool dry_run = false;  ///< the engine checks everything it can and changes nothing

  /// The same context with one port replaced; `replacement` must outlive it, too.
  [[nodiscard]] OperationContext With(Logger& replacement) const;
  [[nodiscard]] OperationContext With(ProgressSink& replacement) const;

  /// Errors: Cancelled, Timeout. Cheap; call it in every loop that can take long.
  [[nodiscard]] Result<void> CheckAlive(std::string_view doing) const;
  /// Errors: NoRepository.
  [[nodiscard]] Result<BackupStore*> RequireStore() const;
};

/// Ignores what it is told; for contexts that need no logging, metrics or progress.
class NullSinks final : public Logger, public MetricsSink, public ProgressSink {
 public:
  void Log(LogLevel, std::string_view, const Fields&) override {}
  void Count(std::string_view, const Labels&, double) override {}
  void Gauge(std::string_view, const Labels&, double) override {}
  void Observe(std::string_view, const Labels&, double) override {}
  void Report(const Progress&) override {}
};

}  // namespace dbstow
