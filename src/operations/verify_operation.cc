#include <algorithm>

#include "dbstow/core/interfaces.h"
#include "dbstow/core/redaction.h"
#include "dbstow/operations/repository_operations.h"
#include "operations/operation_metrics.h"
#include "operations/repository_port.h"
#include "operations/result_details.h"

namespace dbstow {
namespace {

using operations::AddDetail;
using repository::VerifyOutcome;

constexpr int kProofLevel = 3;
// A result is for reading; a damaged repository can have a problem per page.
constexpr std::size_t kMaxProblems = 50;

/// What a check of any level came to.
struct Finding {
  repository::VerifyReport report;
  std::vector<std::string> problems;
  std::vector<std::string> warnings;
  StringMap details;
  std::optional<Error> cause;  ///< why it could not be carried out
  bool says_something_of_the_backup = true;
};

/// Errors that say something about the call and not about the backup.
bool IsAboutTheCall(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalidOptions:
    case ErrorCode::kUnsupportedCapability:
    case ErrorCode::kNotFound:
    case ErrorCode::kNoRepository:
    case ErrorCode::kCancelled:
    case ErrorCode::kTimeout: return true;
    default: return false;
  }
}

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& each : words) text += (text.empty() ? "" : ", ") + each;
  return text;
}

void DescribeReport(Finding& finding) {
  for (const auto& backup : finding.report.backups) {
    if (backup.outcome == VerifyOutcome::kPassed) continue;
    finding.problems.push_back("backup " + backup.id + ": " + backup.reason);
  }
  for (const auto& object : finding.report.damaged) {
    finding.problems.push_back(object.key + " " + object.problem + "; needed by " +
                               Join(object.affected));
  }
  AddDetail(finding.details, "bytes_checked", finding.report.bytes_checked);
}

/// Levels 0 to 2: the repository checks itself.
Result<Finding> CheckInRepository(const VerifyOptions& options, RepositoryPort& repository,
                                  const std::string& chain, OperationContext& context) {
  const repository::CheckContext check{&context.progress, context.stop, context.deadline};
  auto report = repository.Verify(options.source, chain, options.level, check);
  Finding finding;
  finding.report.level = options.level;
  if (report) {
    finding.report = *std::move(report);
    DescribeReport(finding);
    return finding;
  }
  if (IsAboutTheCall(report.error())) return std::move(report).error();
  finding.cause = std::move(report).error();
  return finding;
}

VerifyOutcome OutcomeOfProof(const Result<ProofReport>& proof) {
  if (proof) {
    const bool passed = proof->differences.empty() && proof->failed_queries.empty();
    return passed ? VerifyOutcome::kPassed : VerifyOutcome::kFailed;
  }
  // What is damaged was found by trying to restore it, which is what the check is for.
  const bool damaged = proof.error().code() == ErrorCode::kCorrupt;
  return damaged ? VerifyOutcome::kFailed : VerifyOutcome::kCouldNotVerify;
}

/// Level 3: the engine restores it and compares.
Result<Finding> ProveByRestoring(const VerifyOptions& options, DatabaseInstance& instance,
                                 OperationContext& context) {
  DBSTOW_ASSIGN(SupportsVerify * engine, As<SupportsVerify>(instance));
  DBSTOW_ASSIGN(BackupStore * store, context.RequireStore());
  const std::string chain = ChainName(instance);
  // Pinned, so that what is proven is what is recorded even if a newer one arrives meanwhile.
  DBSTOW_ASSIGN(const std::unique_ptr<BackupReader> reader, store->Open(options.source, chain));
  const std::string id = reader->record().id;
  auto proof = engine->Prove({.source = id, .user_queries = options.user_queries}, context);
  if (!proof && IsAboutTheCall(proof.error())) return std::move(proof).error();
  const VerifyOutcome outcome = OutcomeOfProof(proof);
  Finding finding;
  finding.report.level = kProofLevel;
  std::string reason;
  if (proof) {
    // A query with a typing error must not condemn the backup for all time.
    finding.says_something_of_the_backup =
        proof->failed_queries.empty() || !proof->differences.empty();
    if (!finding.says_something_of_the_backup) {
      reason = "it equals what was backed up, but a query failed on it";
    } else if (!proof->differences.empty()) {
      reason = "its contents differ";
    }
    finding.problems = std::move(proof->differences);
    finding.problems.insert(finding.problems.end(), proof->failed_queries.begin(),
                            proof->failed_queries.end());
    finding.warnings = std::move(proof->warnings);
    finding.details = std::move(proof->details);
    AddDetail(finding.details, "objects_compared", proof->objects_compared);
    AddDetail(finding.details, "rows_compared", proof->rows_compared);
  } else {
    finding.cause = proof.error();
    reason = proof.error().message();
    finding.problems.push_back(reason);
  }
  finding.report.backups.push_back({id, chain, outcome, std::move(reason)});
  return finding;
}

std::string What(const Finding& finding) {
  const auto& backups = finding.report.backups;
  if (backups.size() == 1) return "backup " + backups.front().id;
  return std::to_string(backups.size()) + " backups";
}

/// The backups that the check refutes, out of those that it looked at.
std::string WhatFailed(const Finding& finding) {
  const auto& backups = finding.report.backups;
  const auto failed = [](const auto& backup) { return backup.outcome == VerifyOutcome::kFailed; };
  const auto count = std::ranges::count_if(backups, failed);
  const std::string all = std::to_string(backups.size());
  if (count != 1) return std::to_string(count) + " of " + all + " backups";
  const std::string one = "backup " + std::ranges::find_if(backups, failed)->id;
  return backups.size() == 1 ? one : one + ", one of " + all + ",";
}

