#include "engines/postgres/pg_backup.h"

#include "engines/postgres/pg_connection.h"
#include "engines/postgres/pg_definition_guard.h"
#include "engines/postgres/pg_definition_prints.h"
#include "engines/postgres/pg_left_out.h"
#include "engines/postgres/pg_lock_holders.h"
#include "engines/postgres/pg_read_catalog.h"
#include "engines/postgres/pg_roles.h"
#include "engines/postgres/pg_schema_dump.h"
#include "engines/postgres/pg_table_dump.h"

namespace dbstow::postgres {
namespace {

Result<void> CheckRequest(const BackupOptions& options) {
  if (!options.destination.empty()) {
    return Error(ErrorCode::kInvalidOptions,
                 "a PostgreSQL backup goes to a repository, not to '" + options.destination + "'")
        .WithHint("leave --to away; name the repository with --repo");
  }
  if (options.include_logs || options.point_in_time) {
    return Error(ErrorCode::kUnsupportedCapability,
                 "a logical backup holds one moment, the one at which it begins: it has no logs")
        .WithHint("leave --include-logs and the point in time away");
  }
  return {};
}

void Append(std::vector<ContentFingerprint> more, std::vector<ContentFingerprint>& all) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// One run of a backup.
class LogicalBackup {
 public:
  LogicalBackup(const BackupSource& source, const DumpOptions& options, const EnginePorts& ports,
                OperationContext& context)
      : source_(source), options_(options), ports_(ports), context_(context) {}

  Result<BackupResult> Run() {
    DBSTOW_TRY(Prepare());
    if (context_.dry_run) return DryRun();
    DBSTOW_ASSIGN(BackupStore * store, context_.RequireStore());
    DBSTOW_ASSIGN(writer_,
                  store->Begin({source_.chain, "postgres", BackupType::kLogical,
                                context_.trace.hex(), BackupPlan::Parent::kNewest, stages_}));
    DBSTOW_TRY(CopyEverything());
    DBSTOW_TRY(snapshot_->session().Run("COMMIT"));
    DBSTOW_ASSIGN(const BackupRecord record, writer_->Commit(Facts()));
    return BackupResult{record.id, "", bytes_, record.details, warnings_};
  }

 private:
  // Versions are compared before the first byte is read.
  Result<void> Prepare() {
    context_.progress.Report({"connect", Describe(source_.connection)});
    DBSTOW_ASSIGN(const auto probe,
                  PgSession::Open(source_.connection, context_, options_.lock_timeout_ms));
    server_version_ = probe->version_text();
    const int major = probe->version_number() / 10000;
    DBSTOW_ASSIGN(pg_dump_, FindClientProgram("pg_dump", major, ports_, context_));
    context_.progress.Report({"snapshot", Describe(source_.connection)});
    DBSTOW_ASSIGN(snapshot_, PgSnapshot::Take(source_.connection, options_, context_));
    return {};
  }

  Result<void> CopyEverything() {
    PgSession& session = snapshot_->session();
    DBSTOW_ASSIGN(const PgBackupCatalog catalog, ReadCatalog(session));
    DBSTOW_ASSIGN(warnings_, ListLeftOut(session));
    Note(catalog);
    std::vector<std::uint32_t> objects;
    for (const PgLargeObject& object : catalog.large_objects) objects.push_back(object.oid);
    dump_ = std::make_unique<TableDump>(
        *snapshot_, std::move(objects), options_, *stages_,
        [this](ItemSpec spec) { return writer_->AddStream(std::move(spec)); });
    io::TaskGroup group(context_);
    dump_->Start(group);
    auto described = WriteDescription(catalog, group.context());
    if (!described) group.Fail(std::move(described).error());
    DBSTOW_TRY(dump_->ServeDeferred(group));
    const DumpTotals totals = dump_->totals();
    bytes_.read += totals.bytes.read;
    bytes_.stored += totals.bytes.stored;
    bytes_.reused += totals.bytes.reused;
    return {};
  }

