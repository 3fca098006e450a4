#include "engines/postgres/pg_restore.h"

#include <algorithm>

#include "engines/postgres/pg_apply_catalog.h"
#include "engines/postgres/pg_archive_sql.h"
#include "engines/postgres/pg_build.h"
#include "engines/postgres/pg_connection.h"
#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_mapped_contents.h"
#include "engines/postgres/pg_options.h"
#include "engines/postgres/pg_version_gap.h"

namespace dbstow::postgres {
namespace {

/// One run of a restore.
class LogicalRestore {
 public:
  LogicalRestore(const RestoreSite& site, const RestoreOptions& options, OperationContext& context)
      : site_(site), options_(options), context_(context) {}

  Result<RestoreResult> Run() {
    DBSTOW_ASSIGN(settings_, RestoreSettings::FromMapping(options_.mapping));
    DBSTOW_ASSIGN(mapping_, RestoreMapping::Parse(options_.mapping));
    DBSTOW_ASSIGN(BackupStore * store, context_.RequireStore());
    DBSTOW_ASSIGN(contents_, BackupContents::Open(*store, options_.source, site_.chain));
    DBSTOW_ASSIGN(warnings_, MapContents(mapping_, options_.target_name, contents_));
    DBSTOW_ASSIGN(std::vector<std::string> about_versions,
                  CompareVersions(contents_.archive, site_.connection, context_));
    Warn(std::move(about_versions));
    DBSTOW_TRY(RefuseSelectionInPlaceOfAll());
    if (context_.dry_run) return DryRun();
    DBSTOW_ASSIGN(staging_, StagingDatabase::Create(Request(), context_));
    DBSTOW_ASSIGN(std::vector<std::string> about_roles,
                  ApplyGlobals(staging_->session(), contents_.globals));
    Warn(std::move(about_roles));
    DatabaseBuild build(contents_, *staging_, {settings_.jobs, settings_.analyze}, context_);
    DBSTOW_ASSIGN(BuildOutcome outcome, build.Run(mapping_));
    DBSTOW_TRY(SetDatabaseFacts());
    DBSTOW_TRY(context_.CheckAlive("restoring " + options_.target_name));
    DBSTOW_TRY(Publish(outcome));
    return ResultOf(std::move(outcome));
  }

 private:
  [[nodiscard]] StagingRequest Request() const {
    // One that somebody makes after it was looked for is not replaced by a selection either.
    return {site_.connection, options_.target_name, options_.overwrite && !mapping_.selects(),
            DatabaseParameters(contents_.archive), contents_.catalog.database.tablespace};
  }

  // A few tables would take the place of the whole database: who wants these back means something
  // else.
  Result<void> RefuseSelectionInPlaceOfAll() {
    if (!options_.overwrite || !mapping_.selects()) return {};
    DBSTOW_ASSIGN(const auto session,
                  PgSession::Open(MaintenanceConnection(site_.connection), context_));
    DBSTOW_ASSIGN(const bool exists,
                  StagingDatabase::CheckTarget(*session, options_.target_name, options_.overwrite));
    if (!exists) return {};
    return Error(ErrorCode::kSafetyRefused,
                 "database '" + options_.target_name +
                     "' exists, and only a selection of the backup would be left in its place")
        .WithHint("restore the selection beside it, under another --target, and copy the rows");
  }

  [[nodiscard]] std::string Mapping() const {
    std::string all;
    for (const auto& [key, value] : options_.mapping) {
      all += (all.empty() ? "" : "; ") + key + "=" + value;
    }
    return all;
  }

  Result<RestoreResult> DryRun() {
    DBSTOW_ASSIGN(const auto session,
                  PgSession::Open(MaintenanceConnection(site_.connection), context_));
    DBSTOW_ASSIGN(const bool exists,
                  StagingDatabase::CheckTarget(*session, options_.target_name, options_.overwrite));
    RestoreResult result{options_.target_name, contents_.reader->record().id};
    result.details = {{"bytes", std::to_string(contents_.bytes)},
                      {"parts", std::to_string(contents_.parts.size())},
                      {"replaces", exists ? "true" : "false"}};
    if (!options_.mapping.empty()) result.details["mapping"] = Mapping();
    result.warnings = std::move(warnings_);
    return result;
  }

  Result<void> SetDatabaseFacts() {
    DBSTOW_ASSIGN(const RestoreRights rights, RestoreRights::Read(staging_->session()));
    for (const std::string& sql :
         DatabaseStatements(contents_.catalog.database, staging_->name(), rights)) {
      auto done = staging_->session().Run(sql);
      if (done) continue;
      if (staging_->session().broken()) return done;
      warnings_.push_back("a property of the database could not be set: " + done.error().message());
    }
    return {};
  }

  // Rows without all that belongs to them are worth keeping, but not worth the old target.
  Result<void> Publish(const BuildOutcome& outcome) {
    const std::string& comment = contents_.catalog.database.comment;
    target_ = options_.target_name;
    if (outcome.failures.empty() || !staging_->replaces() ||
        settings_.incomplete == RestoreSettings::Incomplete::kReplace) {
      return staging_->TakeName(comment);
    }
    DBSTOW_ASSIGN(target_, staging_->KeepBeside(comment));
    return {};
  }

  [[nodiscard]] std::string NextStep() const {
    if (target_ == options_.target_name) {
      return "all rows are in database '" + target_ +
             "': make what is missing there (the warnings name it), or drop it and restore again";
    }
    return "database '" + options_.target_name + "' is as it was; all rows are in '" + target_ +
           "': make what is missing there (the warnings name it) and rename it, or drop it; "
           "--map incomplete=replace replaces all the same";
  }

  void Warn(std::vector<std::string> warnings) {
    for (std::string& warning : warnings) warnings_.push_back(std::move(warning));
  }

  RestoreResult ResultOf(BuildOutcome outcome) {
    RestoreResult result{target_, contents_.reader->record().id, outcome.bytes_written,
                         std::move(outcome.durations), std::move(outcome.warnings)};
    for (const Error& each : outcome.failures) result.failures.push_back(each.message());
    if (!result.failures.empty()) result.next_step = NextStep();
    result.warnings.insert(result.warnings.end(), warnings_.begin(), warnings_.end());
    for (std::string& warning : staging_->TakeWarnings()) {
      result.warnings.push_back(std::move(warning));
    }
    std::ranges::sort(result.warnings);
    const auto repeated = std::ranges::unique(result.warnings);
    result.warnings.erase(repeated.begin(), repeated.end());
    result.details["jobs"] = std::to_string(settings_.jobs);
    result.details["replaced"] = staging_->replaces() ? "true" : "false";
    return result;
  }

  const RestoreSite& site_;
  const RestoreOptions& options_;
  OperationContext& context_;
  RestoreSettings settings_;
  RestoreMapping mapping_;
  BackupContents contents_;
  std::unique_ptr<StagingDatabase> staging_;
  std::string target_;  // the name that was taken
  std::vector<std::string> warnings_;
};

}  // namespace

Result<RestoreResult> RunRestore(const RestoreSite& site, const RestoreOptions& options,
                                 OperationContext& context) {
  DBSTOW_TRY(options.Validate());
  return LogicalRestore(site, options, context).Run();
}

}  // namespace dbstow::postgres
