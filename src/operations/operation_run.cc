#include "operations/operation_run.h"

#include <algorithm>
#include <utility>

#include "operations/even_when_stopped.h"
#include "operations/kept_result.h"
#include "operations/operation_metrics.h"
#include "operations/result_details.h"

namespace dbstow::operations {
namespace {

/// The one place where an exception that some library let through becomes an error.
template <class Function>
auto Guarded(const Function& function) -> decltype(function()) {
  try {
    return function();
  } catch (...) {
    return CaughtError();
  }
}

// What is done at the end is done step by step, whatever became of the one before: nothing of it
// may turn what was done into a failure.
template <class Function>
void Step(OperationResult& result, std::string_view what, const Function& function) {
  const auto done = Guarded([&]() -> Result<void> {
    function();
    return {};
  });
  if (!done) result.warnings.push_back(std::string(what) + ": " + done.error().ToString());
}

OperationContext With(GuardedSinks& sinks, Logger& logger, const OperationContext& caller) {
  return {caller.trace,   caller.clock, caller.random,   logger,      sinks,         sinks,
          caller.secrets, caller.store, caller.deadline, caller.stop, caller.dry_run};
}

const Error* FailureOf(const Result<OperationResult>& outcome) {
  if (!outcome) return &outcome.error();
  return outcome->error ? &*outcome->error : nullptr;
}

OperationResult ToResult(Result<OperationResult> outcome) {
  return outcome ? std::move(*outcome) : FailedResult(std::move(outcome).error());
}

/// A result that a repeated key must not undo: something was done, found, or may have been done.
bool IsWorthKeeping(const OperationResult& result) {
  if (result.success || !result.error) return result.success;
  const ErrorCode code = result.error->code();
  return code == ErrorCode::kVerificationFailed || code == ErrorCode::kPartial ||
         result.error->retry() == Retry::kOutcomeUnknown;
}

}  // namespace

OperationRun::OperationRun(const ExecutorPorts& ports, const RetryPolicy& retry,
                           const RunSubject& subject)
    : ports_(ports),
      retry_(retry),
      subject_(subject),
      sinks_(subject.context),
      logger_(sinks_, subject.context.trace),
      context_(With(sinks_, logger_, subject.context)) {}

OperationResult OperationRun::Execute() {
  OperationResult result = ToResult(Guarded([this] { return Stages(); }));
  replayed_ ? CloseReplay(result) : Close(result);
  for (std::string& each : sinks_.Warnings()) result.warnings.push_back(std::move(each));
  return result;
}

void OperationRun::Close(OperationResult& result) {
  Step(result, "describing the result", [&] { Describe(result); });
  Step(result, "recording the end", [&] { EndAudit(result); });
  Step(result, "keeping the result", [&] { KeepResult(result); });
  Step(result, "recording metrics", [&] { RecordMetrics(result); });
  Step(result, "logging the end", [&] { LogEnd(result); });
}

// That somebody asked again is recorded, too. There is no beginning, since nothing began.
void OperationRun::CloseReplay(OperationResult& result) {
  Step(result, "describing the result", [&] { DescribeReplay(result); });
  const auto recorded = Guarded([&] { return RecordEnd(result); });
  if (!recorded) Warn(result, "this answer is missing from the audit log", recorded.error());
}

Result<OperationResult> OperationRun::Stages() {
  started_ = context_.clock.MonotonicNow();
  facts_ = subject_.operation.Facts(subject_.instance);
  DBSTOW_TRY(ValidateOptions());
  DBSTOW_ASSIGN(std::optional<OperationResult> earlier, FindEarlierResult());
  if (earlier) return *std::move(earlier);
  DBSTOW_TRY(TakeLease());
  DBSTOW_TRY(BeginAudit());
  return RunWithRetry();
}

Result<void> OperationRun::ValidateOptions() {
  const auto descriptor = ports_.engines.Find(subject_.instance.engine());
  if (descriptor) return subject_.operation.Validate(**descriptor);
  // What asks nothing of the engine (a check, a prune) must also work on the backups of an engine
  // that this program does not have.
  if (!facts_.capabilities.empty()) return descriptor.error();
  EngineDescriptor unknown{.engine = subject_.instance.engine()};
  return subject_.operation.Validate(unknown);
}

Result<std::optional<OperationResult>> OperationRun::FindEarlierResult() {
  if (!MayReplay()) return std::optional<OperationResult>();
  const std::string& key = subject_.idempotency_key;
  // Held until the end: a second caller with the same key must not run beside the first one.
  DBSTOW_ASSIGN(key_lease_, ports_.catalog.Acquire("key/" + key, Holder()));
  if (!facts_.part.empty()) {
    DBSTOW_ASSIGN(const auto any_part, ports_.catalog.FindResult(key));
    if (any_part) {
      DBSTOW_TRY(GiveAgain(*any_part, RequestOfAllParts(facts_, context_.store)));
    }
  }
  DBSTOW_ASSIGN(std::optional<OperationResult> earlier, ports_.catalog.FindResult(KeyOfPart()));
  if (!earlier) return earlier;
  DBSTOW_ASSIGN(earlier, GiveAgain(*std::move(earlier), Request()));
  replayed_ = true;
  return earlier;
}

bool OperationRun::MayReplay() const {
  return !subject_.idempotency_key.empty() && !context_.dry_run &&
         facts_.effect == OperationFacts::Effect::kChanges;
}

std::string OperationRun::KeyOfPart() const {
  const std::string& key = subject_.idempotency_key;
  return facts_.part.empty() ? key : key + "\n" + facts_.part;
}

StringMap OperationRun::Request() const {
  return RequestOf(facts_, subject_.instance, context_.store);
}

Result<void> OperationRun::TakeLease() {
  if (facts_.lease.empty() || context_.dry_run) return {};
  auto lease = ports_.catalog.Acquire(facts_.lease, Holder());
  if (lease) {
    work_lease_ = *std::move(lease);
    return {};
  }
  if (lease.error().code() == ErrorCode::kConflict) return std::move(lease).error();
  // The lease is a courtesy: the repository is safe without it, and a backup is worth more.
  warnings_.push_back("no lease could be taken, going on without: " + lease.error().ToString());
  return {};
}

Result<void> OperationRun::BeginAudit() {
  auto recorded = ports_.audit.Record(NewAuditRecord(AuditRecord::Stage::kBegin), context_.deadline,
                                      context_.stop);
  if (!recorded) {
    return Error(recorded.error().code(), "not started: its audit record could not be written")
        .WithHint("audit comes first; " + (recorded.error().hint().empty()
                                               ? std::string("make the audit log writable")
                                               : recorded.error().hint()))
        .WithCause(std::move(recorded).error());
  }
  audit_begun_ = true;
  return {};
}

Result<OperationResult> OperationRun::RunWithRetry() {
  for (;;) {
    ++attempt_;
    auto outcome = Guarded([this] { return Attempt(); });
    const Error* failure = FailureOf(outcome);
    if (failure == nullptr || !MayRetry(*failure)) return outcome;
    const auto wait = retry_.Delay(attempt_, context_.random);
    if (!TimeLeftFor(wait)) return outcome;
    LogRetry(*failure, wait);
    context_.clock.Sleep(wait, context_.stop);
    if (context_.stop.stop_requested()) {
      return Error(ErrorCode::kCancelled, "stopped on request while waiting to try again")
          .WithCause(*failure);
    }
  }
}

Result<OperationResult> OperationRun::Attempt() {
  DBSTOW_TRY(context_.CheckAlive("starting the " + facts_.name));
  DBSTOW_TRY(ProbeInstance());
  const CapabilitySet able = subject_.instance.capabilities();
  for (const std::string& needed : facts_.capabilities) DBSTOW_TRY(able.Require(needed));
  return subject_.operation.Run(subject_.instance, context_);
}

Result<void> OperationRun::ProbeInstance() {
  probe_warning_.clear();
  if (facts_.probe == OperationFacts::Probe::kNone) return {};
  const bool thorough = facts_.probe == OperationFacts::Probe::kThorough;
  auto refreshed = subject_.instance.Refresh(context_, thorough ? Look::kThorough : Look::kQuick);
  if (refreshed || facts_.probe != OperationFacts::Probe::kIfPresent) return refreshed;
  const ErrorCode code = refreshed.error().code();
  if (code != ErrorCode::kNotFound && code != ErrorCode::kSourceDamaged) return refreshed;
  probe_warning_ = "the instance itself could not be looked at: " + refreshed.error().ToString();
  return {};
}

bool OperationRun::MayRetry(const Error& failure) const {
  return facts_.repeat == OperationFacts::Repeat::kWhenTransient &&
         failure.retry() == Retry::kTransient && attempt_ < retry_.max_attempts;
}

bool OperationRun::TimeLeftFor(Duration wait) const {
  const Monotonic then = context_.clock.MonotonicNow() + wait;
  const auto deadline = context_.deadline.at();
  // In the coarser unit, in which the longest time to go on for can be told.
  const auto elapsed = std::chrono::floor<std::chrono::milliseconds>(then - *started_);
  return elapsed < retry_.max_elapsed && (!deadline || then < *deadline);
}

void OperationRun::LogRetry(const Error& failure, Duration wait) {
  const auto wait_ms = std::chrono::duration_cast<std::chrono::milliseconds>(wait).count();
  context_.logger.Log(LogLevel::kWarning, facts_.name + " failed and is tried again",
                      {{"instance", subject_.instance.name()},
                       {"attempt", std::to_string(attempt_)},
                       {"wait_ms", std::to_string(wait_ms)},
                       {"error", failure.ToString()}});
}

void OperationRun::Describe(OperationResult& result) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(Elapsed()).count();
  AddDetail(result.details, "correlation_id", context_.trace.hex());
  AddDetail(result.details, "operation", facts_.name);
  AddDetail(result.details, "instance", subject_.instance.name());
  AddDetail(result.details, "engine", subject_.instance.engine().id());
  AddDetail(result.details, "attempts", static_cast<std::uint64_t>(attempt_));
  AddDetail(result.details, "duration_ms", static_cast<std::uint64_t>(ms));
  if (context_.dry_run) AddDetail(result.details, "dry_run", "true");
  if (!probe_warning_.empty()) warnings_.push_back(probe_warning_);
  if (attempt_ > 0 && facts_.probe != OperationFacts::Probe::kNone) {
    for (std::string& each : subject_.instance.state().warnings) {
      // An operation that tells of the instance has said it already.
      if (std::ranges::find(result.warnings, each) == result.warnings.end()) {
        warnings_.push_back(std::move(each));
      }
    }
  }
  result.warnings.insert(result.warnings.end(), warnings_.begin(), warnings_.end());
}