  // In this thread, while the workers copy rows.
  Result<void> WriteDescription(const PgBackupCatalog& catalog, const OperationContext& context) {
    DBSTOW_ASSIGN(definitions_, FingerprintDefinitions(snapshot_->session()));
    Append(FingerprintSequences(catalog.sequences), definitions_);
    DBSTOW_ASSIGN(const auto schema, writer_->AddStream({std::string(kSchemaItem), {}}));
    DBSTOW_ASSIGN(std::vector<std::string> left_out,
                  DumpSchema({*snapshot_, pg_dump_, options_.lock_timeout_ms}, ports_, context,
                             [&schema](ByteView bytes) { return schema->Write(bytes); }));
    Warn(std::move(left_out));
    DBSTOW_ASSIGN(std::vector<std::string> hidden, ListHiddenOptions(snapshot_->session()));
    Warn(std::move(hidden));
    DBSTOW_TRY(CheckDefinitionsStand(snapshot_->session(), context));
    DBSTOW_TRY(Finish(*schema));
    DBSTOW_ASSIGN(const auto facts, writer_->AddStream({std::string(PgBackupCatalog::kItem), {}}));
    DBSTOW_TRY(facts->Write(AsBytes(catalog.ToJson())));
    DBSTOW_TRY(Finish(*facts));
    return WriteRoles();
  }

  Result<void> WriteRoles() {
    DBSTOW_ASSIGN(const PgGlobals globals, ReadGlobals(snapshot_->session(), RoleScope::kUsed));
    if (!globals.has_password_hashes && !globals.roles.empty()) {
      warnings_.emplace_back(
          "the roles are backed up without passwords: only a superuser may read them");
    }
    DBSTOW_ASSIGN(const auto roles, writer_->AddStream({std::string(PgGlobals::kItem), {}}));
    DBSTOW_TRY(roles->Write(AsBytes(globals.ToJson().Reveal())));
    return Finish(*roles);
  }

  Result<void> Finish(StreamSink& sink) {
    DBSTOW_ASSIGN(const ItemSummary summary, sink.Finish());
    bytes_.read += summary.bytes_read;
    bytes_.stored += summary.bytes_stored;
    bytes_.reused += summary.bytes_reused;
    return {};
  }

  void Note(const PgBackupCatalog& catalog) {
    Warn(WarnOfTablesWithoutRows(snapshot_->tables()));
    Warn(snapshot_->session().TakeWarnings());
    details_["encoding"] = catalog.database.encoding;
    details_["collation"] = catalog.database.collation;
    details_["database"] = catalog.database.name;
    details_["largeObjects"] = std::to_string(catalog.large_objects.size());
    details_["sequences"] = std::to_string(catalog.sequences.size());
  }

  void Warn(std::vector<std::string> warnings) {
    for (std::string& warning : warnings) warnings_.push_back(std::move(warning));
  }

  BackupFacts Facts() {
    const DumpTotals totals = dump_->totals();
    details_["snapshot"] = snapshot_->id();
    details_["tables"] = std::to_string(snapshot_->tables().size());
    details_["rows"] = std::to_string(totals.rows);
    details_["parts"] = std::to_string(totals.parts);
    details_["jobs"] = std::to_string(options_.jobs);
    details_["pgDumpVersion"] = std::to_string(pg_dump_.major_version);
    std::vector<ContentFingerprint> fingerprints = dump_->Fingerprints();
    Append(std::move(definitions_), fingerprints);
    return {server_version_, "", details_, std::move(fingerprints), warnings_};
  }

  Result<BackupResult> DryRun() {
    std::uint64_t bytes = 0;
    for (const TablePlan& table : snapshot_->tables()) bytes += table.bytes;
    BackupResult result;
    result.details = {{"tables", std::to_string(snapshot_->tables().size())},
                      {"estimatedBytes", std::to_string(bytes)},
                      {"jobs", std::to_string(options_.jobs)},
                      {"pgDump", pg_dump_.path}};
    return result;
  }

