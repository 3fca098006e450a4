#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "dbstow/core/clock.h"
#include "dbstow/core/operation_result.h"
#include "dbstow/core/secret.h"

namespace dbstow {

// What a program around dbstow may implement itself. Implementations report errors by their results
// and should not throw. What a Logger, MetricsSink or ProgressSink throws all the same is dropped
// and told in a warning of the operation's result; what another port throws fails the operation
// while nothing is committed, and is a warning afterwards.

/// Ordered fields of a log line, an event or an audit record. Never holds a secret.
using Fields = std::vector<std::pair<std::string, std::string>>;

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// Structured log. Thread-safe: called from any thread of an operation. Does not block on anything
/// but its file.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void Log(LogLevel level, std::string_view message, const Fields& fields) = 0;
};

/// One moment of a running operation.
struct Progress {
  std::string phase;   ///< "schema", "data", "indexes", …
  std::string detail;  ///< the object at hand; may be empty
  std::uint64_t bytes_done = 0;
  std::optional<std::uint64_t> bytes_total;  ///< an estimate, may be exceeded
  std::string bottleneck;  ///< the `Stage` that the others wait for; empty when there is only one
};

/// Receives progress; called from any thread, often: must be cheap and not block.
class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  virtual void Report(const Progress& progress) = 0;
};

using Labels = std::map<std::string, std::string>;

/// Counters, gauges and histograms in base units (seconds, bytes). Thread-safe.
class MetricsSink {
 public:
  virtual ~MetricsSink() = default;
  virtual void Count(std::string_view name, const Labels& labels, double increment) = 0;
  virtual void Gauge(std::string_view name, const Labels& labels, double value) = 0;
  virtual void Observe(std::string_view name, const Labels& labels, double value) = 0;
};

/// Who did what, when, where, with what outcome. One record before an operation, one after.
struct AuditRecord {
  enum class Stage { kBegin, kEnd };
  Stage stage = Stage::kBegin;
  std::string actor;      ///< "user@host"
  std::string operation;  ///< "backup", "restore", …
  std::string instance;
  std::string target;   ///< what is written: a database, a repository, a path
  std::string outcome;  ///< kEnd: "success" or the error code's name
  std::string correlation_id;
  StringMap details;
};

/// Keeps audit records. An operation whose record cannot be written does not start.
class AuditLogger {
 public:
  virtual ~AuditLogger() = default;
  /// Durable when it returns. Where several processes write, it waits for its turn, at most until
  /// the deadline or a request to stop. Errors: IOError, OutOfSpace, Conflict, Timeout, Cancelled.
  [[nodiscard]] virtual Result<void> Record(const AuditRecord& record, Deadline deadline,
                                            std::stop_token stop) = 0;
};

/// Turns a reference into a secret, as late as possible. Errors: InvalidOptions (unknown provider),
/// NotFound, PermissionDenied (a file that others can read), AuthenticationFailed.
class SecretResolver {
 public:
  virtual ~SecretResolver() = default;
  [[nodiscard]] virtual Result<SecretString> Resolve(const SecretRef& ref, Deadline deadline,
                                                     std::stop_token stop) = 0;
};

/// Holds a lease for as long as it lives.
class Lease {
 public:
  virtual ~Lease() = default;
};

/// What was done, by idempotency key, and who is at work on what. A cache and a courtesy: losing it
/// loses no backup.
class Catalog {
 public:
  virtual ~Catalog() = default;
  /// The result first recorded under this key, if any.
  [[nodiscard]] virtual Result<std::optional<OperationResult>> FindResult(std::string_view key) = 0;
  /// Keeps the first result recorded under a key; a later one is ignored.
  [[nodiscard]] virtual Result<void> RecordResult(std::string_view key,
                                                  const OperationResult& result) = 0;
  /// Errors: Conflict naming the holder. A lease dies with its process, however that ends.
  [[nodiscard]] virtual Result<std::unique_ptr<Lease>> Acquire(std::string_view what,
                                                               std::string_view holder) = 0;
};

}  // namespace dbstow
