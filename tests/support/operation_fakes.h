#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dbstow/core/ports.h"

namespace dbstow::test {

/// Remembers what it is told; `Text` is all of it, for searching.
class RecordingMetrics final : public MetricsSink {
 public:
  void Count(std::string_view name, const Labels& labels, double increment) override;
  void Gauge(std::string_view name, const Labels& labels, double value) override;
  void Observe(std::string_view name, const Labels& labels, double value) override;

  /// The sum of counts, the last gauge or the number of observations of one series; none when there
  /// is no such series. `series` is `name{label="value",…}` with sorted labels.
  [[nodiscard]] std::optional<double> Find(const std::string& series) const;
  [[nodiscard]] std::string Text() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, double> by_series_;
};

class RecordingLogger final : public Logger {
 public:
  void Log(LogLevel level, std::string_view message, const Fields& fields) override;
  [[nodiscard]] std::string Text() const;

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

/// Keeps audit records in order.
class RecordingAudit final : public AuditLogger {
 public:
  Result<void> Record(const AuditRecord& record, Deadline deadline, std::stop_token stop) override;
  /// Fails the n-th record (from 1, counted from now).
  void Fail(int nth, Error error);
  /// From now on somebody else has the log locked for a moment: who waits no longer, gets nothing.
  void Occupy();
  [[nodiscard]] std::vector<AuditRecord> records() const;
  [[nodiscard]] std::string Text() const;

 private:
  mutable std::mutex mutex_;
  std::vector<AuditRecord> records_;
  std::map<int, Error> failures_;
  bool occupied_ = false;
  int calls_ = 0;
};

/// A catalog in memory; keeps the contract of the real one within one process.
class MemoryCatalog final : public Catalog {
 public:
  Result<std::optional<OperationResult>> FindResult(std::string_view key) override;
  Result<void> RecordResult(std::string_view key, const OperationResult& result) override;
  Result<std::unique_ptr<Lease>> Acquire(std::string_view what, std::string_view holder) override;

  /// Every later call fails with this.
  void FailAll(Error error);
  [[nodiscard]] std::map<std::string, std::string> leases() const;  ///< what → holder
  [[nodiscard]] std::size_t results() const;

 private:
  struct Leases;
  class HeldLease;

  mutable std::mutex mutex_;
  std::map<std::string, OperationResult, std::less<>> results_;
  std::shared_ptr<Leases> leases_ = NewLeases();
  std::optional<Error> failure_;

  static std::shared_ptr<Leases> NewLeases();
};

}  // namespace dbstow::test