Error Failure(const Finding& finding, VerifyOutcome outcome) {
  const std::string first = finding.problems.empty() ? "" : ": " + finding.problems.front();
  if (outcome == VerifyOutcome::kFailed) {
    Error error(ErrorCode::kVerificationFailed,
                WhatFailed(finding) + " did not pass the check" + first);
    error.WithHint("take a new backup now; dbstow verify says which of the others still restore");
    if (finding.cause) error.WithCause(*finding.cause);
    return error;
  }
  Error error(ErrorCode::kCouldNotVerify, "the check could not be carried out" + first);
  const std::string mend = finding.cause ? finding.cause->hint() : "";
  error.WithHint("it says nothing about the backup, neither good nor bad; " +
                 (mend.empty() ? "check again" : mend));
  if (finding.cause) error.WithRetry(finding.cause->retry()).WithCause(*finding.cause);
  return error;
}

OperationResult ToResult(Finding finding) {
  const VerifyOutcome outcome = finding.report.outcome();
  OperationResult result;
  if (outcome != VerifyOutcome::kPassed) {
    result = operations::FailedResult(Failure(finding, outcome));
  } else {
    result.success = true;
    result.message =
        What(finding) + " passed the check of level " + std::to_string(finding.report.level);
  }
  result.warnings = std::move(finding.warnings);
  result.details = std::move(finding.details);
  AddDetail(result.details, "outcome", std::string(repository::ToString(outcome)));
  AddDetail(result.details, "level", std::to_string(finding.report.level));
  AddDetail(result.details, "backups_checked", finding.report.backups.size());
  if (finding.report.backups.size() == 1) {
    AddDetail(result.details, "backup_id", finding.report.backups.front().id);
  }
  for (const auto& backup : finding.report.backups) {
    AddDetail(result.details, "backup." + backup.id,
              std::string(repository::ToString(backup.outcome)));
  }
  AddDetail(result.details, "problems", finding.problems.size());
  for (std::size_t i = 0; i < std::min(finding.problems.size(), kMaxProblems); ++i) {
    AddDetail(result.details, "problem." + std::to_string(i + 1), finding.problems[i]);
  }
  return result;
}

// The retention floor counts verified backups, so what was found is stored beside them. A check
// whose outcome could not be stored is still a check.
void RecordOutcomes(Finding& finding, RepositoryPort& repository, OperationContext& context) {
  const repository::VerifyReport& report = finding.report;
  for (const auto& backup : report.backups) {
    const auto recorded = repository.RecordVerification(
        {backup.id, backup.instance, report.level, backup.outcome, context.clock.Now()});
    if (recorded) continue;
    finding.warnings.push_back("the outcome for " + backup.id +
                               " could not be recorded: " + recorded.error().ToString());
  }
}

Result<OperationResult> OnlyLook(const VerifyOptions& options, const std::string& chain,
                                 OperationContext& context) {
  DBSTOW_ASSIGN(BackupStore * store, context.RequireStore());
  if (!options.source.empty()) {
    DBSTOW_TRY(store->Open(options.source, chain));
  }
  OperationResult result;
  result.success = true;
  result.message = "nothing prevents a check of level " + std::to_string(options.level);
  return result;
}

}  // namespace

OperationFacts VerifyOperation::Facts(const DatabaseInstance& instance) const {
  OperationFacts facts{
      .name = "verify",
      .target = "chain " + ChainName(instance),
      .capabilities = {},
      .lease = "",
      .probe = OperationFacts::Probe::kNone,
      .request = {{"source", options_.source}, {"level", std::to_string(options_.level)}}};
  if (options_.source.empty()) facts.part = ChainName(instance);
  for (std::size_t i = 0; i < options_.user_queries.size(); ++i) {
    facts.request.emplace("query." + std::to_string(i + 1), options_.user_queries[i]);
  }
  if (options_.level == kProofLevel) {
    facts.capabilities.emplace_back(capability::kVerify);
    facts.probe = OperationFacts::Probe::kIfPresent;
  }
  return facts;
}

Result<void> VerifyOperation::Validate(const EngineDescriptor&) const {
  if (options_.level < 0 || options_.level > kProofLevel) {
    return Error(ErrorCode::kInvalidOptions,
                 "there is no verify level " + std::to_string(options_.level))
        .WithHint("0: presence, 1: hashes, 2: contents, 3: a real restore");
  }
  if (options_.level < kProofLevel && !options_.user_queries.empty()) {
    return Error(ErrorCode::kInvalidOptions, "queries need a restored copy to run on")
        .WithHint("add --level 3");
  }
  if (options_.level == kProofLevel && options_.source.empty()) {
    return Error(ErrorCode::kInvalidOptions, "level 3 restores one backup")
        .WithHint("name it, or write latest; without one, levels 0 to 2 check all");
  }
  for (const std::string& query : options_.user_queries) {
    DBSTOW_TRY(RefuseZeroByte("a query", query));
  }
  return {};
}

Result<OperationResult> VerifyOperation::Run(DatabaseInstance& instance,
                                             OperationContext& context) {
  const std::string chain = ChainName(instance);
  if (context.dry_run) return OnlyLook(options_, chain, context);
  DBSTOW_ASSIGN(Finding finding, options_.level == kProofLevel
                                     ? ProveByRestoring(options_, instance, context)
                                     : CheckInRepository(options_, repository_, chain, context));
  if (finding.says_something_of_the_backup) RecordOutcomes(finding, repository_, context);
  OperationResult result = ToResult(std::move(finding));
  if (result.success) {
    context.metrics.Gauge(operations::metric::kVerifyLastSuccess,
                          {{"instance", chain}, {"level", std::to_string(options_.level)}},
                          operations::EpochSeconds(context.clock.Now()));
  }
  return result;
}

}  // namespace dbstow
