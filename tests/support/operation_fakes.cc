#include "support/operation_fakes.h"

namespace dbstow::test {
namespace {

std::string Series(std::string_view name, const Labels& labels) {
  std::string list;
  for (const auto& [key, value] : labels) {
    list += (list.empty() ? "" : ",") + key + "=\"" + value + "\"";
  }
  return std::string(name) + (list.empty() ? "" : "{" + list + "}");
}

}  // namespace

void RecordingMetrics::Count(std::string_view name, const Labels& labels, double increment) {
  const std::scoped_lock lock(mutex_);
  by_series_[Series(name, labels)] += increment;
}

void RecordingMetrics::Gauge(std::string_view name, const Labels& labels, double value) {
  const std::scoped_lock lock(mutex_);
  by_series_[Series(name, labels)] = value;
}

void RecordingMetrics::Observe(std::string_view name, const Labels& labels, double) {
  const std::scoped_lock lock(mutex_);
  by_series_[Series(name, labels)] += 1;
}

std::optional<double> RecordingMetrics::Find(const std::string& series) const {
  const std::scoped_lock lock(mutex_);
  const auto found = by_series_.find(series);
  return found == by_series_.end() ? std::nullopt : std::optional(found->second);
}

std::string RecordingMetrics::Text() const {
  const std::scoped_lock lock(mutex_);
  std::string text;
  for (const auto& [series, value] : by_series_)
    text += series + " " + std::to_string(value) + "\n";
  return text;
}

void RecordingLogger::Log(LogLevel level, std::string_view message, const Fields& fields) {
  const std::scoped_lock lock(mutex_);
  text_ += std::to_string(static_cast<int>(level)) + " " + std::string(message);
  for (const auto& [key, value] : fields) text_ += " " + key + "=" + value;
  text_ += "\n";
}

std::string RecordingLogger::Text() const {
  const std::scoped_lock lock(mutex_);
  return text_;
}

Result<void> RecordingAudit::Record(const AuditRecord& record, Deadline, std::stop_token stop) {
  const std::scoped_lock lock(mutex_);
  if (occupied_ && stop.stop_requested()) return Error(ErrorCode::kCancelled, "stopped on request");
  if (const auto failing = failures_.find(++calls_); failing != failures_.end()) {
    return failing->second;
  }
  records_.push_back(record);
  return {};
}

void RecordingAudit::Fail(int nth, Error error) {
  const std::scoped_lock lock(mutex_);
  failures_.emplace(calls_ + nth, std::move(error));
}

void RecordingAudit::Occupy() {
  const std::scoped_lock lock(mutex_);
  occupied_ = true;
}

std::vector<AuditRecord> RecordingAudit::records() const {
  const std::scoped_lock lock(mutex_);
  return records_;
}

std::string RecordingAudit::Text() const {
  std::string text;
  for (const AuditRecord& each : records()) {
    text += each.actor + " " + each.operation + " " + each.instance + " " + each.target + " " +
            each.outcome + " " + each.correlation_id;
    for (const auto& [key, value] : each.details) text += " " + key + "=" + value;
    text += "\n";
  }
  return text;
}

struct MemoryCatalog::Leases {
  std::mutex mutex;
  std::map<std::string, std::string> holders;
};

class MemoryCatalog::HeldLease final : public Lease {
 public:
  HeldLease(std::shared_ptr<Leases> leases, std::string what)
      : leases_(std::move(leases)), what_(std::move(what)) {}
  HeldLease(const HeldLease&) = delete;
  HeldLease& operator=(const HeldLease&) = delete;
  ~HeldLease() override {
    const std::scoped_lock lock(leases_->mutex);
    leases_->holders.erase(what_);
  }

 private:
  std::shared_ptr<Leases> leases_;
  std::string what_;
};

std::shared_ptr<MemoryCatalog::Leases> MemoryCatalog::NewLeases() {
  return std::make_shared<Leases>();
}

Result<std::optional<OperationResult>> MemoryCatalog::FindResult(std::string_view key) {
  const std::scoped_lock lock(mutex_);
  if (failure_) return *failure_;
  const auto found = results_.find(key);
  if (found == results_.end()) return std::optional<OperationResult>();
  return std::optional<OperationResult>(found->second);
}

Result<void> MemoryCatalog::RecordResult(std::string_view key, const OperationResult& result) {
  const std::scoped_lock lock(mutex_);
  if (failure_) return *failure_;
  results_.try_emplace(std::string(key), result);
  return {};
}

Result<std::unique_ptr<Lease>> MemoryCatalog::Acquire(std::string_view what,
                                                      std::string_view holder) {
  const std::scoped_lock lock(mutex_, leases_->mutex);
  if (failure_) return *failure_;
  const auto [at, added] = leases_->holders.try_emplace(std::string(what), holder);
  if (!added) return Error(ErrorCode::kConflict, "held by " + at->second);
  return std::unique_ptr<Lease>(std::make_unique<HeldLease>(leases_, std::string(what)));
}

void MemoryCatalog::FailAll(Error error) {
  const std::scoped_lock lock(mutex_);
  failure_ = std::move(error);
}

std::map<std::string, std::string> MemoryCatalog::leases() const {
  const std::scoped_lock lock(leases_->mutex);
  return leases_->holders;
}

std::size_t MemoryCatalog::results() const {
  const std::scoped_lock lock(mutex_);
  return results_.size();
}

}  // namespace dbstow::test