// The id of this call, like everywhere; that of the first leads to its audit records.
void OperationRun::DescribeReplay(OperationResult& result) {
  std::string& id = result.details["correlation_id"];
  result.details["replayed_from"] = std::exchange(id, context_.trace.hex());
  Fields fields(result.details.begin(), result.details.end());
  context_.logger.Log(LogLevel::kInfo, facts_.name + " was done before under this key", fields);
}

Result<void> OperationRun::RecordEnd(const OperationResult& result) {
  AuditRecord record = NewAuditRecord(AuditRecord::Stage::kEnd);
  record.outcome = OutcomeOf(result);
  record.details.insert(result.details.begin(), result.details.end());
  return EvenWhenStopped(
      [&](Deadline deadline, std::stop_token stop) {
        return ports_.audit.Record(record, deadline, std::move(stop));
      },
      context_.clock, context_.deadline, context_.stop);
}

void OperationRun::EndAudit(OperationResult& result) {
  if (!audit_begun_) return;
  const auto recorded = Guarded([&] { return RecordEnd(result); });
  if (recorded) return;
  context_.metrics.Count(metric::kAuditFailures, {{"operation", facts_.name}}, 1);
  Warn(result, "the end of this operation is missing from the audit log", recorded.error());
}

void OperationRun::KeepResult(OperationResult& result) {
  // Without the lease on the key, somebody else is working under it or has a different result.
  if (key_lease_ == nullptr || !audit_begun_ || !IsWorthKeeping(result)) return;
  const auto kept = Guarded([&]() -> Result<void> {
    const TimePoint now = context_.clock.Now();
    DBSTOW_TRY(ports_.catalog.RecordResult(KeyOfPart(), KeptWith(Request(), result, now)));
    if (facts_.part.empty()) return {};
    return ports_.catalog.RecordResult(
        subject_.idempotency_key, KeptWith(RequestOfAllParts(facts_, context_.store), result, now));
  });
  if (!kept) Warn(result, "the result could not be kept under its idempotency key", kept.error());
}

