#include <algorithm>

#include "cli/asked_operation.h"
#include "cli/backup_lookup.h"
#include "cli/commands.h"
#include "cli/human_text.h"
#include "dbstow/operations/data_operations.h"
#include "dbstow/operations/repository_operations.h"

namespace dbstow::cli {
namespace {

std::string InWords(const repository::Standing& standing) {
  if (standing.failed) return "failed";
  return standing.level >= 0 ? "level " + std::to_string(standing.level) : "no";
}

Fields RowOf(const BackupRecord& record, const repository::Standing& standing) {
  if (!record.readable()) {
    return {{"id", record.id},      {"instance", record.instance},
            {"engine", ""},         {"backup_type", ""},
            {"finished", ""},       {"bytes_read", ""},
            {"bytes_stored", ""},   {"bytes_reused", ""},
            {"verified", "damaged"}};
  }
  return {{"id", record.id},
          {"instance", record.instance},
          {"engine", record.engine},
          {"backup_type", std::string(ToString(record.type))},
          {"finished", FormatTime(record.finished)},
          {"bytes_read", std::to_string(record.bytes.read)},
          {"bytes_stored", std::to_string(record.bytes.stored)},
          {"bytes_reused", std::to_string(record.bytes.reused)},
          {"verified", InWords(standing)}};
}

std::string OptionalTime(const std::optional<TimePoint>& time) {
  return time ? FormatTime(*time) : "";
}

/// Prunes one chain and shows what that means for each of its backups.
Result<OperationResult> PruneChain(Session& session, app::OpenedRepository& repository,
                                   const std::string& chain) {
  DBSTOW_ASSIGN(app::Application * application, session.Application());
  RecordedInstance instance = ChainAsInstance(repository.store(), chain);
  PruneOptions options{application->configuration().retention};
  if (session.arguments().confirm) options.action = PruneOptions::Action::kRemove;
  PruneOperation operation(options, repository.port());
  DBSTOW_ASSIGN(OperationResult result, session.Execute(operation, instance, &repository.store()));
  std::vector<Fields> rows;
  for (const auto& [key, value] : result.details) {
    for (const std::string_view verdict : {"keep.", "remove."}) {
      if (!key.starts_with(verdict)) continue;
      rows.push_back({{"instance", chain},
                      {"backup", key.substr(verdict.size())},
                      {"verdict", std::string(verdict.substr(0, verdict.size() - 1))},
                      {"reason", value}});
    }
  }
  session.output().List("retention", rows);
  return result;
}

enum class Pruning { kPlanned, kDone };

bool WasStopped(const OperationResult& result) {
  return result.error && (result.error->code() == ErrorCode::kCancelled ||
                          result.error->code() == ErrorCode::kTimeout);
}

/// The results of several chains as one.
OperationResult Together(std::vector<OperationResult> results, Pruning pruning) {
  if (results.size() == 1) return std::move(results.front());
  std::size_t failed = 0;
  OperationResult together = Done((pruning == Pruning::kDone ? "pruned " : "looked at ") +
                                  std::to_string(results.size()) + " chains");
  together.details["operation"] = "prune";
  for (OperationResult& each : results) {
    const std::string chain = each.details["instance"];
    if (const std::string replay = ReplayText(each.details); !replay.empty()) {
      together.warnings.push_back(chain + ": " + replay);
    }
    for (const char* key : {"kept", "removed", "would_remove", "bytes_removed", "replayed",
                            "replayed_from", "replayed_at"}) {
      const auto found = each.details.find(key);
      if (found != each.details.end()) together.details[chain + "." + key] = found->second;
    }
    for (std::string& warning : each.warnings) together.warnings.push_back(chain + ": " + warning);
    if (!each.error) continue;
    ++failed;
    together.warnings.push_back(chain + ": " + each.error->message());
    together.error = each.error;
  }
  if (failed == 0) return together;
  together.success = false;
  if (failed < results.size() && !WasStopped(together)) {
    together.error = Error(ErrorCode::kPartial, std::to_string(failed) + " of " +
                                                    std::to_string(results.size()) +
                                                    " chains could not be pruned")
                         .WithHint(together.error->hint());
  }
  return together;
}

}  // namespace

Result<OperationResult> RunBackups(Session& session) {
  DBSTOW_ASSIGN(app::OpenedRepository * repository, session.RepositoryToRead());
  std::string chain;
  if (!session.arguments().instance.empty()) {
    DBSTOW_ASSIGN(chain, ChainOf(session, session.arguments().instance));
  }
  DBSTOW_ASSIGN(std::vector<BackupRecord> records, repository->store().List(chain));
  // Those of a chain stay in the order in which they were made.
  std::ranges::stable_sort(records, {}, &BackupRecord::instance);
  auto standings = repository->repository()->Standings(records);
  std::vector<Fields> rows;
  for (const BackupRecord& record : records) rows.push_back(RowOf(record, standings[record.id]));
  session.output().List("backup", rows);
  const std::string count = std::to_string(records.size());
  OperationResult result =
      Done(count + (records.size() == 1 ? " backup" : " backups") + " in " + repository->uri(),
           {{"operation", "backups"}, {"count", count}});
  for (const BackupRecord& record : records) {
    if (record.readable()) continue;
    result.warnings.insert(result.warnings.end(), record.warnings.begin(), record.warnings.end());
  }
  return result;
}

Result<OperationResult> RunShow(Session& session) {
  DBSTOW_ASSIGN(const BackupRecord record, FindRecord(session, session.arguments().backup));
  DBSTOW_ASSIGN(app::OpenedRepository * repository, session.RepositoryToRead());
  DBSTOW_ASSIGN(const auto reader, repository->store().Open(record.id, record.instance));
  auto standings = repository->repository()->Standings(std::vector<BackupRecord>{record});
  Fields fields = RowOf(record, standings[record.id]);
  const auto add = [&fields](std::string key, std::string value) {
    if (!value.empty()) fields.emplace_back(std::move(key), std::move(value));
  };
  add("started", FormatTime(record.started));
  add("parent", record.parent_id);
  add("retain_until", OptionalTime(record.retain_until));
  add("server_version", record.server_version);
  add("server_reference", record.server_reference);
  add("tool_version", record.tool_version);
  add("correlation_id", record.correlation_id);
  add("items", std::to_string(reader->items().size()));
  for (const auto& [key, value] : record.details) add("detail." + key, value);
  session.output().Describe("backup", fields);
  std::vector<Fields> contents;
  for (const ContentFingerprint& each : record.fingerprints) {
    contents.push_back(
        {{"object", each.name}, {"rows", std::to_string(each.rows)}, {"digest", each.digest}});
  }
  session.output().List("fingerprint", contents);
  OperationResult result = Done("", {{"operation", "show"}, {"backup_id", record.id}});
  result.warnings = record.warnings;
  return result;
}

Result<OperationResult> RunExport(Session& session) {
  const Arguments& arguments = session.arguments();
  DBSTOW_ASSIGN(const FoundBackup backup,
                FindBackup(session, arguments.backup, InstanceNeed::kEngine));
  DBSTOW_ASSIGN(app::OpenedRepository * repository, session.RepositoryToRead());
  ExportOptions options;
  options.source = backup.record.id;
  options.path = arguments.to;
  if (!arguments.format.empty()) options.format = arguments.format;
  session.Plan({{"operation", "export"},
                {"backup", backup.record.id},
                {"instance", backup.record.instance},
                {"engine", backup.record.engine},
                {"path", options.path},
                {"format", options.format}});
  ExportOperation operation(options);
  AskedOperation asked(operation, {{"source", arguments.backup}});
  DBSTOW_ASSIGN(OperationResult result,
                session.Execute(asked, *backup.instance, &repository->store()));
  DropRemarksOnStandIn(*backup.instance, result);
  if (!result.success || arguments.dry_run) return result;
  session.output().Datum(result.details["path"]);
  const auto command = result.details.find("restore_command");
  if (command != result.details.end()) session.output().Note("to read it: " + command->second);
  return result;
}

Result<OperationResult> RunPrune(Session& session) {
  DBSTOW_ASSIGN(app::OpenedRepository * repository, session.RepositoryToRead());
  DBSTOW_ASSIGN(const std::vector<std::string> chains, ChainsToWorkOn(session));
  std::vector<OperationResult> results;
  for (const std::string& chain : chains) {
    // Damage of one chain is no reason to leave the others.
    auto pruned = PruneChain(session, *repository, chain);
    results.push_back(pruned ? *std::move(pruned) : Failed(pruned.error()));
    results.back().details["instance"] = chain;
    if (WasStopped(results.back())) break;
  }
  if (results.empty()) return Done("there is no backup to prune", {{"operation", "prune"}});
  const bool planned = !session.arguments().confirm || session.arguments().dry_run;
  OperationResult result =
      Together(std::move(results), planned ? Pruning::kPlanned : Pruning::kDone);
  if (planned && result.success) {
    session.output().Note("nothing was removed; to remove: dbstow prune --confirm");
  }
  return result;
}

}  // namespace dbstow::cli
