#include "cli/asked_operation.h"
#include "cli/backup_lookup.h"
#include "cli/commands.h"
#include "cli/look_operations.h"
#include "dbstow/operations/data_operations.h"

namespace dbstow::cli {
namespace {

/// The type that was asked for, or the first of full and logical that is available now.
Result<BackupType> ChooseType(Session& session, DatabaseInstance& instance) {
  if (const std::string& given = session.arguments().type; !given.empty()) {
    return BackupTypeFromString(given);
  }
  std::vector<BackupType> possible;
  const CapabilitySet ever = instance.capabilities();
  for (const BackupType type : {BackupType::kFull, BackupType::kLogical}) {
    if (ever.Contains(CapabilityFor(type))) possible.push_back(type);
  }
  if (possible.empty()) return BackupType::kFull;  // the executor says why not
  if (possible.size() == 1) return possible.front();
  DBSTOW_ASSIGN(OperationContext context, session.NewContext(nullptr, nullptr));
  DBSTOW_TRY(instance.Refresh(context));
  const CapabilitySet now = instance.capabilities();
  return now.Contains(CapabilityFor(BackupType::kFull)) ? BackupType::kFull : BackupType::kLogical;
}

/// A time; or the reason why the engine cannot go to the point that was named.
Result<std::optional<TimePoint>> ReadPoint(const std::string& text,
                                           const DatabaseInstance& instance) {
  if (text.empty()) return std::optional<TimePoint>();
  for (const std::string_view form : {"lsn:", "xid:", "name:"}) {
    if (!text.starts_with(form)) continue;
    DBSTOW_TRY(instance.capabilities().Require(capability::kRestorePointInTime));
    return Error(ErrorCode::kUnsupportedCapability, "--at " + std::string(form) + "…: engine '" +
                                                        instance.engine().id() +
                                                        "' restores to times only")
        .WithHint("give a time, for example --at 2026-11-23T22:30:00Z");
  }
  auto time = ParseTime(text);
  if (time) return std::optional<TimePoint>(*time);
  return Error(ErrorCode::kInvalidOptions, "--at: " + time.error().message())
      .WithHint(time.error().hint());
}

/// The check of the executor, before a repository is opened or created for it.
Result<void> CheckForEngine(Session& session, const Operation& operation,
                            const DatabaseInstance& instance) {
  DBSTOW_ASSIGN(app::Application * application, session.Application());
  DBSTOW_ASSIGN(const EngineDescriptor* engine, application->engines().Find(instance.engine()));
  return operation.Validate(*engine);
}

std::string YesOrNo(bool yes) { return yes ? "yes" : "no"; }

/// Where the fingerprints of one side of a comparison come from.
struct Side {
  std::string name;
  std::vector<ContentFingerprint> fingerprints;
};

/// `like`: what the other side is, where that is known already.
Result<Side> LiveSide(Session& session, const std::string& name,
                      std::vector<ContentFingerprint> like) {
  DBSTOW_ASSIGN(auto instance, session.OpenInstance(name));
  FingerprintOperation operation(std::move(like));
  DBSTOW_ASSIGN(const OperationResult result, session.Execute(operation, *instance, nullptr));
  if (result.error) return *result.error;
  return Side{"'" + instance->name() + "'", operation.fingerprints()};
}

Result<Side> SideOf(Session& session, const std::string& name) {
  DBSTOW_ASSIGN(app::Application * application, session.Application());
  if (LooksLikeUri(name) || application->configuration().FindInstance(name) != nullptr) {
    return LiveSide(session, name, {});
  }
  DBSTOW_ASSIGN(const BackupRecord record, FindRecord(session, name));
  if (record.fingerprints.empty()) {
    return Error(ErrorCode::kCouldNotVerify, "backup " + record.id + " has no content fingerprints")
        .WithHint("dbstow verify " + record.id + " --level 3 restores and compares");
  }
  return Side{"backup " + record.id, record.fingerprints};
}

OperationResult Failed(Error error, StringMap details) {
  OperationResult result = Done(error.message(), std::move(details));
  result.success = false;
  result.error = std::move(error);
  return result;
}

}  // namespace

Result<OperationResult> RunBackup(Session& session) {
  const Arguments& arguments = session.arguments();
  DBSTOW_ASSIGN(auto instance, session.OpenInstance(arguments.instance));
  BackupOptions options;
  DBSTOW_ASSIGN(options.type, ChooseType(session, *instance));
  options.destination = arguments.to;
  options.include_logs = arguments.include_logs;
  options.extra = arguments.settings;
  BackupOperation operation(options);
  DBSTOW_TRY(CheckForEngine(session, operation, *instance));
  DBSTOW_ASSIGN(app::OpenedRepository * repository, session.RepositoryToWrite());
  session.Plan({{"operation", "backup"},
                {"instance", instance->name()},
                {"engine", instance->engine().id()},
                {"backup_type", std::string(ToString(options.type))},
                {"repository", repository->uri()},
                {"repository_exists", YesOrNo(repository->repository() != nullptr)}});
  AskedOperation asked(operation, {{"type", arguments.type}});
  DBSTOW_ASSIGN(OperationResult result, session.Execute(asked, *instance, &repository->store()));
  if (result.success && !arguments.dry_run) {
    const auto id = result.details.find("backup_id");
    if (id != result.details.end()) session.output().Datum(id->second);
  }
  return result;
}

Result<OperationResult> RunRestore(Session& session) {
  const Arguments& arguments = session.arguments();
  DBSTOW_ASSIGN(auto instance, session.OpenInstance(arguments.instance));
  RestoreOptions options;
  options.source = arguments.from;
  options.target_name = arguments.target;
  options.overwrite = arguments.overwrite;
  options.mapping = arguments.mapping;
  DBSTOW_ASSIGN(options.point_in_time, ReadPoint(arguments.at, *instance));
  DBSTOW_TRY(CheckForEngine(session, RestoreOperation(options), *instance));
  BackupStore* store = nullptr;
  if (!LooksLikeUri(options.source)) {
    DBSTOW_ASSIGN(app::OpenedRepository * repository, session.RepositoryToRead());
    store = &repository->store();
    // One of another instance, too: a server that replaces a lost one has to restore from it.
    DBSTOW_ASSIGN(const BackupRecord source, FindRecord(session, options.source, instance->name()));
    options.source = source.id;
    if (source.instance != instance->name()) {
      const std::string place = instance->name();
      DBSTOW_ASSIGN(instance, InstanceOfChain(session, source, InstanceNeed::kServer));
      session.output().Note("backup " + source.id + " is of '" + source.instance +
                            "'; it is restored where '" + place + "' is");
    }
  }
  session.Plan({{"operation", "restore"},
                {"instance", instance->name()},
                {"engine", instance->engine().id()},
                {"from", options.source},
                {"target", options.target_name},
                {"overwrite", YesOrNo(options.overwrite)}});
  if (options.overwrite) {
    DBSTOW_TRY(session.Confirm("This replaces " + options.target_name + " if it exists.",
                               options.target_name));
  }
  RestoreOperation operation(options);
  AskedOperation asked(operation, {{"source", arguments.from}});
  DBSTOW_ASSIGN(OperationResult result, session.Execute(asked, *instance, store));
  if (result.success && !arguments.dry_run) session.output().Datum(result.details["target"]);
  return result;
}

Result<OperationResult> RunClone(Session& session) {
  const Arguments& arguments = session.arguments();
  DBSTOW_ASSIGN(auto instance, session.OpenInstance(arguments.instance));
  CloneOptions options;
  options.target_name = arguments.target;
  options.zero_copy_preferred = !arguments.no_zero_copy;
  options.extra = arguments.settings;
  DBSTOW_ASSIGN(options.source_time, ReadPoint(arguments.at, *instance));
  session.Plan({{"operation", "clone"},
                {"instance", instance->name()},
                {"engine", instance->engine().id()},
                {"target", options.target_name},
                {"zero_copy_preferred", YesOrNo(options.zero_copy_preferred)}});
  CloneOperation operation(options);
  DBSTOW_ASSIGN(OperationResult result, session.Execute(operation, *instance, nullptr));
  if (result.success && !arguments.dry_run) session.output().Datum(result.details["target"]);
  return result;
}

Result<OperationResult> RunCompare(Session& session) {
  DBSTOW_ASSIGN(const Side before, SideOf(session, session.arguments().backup));
  DBSTOW_ASSIGN(const Side after,
                LiveSide(session, session.arguments().instance, before.fingerprints));
  const std::uint64_t rows = CountRows(before.fingerprints);
  const auto differences = CompareFingerprints(before.fingerprints, after.fingerprints);
  for (const std::string& difference : differences) {
    session.output().Describe("difference", {{"difference", difference}});
  }
  const std::set<std::string> unread = UnreadNames(before.fingerprints, after.fingerprints);
  const std::string equal = !differences.empty() ? "no" : (unread.empty() ? "yes" : "unknown");
  StringMap details = {{"operation", "compare"},
                       {"equal", equal},
                       {"objects_compared", std::to_string(before.fingerprints.size())},
                       {"rows_compared", std::to_string(rows)},
                       {"differences", std::to_string(differences.size())}};
  session.output().Datum("equal: " + equal);
  const std::string both = before.name + " and " + after.name;
  if (!differences.empty()) {
    return Failed(Error(ErrorCode::kVerificationFailed, both + " differ: " + differences.front() +
                                                            (differences.size() == 1 ? "" : ", …"))
                      .WithHint("the differences are listed above"),
                  std::move(details));
  }
  if (unread.empty()) return Done(both + " hold the same contents", std::move(details));
  return Failed(Error(ErrorCode::kCouldNotVerify,
                      both + " do not differ in what could be read, but '" + *unread.begin() +
                          "' could not" + (unread.size() == 1 ? "" : ", nor could others"))
                    .WithHint("compare that in a program that has the extension it needs"),
                std::move(details));
}

}  // namespace dbstow::cli