void OperationRun::RecordMetrics(const OperationResult& result) {
  if (context_.dry_run) return;
  RecordOperation(context_.metrics,
                  {facts_.name, subject_.instance.engine().id(), subject_.instance.name(),
                   Elapsed(), context_.clock.Now()},
                  result);
}

void OperationRun::LogEnd(const OperationResult& result) {
  Fields fields(result.details.begin(), result.details.end());
  if (result.error) fields.emplace_back("error", result.error->ToString());
  for (const std::string& each : result.warnings) fields.emplace_back("warning", each);
  context_.logger.Log(result.success ? LogLevel::kInfo : LogLevel::kError,
                      facts_.name + (result.success ? " done" : " failed"), fields);
}

void OperationRun::Warn(OperationResult& result, std::string_view what, const Error& error) {
  result.warnings.push_back(std::string(what) + ": " + error.ToString());
  context_.logger.Log(LogLevel::kWarning, what, {{"error", error.ToString()}});
}

AuditRecord OperationRun::NewAuditRecord(AuditRecord::Stage stage) const {
  AuditRecord record;
  record.stage = stage;
  record.actor = ports_.actor;
  record.operation = facts_.name;
  record.instance = subject_.instance.name();
  record.target = facts_.target;
  record.correlation_id = context_.trace.hex();
  AddDetail(record.details, "engine", subject_.instance.engine().id());
  AddDetail(record.details, "idempotency_key", subject_.idempotency_key);
  if (context_.dry_run) AddDetail(record.details, "dry_run", "true");
  return record;
}

std::string OperationRun::Holder() const {
  return facts_.name + " of '" + subject_.instance.name() + "' by " + ports_.actor +
         ", correlation id " + context_.trace.hex();
}

Duration OperationRun::Elapsed() const {
  return started_ ? context_.clock.MonotonicNow() - *started_ : Duration::zero();
}

}  // namespace dbstow::operations
