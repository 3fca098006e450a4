#include "engines/toy/register.h"

#include "dbstow/core/interfaces.h"
#include "engines/toy/toy_shelf.h"

// The smallest complete engine, which the recipe of docs/adding-an-engine.md is proven by. It shows
// both kinds of results: a full backup is bytes in the repository, a snapshot is a reference to
// what the server keeps.

namespace dbstow::toy {
namespace {

constexpr std::string_view kRowsItem = "rows";

CapabilitySet Ever() {
  CapabilitySet can;
  for (std::string_view name :
       {capability::kBackup, capability::kRestore, capability::kClone, capability::kVerify,
        capability::kBackupFull, capability::kBackupSnapshot}) {
    can.Allow(name);
  }
  can.Deny(capability::kExport, "the toy has no files of its own that could be written");
  can.Deny(capability::kBackupDifferential, "the toy does not know what has changed");
  can.Deny(capability::kBackupLog, "the toy keeps no log");
  can.Deny(capability::kBackupLogical, "a full backup is logical already", "use --type full");
  can.Deny(capability::kRestorePointInTime, "the toy keeps no log to replay");
  can.Deny(capability::kClonePointInTime, "the toy keeps no history to clone from");
  can.Deny(capability::kCloneZeroCopy, "the toy copies every row");
  return can;
}

std::vector<OptionSpec> BackupExtra() {
  return {{.key = "comment", .help = "a word to remember the backup by"}};
}
std::vector<OptionSpec> RestoreMapping() {
  return {{.key = "row:*", .kind = OptionSpec::Kind::kName, .help = "renames a row"}};
}

// Independent of the order, as every fingerprint is.
ContentFingerprint FingerprintOf(const Rows& rows) {
  std::size_t sum = 0;
  for (const auto& [key, value] : rows) sum += std::hash<std::string>()(key + "=" + value);
  return {"rows", "toy-sum-v1", rows.size(), std::to_string(sum)};
}

Result<Rows> ReadRows(BackupReader& backup) {
  DBSTOW_ASSIGN(auto stream, backup.OpenStream(kRowsItem));
  std::string text;
  Bytes buffer(4096);
  for (;;) {
    DBSTOW_ASSIGN(const std::size_t got, stream->Read(buffer));
    if (got == 0) return Decode(text);
    text += AsText(ByteView(buffer).first(got));
  }
}

class ToyInstance final : public DatabaseInstance,
                          public SupportsBackup,
                          public SupportsRestore,
                          public SupportsClone,
                          public SupportsVerify {
 public:
  ToyInstance(InstanceSpec spec, io::FileSystem& files)
      : DatabaseInstance(std::move(spec.engine), std::move(spec.name), std::move(spec.version),
                         std::move(spec.connection), Ever()),
        shelf_(files, connection().database.substr(0, connection().database.rfind('/'))),
        name_on_shelf_(connection().database.substr(connection().database.rfind('/') + 1)) {}

  Result<BackupResult> Backup(const BackupOptions& options, OperationContext& context) override {
    DBSTOW_TRY(CheckOptions("option", options.extra, BackupExtra()));
    DBSTOW_TRY(CheckRequest(options));
    DBSTOW_ASSIGN(BackupStore * store, context.RequireStore());
    DBSTOW_ASSIGN(const Rows rows, shelf_.Read(name_on_shelf_));
    if (context.dry_run) return BackupResult{};
    DBSTOW_ASSIGN(auto writer, store->Begin({ChainName(*this), engine().id(), options.type,
                                             context.trace.hex()}));
    BackupFacts facts{.server_version = "1.0", .fingerprints = {FingerprintOf(rows)}};
    if (options.type == BackupType::kSnapshot) {
      facts.server_reference = name_on_shelf_ + ".kept-" + writer->id();
      DBSTOW_TRY(shelf_.Write(facts.server_reference, rows, ToyShelf::IfExists::kRefuse));
    } else {
      DBSTOW_TRY(WriteRows(*writer, rows));
    }
    DBSTOW_TRY(context.CheckAlive("backing up"));
    DBSTOW_ASSIGN(const BackupRecord record, writer->Commit(std::move(facts)));
    return BackupResult{record.id, record.server_reference, record.bytes, {}, {}};
  }

  Result<RestoreResult> Restore(const RestoreOptions& options, OperationContext& context) override {
    DBSTOW_TRY(options.Validate());
    DBSTOW_TRY(CheckOptions("mapping", options.mapping, RestoreMapping()));
    if (options.point_in_time) DBSTOW_TRY(Ever().Require(capability::kRestorePointInTime));
    DBSTOW_TRY(CheckFree(options.target_name, options.overwrite));
    DBSTOW_ASSIGN(auto backup, Open(options.source, context));
    if (context.dry_run) return RestoreResult{.target = options.target_name};
    DBSTOW_ASSIGN(Rows rows, Fetch(*backup));
    DBSTOW_TRY(context.CheckAlive("restoring"));
    for (const auto& [from, to] : options.mapping) Rename(rows, from.substr(4), to);
    DBSTOW_TRY(shelf_.Write(
        options.target_name, rows,
        options.overwrite ? ToyShelf::IfExists::kReplace : ToyShelf::IfExists::kRefuse));
    return RestoreResult{.target = options.target_name, .backup_id = backup->record().id};
  }

  Result<CloneResult> Clone(const CloneOptions& options, OperationContext& context) override {
    DBSTOW_TRY(CheckOptions("option", options.extra, {}));
    if (options.source_time) DBSTOW_TRY(Ever().Require(capability::kClonePointInTime));
    DBSTOW_TRY(CheckFree(options.target_name, false));
    DBSTOW_ASSIGN(const Rows rows, shelf_.Read(name_on_shelf_));
    context.progress.Report({"rows", options.target_name});
    DBSTOW_TRY(context.CheckAlive("cloning"));
    CloneResult result{.target = options.target_name};
    result.details["zero_copy_reason"] = Ever().Find(capability::kCloneZeroCopy)->reason;
    if (context.dry_run) return result;
    DBSTOW_TRY(shelf_.Write(options.target_name, rows, ToyShelf::IfExists::kRefuse));
    return result;
  }

  Result<std::vector<ContentFingerprint>> Fingerprint(const std::vector<ContentFingerprint>&,
                                                      OperationContext&) override {
    DBSTOW_ASSIGN(const Rows rows, shelf_.Read(name_on_shelf_));
    return std::vector{FingerprintOf(rows)};
  }

  Result<ProofReport> Prove(const ProofOptions& options, OperationContext& context) override {
    DBSTOW_ASSIGN(auto backup, Open(options.source, context));
    DBSTOW_ASSIGN(const Rows rows, Fetch(*backup));
    ProofReport report{.scratch = "memory", .objects_compared = 1, .rows_compared = rows.size()};
    report.differences = CompareFingerprints(backup->record().fingerprints, {FingerprintOf(rows)});
    for (const std::string& query : options.user_queries) {
      report.failed_queries.push_back("query '" + query + "' failed: the toy knows no queries");
    }
    return report;
  }

 protected:
  Result<InstanceState> Probe(OperationContext&) override {
    DBSTOW_ASSIGN(const Rows rows, shelf_.Read(name_on_shelf_));
    return InstanceState{"1.0", Now(), {{"rows", std::to_string(rows.size())}}, {}};
  }

 private:
  // What the server allows at this moment.
  [[nodiscard]] CapabilitySet Now() const {
    CapabilitySet can = Ever();
    if (!shelf_.keeps_snapshots()) {
      can.Deny(capability::kBackupSnapshot, "the server's retention is 0 days",
               "set the server's retention to at least one day");
    }
    return can;
  }

  // Every option is heeded or refused, none forgotten.
  [[nodiscard]] Result<void> CheckRequest(const BackupOptions& options) const {
    DBSTOW_TRY(options.Validate());
    DBSTOW_TRY(Now().Require(CapabilityFor(options.type)));
    if (options.include_logs) DBSTOW_TRY(Ever().Require(capability::kBackupLog));
    if (!options.destination.empty()) {
      return Error(ErrorCode::kInvalidOptions, "the toy writes nowhere but to a repository: '" +
                                                   options.destination + "' is no place for it");
    }
    if (options.point_in_time) {
      return Error(ErrorCode::kInvalidOptions, "a backup of the toy is of now");
    }
    return {};
  }

  [[nodiscard]] Result<void> CheckFree(const std::string& target, bool overwrite) const {
    if (overwrite || !shelf_.Holds(target)) return {};
    return Error(ErrorCode::kAlreadyExists, "the toy database '" + target + "' exists");
  }

  [[nodiscard]] Result<std::unique_ptr<BackupReader>> Open(const std::string& source,
                                                           OperationContext& context) const {
    DBSTOW_ASSIGN(BackupStore * store, context.RequireStore());
    return store->Open(source, source == "latest" ? ChainName(*this) : "");
  }

  static Result<void> WriteRows(BackupWriter& writer, const Rows& rows) {
    DBSTOW_ASSIGN(auto sink, writer.AddStream({std::string(kRowsItem), {}}));
    DBSTOW_TRY(sink->Write(AsBytes(Encode(rows))));
    DBSTOW_TRY(sink->Finish());
    return {};
  }

  // From our repository, or from what the server keeps.
  [[nodiscard]] Result<Rows> Fetch(BackupReader& backup) const {
    const std::string& reference = backup.record().server_reference;
    if (reference.empty()) return ReadRows(backup);
    if (shelf_.Holds(reference)) return shelf_.Read(reference);
    return Error(ErrorCode::kNotFound, "the server no longer keeps '" + reference + "'");
  }

  static void Rename(Rows& rows, const std::string& from, const std::string& to) {
    auto row = rows.extract(from);
    if (row.empty()) return;
    row.key() = to;
    rows.insert(std::move(row));
  }

  ToyShelf shelf_;
  std::string name_on_shelf_;
};

}  // namespace
}  // namespace dbstow::toy

namespace dbstow {

Result<void> RegisterToy(EngineRegistry& registry, const EnginePorts& ports) {
  return registry.Register(
      {.engine = DatabaseEngine("toy"),
       .display_name = "Toy",
       .capabilities = toy::Ever(),
       .properties = {{.key = "colour", .help = "of the toy"}},
       .backup_extra = toy::BackupExtra(),
       .restore_mapping = toy::RestoreMapping(),
       .create = [&files =
                      ports.files](InstanceSpec spec) -> Result<std::unique_ptr<DatabaseInstance>> {
         if (!spec.connection.database.starts_with('/')) {
           return Error(ErrorCode::kInvalidOptions, "a toy database is named by an absolute path")
               .WithHint("write toy:///folder/name");
         }
         return std::make_unique<toy::ToyInstance>(std::move(spec), files);
       }});
}

}  // namespace dbstow
