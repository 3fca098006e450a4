#include <sys/stat.h>

#include "engines/sqlite/content_fingerprint.h"
#include "engines/sqlite/page_pump.h"
#include "engines/sqlite/sqlite_instance.h"

namespace dbstow::sqlite {
namespace {

struct Choices {
  bool fingerprint = true;
  bool allow_damaged = false;
};

Result<Choices> ReadChoices(const BackupOptions& options) {
  DBSTOW_TRY(options.Validate());
  DBSTOW_TRY(CheckOptions("option", options.extra, BackupExtraSpecs()));
  DBSTOW_TRY(EverCapabilities().Require(CapabilityFor(options.type)));
  if (options.include_logs) DBSTOW_TRY(EverCapabilities().Require(capability::kBackupLog));
  if (options.point_in_time) {
    return Error(ErrorCode::kUnsupportedCapability,
                 "a backup of SQLite is of now: there is no history to take an earlier state from");
  }
  if (!options.destination.empty()) {
    return Error(ErrorCode::kUnsupportedCapability,
                 "SQLite has no server that could write to '" + options.destination + "'")
        .WithHint("back up into a repository, and use `dbstow export` for a plain file");
  }
  const auto says = [&](const char* key, std::string_view value) {
    const auto found = options.extra.find(key);
    return found != options.extra.end() && found->second == value;
  };
  return Choices{!says("fingerprint", "false"), says("allow_damaged", "true")};
}

Result<StringMap> Describe(Snapshot& snapshot) {
  Session& session = snapshot.session();
  StringMap details;
  details["page_size"] = std::to_string(snapshot.page_size());
  details["page_count"] = std::to_string(snapshot.page_count());
  details["journal_mode"] = snapshot.journal_mode();
  details["log_pages"] = std::to_string(snapshot.log_pages().all().size());
  for (const char* pragma : {"encoding", "user_version", "application_id"}) {
    DBSTOW_ASSIGN(details[pragma], session.Text(std::string("PRAGMA ") + pragma));
  }
  return details;
}

// What a restore gives the file again, beside its pages.
StringMap FileAttributes(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) return {{"mode", "384"}};
  return {{"mode", std::to_string(info.st_mode & 0777)},
          {"uid", std::to_string(info.st_uid)},
          {"gid", std::to_string(info.st_gid)}};
}

// Hashes the contents in the snapshot's own transaction, so that they are those of the pages.
Result<void> AddFingerprints(Session& session, Choices choices, BackupFacts& facts) {
  if (!choices.fingerprint) {
    facts.warnings.emplace_back("taken without fingerprints: it cannot be proven by restoring it");
    return {};
  }
  auto found = FingerprintDatabase(session);
  if (found) {
    facts.fingerprints = std::move(found->tables);
    facts.warnings.insert(facts.warnings.end(), found->warnings.begin(), found->warnings.end());
    return {};
  }
  if (!choices.allow_damaged || found.error().code() != ErrorCode::kSourceDamaged) {
    return std::move(found).error();
  }
  facts.details["damaged"] = "true";
  facts.warnings.push_back("the database is damaged: " + found.error().ToString());
  return {};
}

Result<ItemSummary> CopyPages(Snapshot& snapshot, BackupWriter& writer, StageMeter& stages,
                              io::TaskGroup& group,
                              const std::function<Result<void>()>& meanwhile) {
  ItemSpec item{std::string(kDatabaseItem), FileAttributes(snapshot.session().path())};
  DBSTOW_ASSIGN(auto sink, writer.AddPages(std::move(item), snapshot.page_size()));
  PagePump pump(stages, snapshot.page_size(), snapshot.page_count());
  for (Snapshot::Reader& reader : snapshot.readers()) {
    pump.StartThread(
        group,
        [&reader](std::uint64_t first, MutableByteView out) { return reader.Read(first, out); },
        [&sink](std::uint64_t first, ByteView bytes) { return sink->Write(first, bytes); });
  }
  group.Share(meanwhile);
  DBSTOW_TRY(group.Wait());
  return sink->Finish(snapshot.page_count());
}

}  // namespace

std::vector<OptionSpec> BackupExtraSpecs() {
  return {{.key = "fingerprint",
           .kind = OptionSpec::Kind::kBoolean,
           .default_value = "true",
           .help = "hash the contents of every table, so that a restore can be proven equal"},
          {.key = "allow_damaged",
           .kind = OptionSpec::Kind::kBoolean,
           .default_value = "false",
           .help = "copy the pages of a database whose tables cannot all be read"}};
}

Result<BackupResult> SqliteInstance::Backup(const BackupOptions& options,
                                            OperationContext& context) {
  DBSTOW_ASSIGN(const Choices choices, ReadChoices(options));
  DBSTOW_ASSIGN(BackupStore * store, context.RequireStore());
  io::TaskGroup group(context);
  DBSTOW_ASSIGN(auto snapshot,
                Snapshot::Pin(source(), kPageThreads, ports_.files, group.context()));
  BackupFacts facts{.server_version = LibraryVersion()};
  DBSTOW_ASSIGN(facts.details, Describe(*snapshot));
  if (context.dry_run) {
    return BackupResult{.bytes = {.read = snapshot->size()}, .details = facts.details};
  }
  const auto stages = std::make_shared<StageMeter>();
  DBSTOW_ASSIGN(auto writer,
                store->Begin({ChainName(*this), engine().id(), options.type, context.trace.hex(),
                              BackupPlan::Parent::kNewest, stages}));
  DBSTOW_TRY(CopyPages(*snapshot, *writer, *stages, group,
                       [&] { return AddFingerprints(snapshot->session(), choices, facts); }));
  DBSTOW_TRY(snapshot->CheckUntouched());
  if (snapshot->session().Moved()) {
    facts.warnings.push_back("'" + settings_.path +
                             "' was removed or replaced during the backup, which is complete");
  }
  snapshot->Release();
  DBSTOW_TRY(context.CheckAlive("backing up '" + settings_.path + "'"));
  DBSTOW_ASSIGN(BackupRecord record, writer->Commit(std::move(facts)));
  return BackupResult{record.id, "", record.bytes, record.details, record.warnings};
}

}  // namespace dbstow::sqlite
