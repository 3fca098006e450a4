#include "dbstow/operations/repository_operations.h"
#include "operations/repository_port.h"
#include "operations/result_details.h"

namespace dbstow {
namespace {

using operations::AddDetail;

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& each : words) text += (text.empty() ? "" : ", ") + each;
  return text;
}

std::string Count(std::size_t number) {
  return std::to_string(number) + (number == 1 ? " backup" : " backups");
}

OperationResult DescribePlan(const repository::PrunePlan& plan) {
  OperationResult result;
  result.success = true;
  std::size_t kept = 0;
  for (const repository::PrunePoint& point : plan.points) {
    if (point.keep()) ++kept;
    AddDetail(result.details, (point.keep() ? "keep." : "remove.") + point.id,
              point.keep() ? Join(point.reasons) : "no rule keeps it");
  }
  AddDetail(result.details, "kept", kept);
  result.warnings = plan.warnings;
  return result;
}

void DescribeReport(OperationResult& result, const repository::PruneReport& report) {
  AddDetail(result.details, "removed", report.removed.size());
  for (const std::string& id : report.removed) AddDetail(result.details, "removed." + id, "yes");
  AddDetail(result.details, "spared", report.spared.size());
  AddDetail(result.details, "sessions_fenced", report.fenced.size());
  AddDetail(result.details, "packs_removed", report.packs_removed);
  AddDetail(result.details, "unfinished_removed", report.unfinished_removed);
  AddDetail(result.details, "bytes_removed", report.bytes_removed);
  for (const std::string& id : report.spared) {
    result.warnings.push_back("backup " + id + " was spared: it is in use, or the floor needs it");
  }
  for (const std::string& problem : report.problems) {
    result.warnings.push_back("left alone: " + problem);
  }
}

StringMap RequestOf(const RetentionPolicy& policy) {
  const auto within = policy.keep_within ? std::to_string(policy.keep_within->count()) : "";
  return {{"keep_last", std::to_string(policy.keep_last)},
          {"keep_daily", std::to_string(policy.keep_daily)},
          {"keep_weekly", std::to_string(policy.keep_weekly)},
          {"keep_monthly", std::to_string(policy.keep_monthly)},
          {"keep_yearly", std::to_string(policy.keep_yearly)},
          {"keep_within", within},
          {"floor_verified", std::to_string(policy.floor_verified)},
          {"fence_after", std::to_string(policy.fence_after.count())}};
}

}  // namespace

OperationFacts PruneOperation::Facts(const DatabaseInstance& instance) const {
  // No lease: the repository's protocol makes pruning safe beside everything, and a chain that is
  // being backed up for hours must not keep its old backups for ever.
  return {.name = "prune",
          .target = "chain " + ChainName(instance),
          .capabilities = {},
          .lease = "",
          .probe = OperationFacts::Probe::kNone,
          .effect = options_.action == PruneOptions::Action::kPlan
                        ? OperationFacts::Effect::kLooks
                        : OperationFacts::Effect::kChanges,
          .request = RequestOf(options_.retention),
          .part = ChainName(instance)};
}

Result<void> PruneOperation::Validate(const EngineDescriptor&) const {
  return options_.retention.Validate();
}

Result<OperationResult> PruneOperation::Run(DatabaseInstance& instance, OperationContext& context) {
  const std::string chain = ChainName(instance);
  const repository::CheckContext check{&context.progress, context.stop, context.deadline};
  DBSTOW_ASSIGN(const repository::PrunePlan plan,
                repository_.PlanPrune(chain, options_.retention, check));
  OperationResult result = DescribePlan(plan);
  const std::size_t doomed = plan.RemovedIds().size();
  if (context.dry_run || options_.action == PruneOptions::Action::kPlan) {
    AddDetail(result.details, "would_remove", doomed);
    AddDetail(result.details, "would_fence", plan.sessions_to_fence.size());
    result.message = Count(doomed) + " of '" + chain + "' would be removed";
    return result;
  }
  // Asked once more: between planning and removing is the last moment to change one's mind.
  DBSTOW_TRY(context.CheckAlive("pruning '" + chain + "'"));
  DBSTOW_ASSIGN(const repository::PruneReport report, repository_.Prune(plan, check));
  DescribeReport(result, report);
  result.message = Count(report.removed.size()) + " of '" + chain + "' removed";
  if (report.failure) {
    result.success = false;
    result.message += ", then: " + report.failure->message();
    // A second attempt would tell only of what was left for it.
    result.error = Error(*report.failure).WithRetry(Retry::kNever);
  }
  return result;
}

}  // namespace dbstow
