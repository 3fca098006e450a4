#include <array>

#include "cli/asked_operation.h"
#include "cli/backup_lookup.h"
#include "cli/commands.h"
#include "cli/human_text.h"
#include "dbstow/operations/repository_operations.h"

namespace dbstow::cli {
namespace {

void PlanCheck(Session& session, const std::string& backup, const std::string& instance) {
  session.Plan({{"operation", "verify"},
                {"backup", backup},
                {"instance", instance},
                {"level", std::to_string(session.arguments().level)}});
}

/// The rows of a result whose key begins with `prefix`.
std::vector<std::pair<std::string, std::string>> DetailsUnder(const OperationResult& result,
                                                              const std::string& prefix) {
  std::vector<std::pair<std::string, std::string>> found;
  for (auto at = result.details.lower_bound(prefix);
       at != result.details.end() && at->first.starts_with(prefix); ++at) {
    found.emplace_back(at->first.substr(prefix.size()), at->second);
  }
  return found;
}

void ShowOutcome(Session& session, const OperationResult& result) {
  if (const auto outcome = result.details.find("outcome"); outcome != result.details.end()) {
    session.output().Datum(outcome->second);
  }
  for (const auto& [unused, problem] : DetailsUnder(result, "problem.")) {
    session.output().Note("  " + problem);
  }
}

Result<OperationResult> CheckOne(Session& session) {
  const Arguments& arguments = session.arguments();
  const InstanceNeed need = arguments.level == 3 ? InstanceNeed::kServer : InstanceNeed::kName;
  DBSTOW_ASSIGN(const FoundBackup backup, FindBackup(session, arguments.backup, need));
  DBSTOW_ASSIGN(app::OpenedRepository * repository, session.RepositoryToRead());
  PlanCheck(session, backup.record.id, backup.record.instance);
  VerifyOperation operation(
      {.source = backup.record.id, .level = arguments.level, .user_queries = arguments.queries},
      repository->port());
  AskedOperation asked(operation, {{"source", arguments.backup}});
  DBSTOW_ASSIGN(OperationResult result,
                session.Execute(asked, *backup.instance, &repository->store()));
  DropRemarksOnStandIn(*backup.instance, result);
  ShowOutcome(session, result);
  return result;
}

Result<OperationResult> CheckChain(Session& session, const std::string& chain) {
  DBSTOW_ASSIGN(app::OpenedRepository * repository, session.RepositoryToRead());
  PlanCheck(session, "all", chain);
  VerifyOperation operation({.source = "",
                             .level = session.arguments().level,
                             .user_queries = session.arguments().queries},
                            repository->port());
  RecordedInstance instance = ChainAsInstance(repository->store(), chain);
  DBSTOW_ASSIGN(OperationResult result, session.Execute(operation, instance, &repository->store()));
  std::vector<Fields> rows;
  for (const auto& [id, outcome] : DetailsUnder(result, "backup.")) {
    rows.push_back({{"backup", id}, {"instance", chain}, {"outcome", outcome}});
  }
  session.output().List("verification", rows);
  return result;
}

std::uint64_t NumberIn(const OperationResult& result, const std::string& key) {
  const auto found = result.details.find(key);
  return found == result.details.end() ? 0 : std::stoull(found->second);
}

/// How bad an end is: a refuted backup is worse than one that could not be checked.
int Badness(const OperationResult& result) {
  if (!result.error) return 0;
  return result.error->code() == ErrorCode::kVerificationFailed ? 2 : 1;
}

/// The results of several chains as one, which ends as the worst of them.
OperationResult Together(const std::vector<OperationResult>& results) {
  OperationResult together = Done("", {});
  std::size_t problem = 0;
  for (const OperationResult& each : results) {
    if (Badness(each) > Badness(together)) {
      together.success = false;
      together.error = each.error;
      together.message = each.message;
    }
    together.warnings.insert(together.warnings.end(), each.warnings.begin(), each.warnings.end());
    const std::string replay = ReplayText(each.details);
    if (!replay.empty()) together.warnings.push_back(each.details.at("instance") + ": " + replay);
    for (const auto& [id, outcome] : DetailsUnder(each, "backup.")) {
      together.details["backup." + id] = outcome;
    }
    for (const auto& [unused, text] : DetailsUnder(each, "problem.")) {
      together.details["problem." + std::to_string(++problem)] = text;
    }
  }
  for (const char* key : {"backups_checked", "bytes_checked", "problems"}) {
    std::uint64_t sum = 0;
    for (const OperationResult& each : results) sum += NumberIn(each, key);
    together.details[key] = std::to_string(sum);
  }
  static constexpr std::array kOutcomes = {"passed", "could_not_verify", "failed"};
  together.details["outcome"] = kOutcomes[static_cast<std::size_t>(Badness(together))];
  if (together.success) {
    together.message = together.details["backups_checked"] + " backups of " +
                       std::to_string(results.size()) + " chains passed the check";
  }
  return together;
}

/// Of all chains, those with backups, and a warning for each of the others: the first backup of an
/// instance may have failed. What cannot be listed is for the check to tell.
struct ChainsToCheck {
  std::vector<std::string> chains;
  std::vector<std::string> warnings;
};

Result<ChainsToCheck> ChainsWithBackups(Session& session) {
  DBSTOW_ASSIGN(const std::vector<std::string> all, ChainsToWorkOn(session));
  DBSTOW_ASSIGN(app::OpenedRepository * repository, session.RepositoryToRead());
  ChainsToCheck found;
  for (const std::string& chain : all) {
    const auto records = repository->store().List(chain);
    if (records && records->empty()) {
      found.warnings.push_back("'" + chain + "' has no backup yet");
    } else {
      found.chains.push_back(chain);
    }
  }
  if (!found.chains.empty()) return found;
  const std::string who = all.size() == 1 ? "'" + all.front() + "'" : "the repository";
  return Error(ErrorCode::kNotFound, who + " has no backup yet")
      .WithHint("dbstow backup INSTANCE makes one");
}

Result<OperationResult> CheckAll(Session& session) {
  DBSTOW_ASSIGN(const ChainsToCheck to_check, ChainsWithBackups(session));
  std::vector<OperationResult> results;
  for (const std::string& chain : to_check.chains) {
    // Damage of one chain is no reason to leave the others.
    auto checked = CheckChain(session, chain);
    results.push_back(checked ? *std::move(checked) : Failed(checked.error()));
    const auto& error = results.back().error;
    if (error && error->code() != ErrorCode::kVerificationFailed &&
        error->code() != ErrorCode::kCouldNotVerify) {
      return std::move(results.back());  // about the call, or stopped: the rest would end the same
    }
  }
  OperationResult result = results.size() == 1 ? std::move(results.front()) : Together(results);
  result.warnings.insert(result.warnings.end(), to_check.warnings.begin(), to_check.warnings.end());
  if (!session.arguments().dry_run) ShowOutcome(session, result);
  return result;
}

}  // namespace

Result<OperationResult> RunVerify(Session& session) {
  return session.arguments().backup.empty() ? CheckAll(session) : CheckOne(session);
}

}  // namespace dbstow::cli
