#include "cli/backup_lookup.h"

#include <algorithm>
#include <optional>
#include <set>

#include "app/environment.h"
#include "app/instance_lookup.h"

namespace dbstow::cli {
namespace {

constexpr std::string_view kLatest = "latest";

Result<std::string> OnlyChain(const std::vector<BackupRecord>& records) {
  std::set<std::string> chains;
  for (const BackupRecord& record : records) chains.insert(record.instance);
  if (chains.size() == 1) return *chains.begin();
  if (chains.empty()) {
    return Error(ErrorCode::kNotFound, "the repository has no backup yet")
        .WithHint("dbstow backup INSTANCE makes one");
  }
  std::string names;
  for (const std::string& chain : chains) names += (names.empty() ? "" : ", ") + chain;
  return Error(ErrorCode::kInvalidOptions,
               "'latest' of which instance? The repository has " + names)
      .WithHint("add --instance NAME");
}

Error NoSuchBackup(std::string_view what) {
  return Error(ErrorCode::kNotFound, "the repository has no backup " + std::string(what))
      .WithHint("dbstow backups lists what there is");
}

/// The one whose id is the selector or, alone, begins with it.
Result<std::optional<BackupRecord>> OneOf(const std::vector<BackupRecord>& records,
                                          std::string_view selector) {
  const BackupRecord* found = nullptr;
  for (const BackupRecord& record : records) {
    if (!record.id.starts_with(selector)) continue;
    if (record.id == selector) return std::optional(record);
    if (found != nullptr) {
      return Error(ErrorCode::kInvalidOptions, "several backups begin with '" +
                                                   std::string(selector) + "', for example " +
                                                   found->id + " and " + record.id)
          .WithHint("write more of the id");
    }
    found = &record;
  }
  return found == nullptr ? std::optional<BackupRecord>() : std::optional(*found);
}

Result<BackupRecord> Newest(Session& session, app::OpenedRepository& repository) {
  std::string chain;
  if (!session.arguments().instance.empty()) {
    DBSTOW_ASSIGN(chain, ChainOf(session, session.arguments().instance));
  } else {
    DBSTOW_ASSIGN(const std::vector<BackupRecord> records, repository.store().List(""));
    DBSTOW_ASSIGN(chain, OnlyChain(records));
  }
  auto newest = repository.repository()->Latest(chain);
  if (newest || newest.error().code() != ErrorCode::kNotFound) return newest;
  return std::move(newest).error().WithHint(
      "`dbstow backups` lists what there is; --from ID restores one of another instance, too");
}

std::string StandInFor(const std::string& chain) {
  return app::ScratchFolder() + "/dbstow-stand-in-" + chain;
}

}  // namespace

void DropRemarksOnStandIn(const DatabaseInstance& instance, OperationResult& result) {
  const std::string stand_in = StandInFor(instance.name());
  if (instance.connection().database != stand_in) return;
  std::erase_if(result.warnings, [&](const std::string& warning) {
    return warning.find(stand_in) != std::string::npos;
  });
}

Result<BackupRecord> FindRecord(Session& session, std::string_view selector) {
  DBSTOW_ASSIGN(app::OpenedRepository * repository, session.RepositoryToRead());
  if (selector == kLatest) return Newest(session, *repository);
  DBSTOW_ASSIGN(const std::vector<BackupRecord> records, repository->store().List(""));
  DBSTOW_ASSIGN(auto found, OneOf(records, selector));
  if (!found || selector.empty()) return NoSuchBackup("'" + std::string(selector) + "'");
  return *std::move(found);
}

Result<BackupRecord> FindRecord(Session& session, std::string_view selector,
                                const std::string& chain) {
  if (selector != kLatest) {
    DBSTOW_ASSIGN(app::OpenedRepository * repository, session.RepositoryToRead());
    DBSTOW_ASSIGN(const std::vector<BackupRecord> own, repository->store().List(chain));
    DBSTOW_ASSIGN(auto found, OneOf(own, selector));
    if (found) return *std::move(found);
  }
  return FindRecord(session, selector);
}

Result<std::string> ChainOf(Session& session, const std::string& name_or_uri) {
  DBSTOW_ASSIGN(app::Application * application, session.Application());
  const auto spec =
      app::LookUpInstance(application->configuration(), application->engines(), name_or_uri);
  if (spec) return spec->name;
  if (LooksLikeUri(name_or_uri)) return spec.error();
  DBSTOW_ASSIGN(app::OpenedRepository * repository, session.RepositoryToRead());
  DBSTOW_ASSIGN(const std::vector<BackupRecord> records, repository->store().List(name_or_uri));
  if (records.empty()) return spec.error();
  return name_or_uri;
}

Result<std::vector<std::string>> ChainsToWorkOn(Session& session) {
  DBSTOW_ASSIGN(app::OpenedRepository * repository, session.RepositoryToRead());
  const std::string& given = session.arguments().instance;
  if (given.empty()) return repository->repository()->Instances();
  DBSTOW_ASSIGN(std::string chain, ChainOf(session, given));
  return std::vector<std::string>{std::move(chain)};
}

RecordedInstance ChainAsInstance(BackupStore& store, const std::string& chain) {
  std::string engine = "unknown";
  if (const auto records = store.List(chain)) {
    const auto known = std::ranges::find(*records, true, &BackupRecord::readable);
    if (known != records->end()) engine = known->engine;
  }
  return {DatabaseEngine::Create(engine).value_or(DatabaseEngine("unknown")), chain};
}

Result<std::unique_ptr<DatabaseInstance>> InstanceOfChain(Session& session,
                                                          const BackupRecord& record,
                                                          InstanceNeed need) {
  if (!record.readable()) {
    return Error(ErrorCode::kCorrupt, "backup " + record.id + " cannot be read: " +
                                          (record.warnings.empty() ? "" : record.warnings.front()))
        .WithHint("dbstow verify says which of the others still restore");
  }
  DBSTOW_ASSIGN(app::Application * application, session.Application());
  DBSTOW_ASSIGN(DatabaseEngine engine, DatabaseEngine::Create(record.engine));
  const std::string& given = session.arguments().instance;
  auto spec = app::LookUpInstance(application->configuration(), application->engines(),
                                  given.empty() ? record.instance : given);
  if (spec && spec->engine == engine) {
    spec->name = record.instance;  // also when another server lends itself to the check
    return application->engines().Create(std::move(*spec));
  }
  // One of that name whose engine was changed since is the chain's own, and its backups remain.
  if (spec && !given.empty() && spec->name != record.instance) {
    return Error(ErrorCode::kInvalidOptions,
                 "backup " + record.id + " is of engine '" + engine.id() +
                     "', but the instance given is of engine '" + spec->engine.id() + "'")
        .WithHint("name one of engine " + engine.id());
  }
  if (need == InstanceNeed::kName) {
    return std::unique_ptr<DatabaseInstance>(
        std::make_unique<RecordedInstance>(std::move(engine), record.instance));
  }
  DBSTOW_ASSIGN(const EngineDescriptor* descriptor, application->engines().Find(engine));
  if (need == InstanceNeed::kServer && descriptor->default_port != 0) {
    return Error(ErrorCode::kInvalidOptions,
                 "backup " + record.id + " is of '" + record.instance +
                     "', which is not in the configuration, and a server is needed to restore on")
        .WithHint("add --instance URI of a server of engine " + record.engine);
  }
  // Nothing is looked for at this place; an engine that lives in files works beside it.
  ConnectionInfo nowhere;
  nowhere.database = StandInFor(record.instance);
  return application->engines().Create(
      {std::move(engine), record.instance, "", std::move(nowhere)});
}

Result<FoundBackup> FindBackup(Session& session, std::string_view selector, InstanceNeed need) {
  DBSTOW_ASSIGN(BackupRecord record, FindRecord(session, selector));
  DBSTOW_ASSIGN(auto instance, InstanceOfChain(session, record, need));
  return FoundBackup{std::move(record), std::move(instance)};
}

}  // namespace dbstow::cli