  const BackupSource& source_;
  DumpOptions options_;
  EnginePorts ports_;
  OperationContext& context_;
  std::string server_version_;
  ClientProgram pg_dump_;
  const std::shared_ptr<StageMeter> stages_ = std::make_shared<StageMeter>();
  std::unique_ptr<PgSnapshot> snapshot_;
  std::unique_ptr<BackupWriter> writer_;
  std::unique_ptr<TableDump> dump_;
  ByteCounts bytes_;
  StringMap details_;
  std::vector<ContentFingerprint> definitions_;
  std::vector<std::string> warnings_;
};

/// Reading for a comparison is not the phase that a dump is.
class ComparisonProgress final : public ProgressSink {
 public:
  explicit ComparisonProgress(ProgressSink& sink) : sink_(sink) {}
  void Report(const Progress& progress) override {
    Progress renamed = progress;
    renamed.phase = "compare";
    sink_.Report(renamed);
  }

 private:
  ProgressSink& sink_;
};

/// Counts and drops what it is given.
class NullSink final : public StreamSink {
 public:
  Result<void> Write(ByteView bytes) override {
    read_ += bytes.size();
    return {};
  }
  Result<ItemSummary> Finish() override { return ItemSummary{read_, 0, 0}; }

 private:
  std::uint64_t read_ = 0;
};

Result<std::vector<ContentFingerprint>> Fingerprint(const ConnectionInfo& connection,
                                                    const DumpOptions& options,
                                                    const OperationContext& context) {
  DBSTOW_ASSIGN(const auto snapshot, PgSnapshot::Take(connection, options, context));
  DBSTOW_ASSIGN(const PgRows rows,
                snapshot->session().Query("SELECT oid FROM pg_largeobject_metadata ORDER BY oid"));
  std::vector<std::uint32_t> objects;
  for (int row = 0; row < rows.size(); ++row) {
    objects.push_back(static_cast<std::uint32_t>(rows.Integer(row, 0)));
  }
  StageMeter stages;
  TableDump dump(*snapshot, std::move(objects), options, stages,
                 [](const ItemSpec&) -> Result<std::unique_ptr<StreamSink>> {
                   return std::make_unique<NullSink>();
                 });
  io::TaskGroup group(context);
  dump.Start(group);
  auto definitions = FingerprintDefinitions(snapshot->session());
  if (!definitions) group.Fail(definitions.error());
  DBSTOW_TRY(dump.ServeDeferred(group));
  DBSTOW_ASSIGN(const auto sequences, ReadSequences(snapshot->session()));
  std::vector<ContentFingerprint> fingerprints = dump.Fingerprints();
  Append(std::move(definitions).value(), fingerprints);
  Append(FingerprintSequences(sequences), fingerprints);
  return fingerprints;
}

}  // namespace

Result<BackupResult> RunBackup(const BackupSource& source, const BackupOptions& options,
                               const EnginePorts& ports, OperationContext& context) {
  DBSTOW_TRY(CheckRequest(options));
  DBSTOW_ASSIGN(const DumpOptions dump_options, DumpOptions::FromExtra(options.extra));
  auto done = LogicalBackup(source, dump_options, ports, context).Run();
  if (!done) return NameLockHolder(done.error(), source.connection, context);
  return done;
}

Result<std::vector<ContentFingerprint>> FingerprintDatabase(
    const ConnectionInfo& connection, const std::vector<ContentFingerprint>& recorded,
    const OperationContext& asked) {
  ComparisonProgress progress(asked.progress);
  const OperationContext context = asked.With(progress);
  DBSTOW_ASSIGN(DumpOptions options, DumpOptions::FromExtra({}));
  options.formats = FormatsOf(recorded);
  auto fingerprints = Fingerprint(connection, options, context);
  if (!fingerprints) return NameLockHolder(fingerprints.error(), connection, context);
  return fingerprints;
}

}  // namespace dbstow::postgres
