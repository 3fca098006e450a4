#include <algorithm>

#include "engines/postgres/pg_apply_catalog.h"
#include "engines/postgres/pg_archive_sql.h"
#include "engines/postgres/pg_backup.h"
#include "engines/postgres/pg_build.h"
#include "engines/postgres/pg_computing_settings.h"
#include "engines/postgres/pg_connection.h"
#include "engines/postgres/pg_definition_prints.h"
#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_options.h"
#include "engines/postgres/pg_restore.h"
#include "engines/postgres/pg_version_gap.h"

namespace dbstow::postgres {
namespace {

constexpr const char* kScratchName = "dbstow_proof";

// The user's queries may change nothing but the scratch database, which goes away anyway.
Result<void> RunUserQueries(const ConnectionInfo& connection, const PgDatabaseFacts& facts,
                            const ProofOptions& options, const OperationContext& context,
                            ProofReport& report) {
  if (options.user_queries.empty()) return {};
  DBSTOW_ASSIGN(const auto session, PgSession::Open(connection, context));
  // As an application would find it.
  DBSTOW_TRY(ComputeAsInDatabase(*session, facts));
  DBSTOW_TRY(WriteAsInDatabase(*session, facts));
  DBSTOW_TRY(session->Run("RESET search_path; SET check_function_bodies = on"));
  for (const std::string& query : options.user_queries) {
    const auto done = session->Run(query);
    if (done) continue;
    if (session->broken()) return done;
    report.failed_queries.push_back("query '" + query + "' failed: " + done.error().message());
  }
  return {};
}

// B-tree indexes against their heaps. Without the extension the proof stands on contents alone.
Result<void> CheckIndexes(const ConnectionInfo& connection, const PgDatabaseFacts& facts,
                          const OperationContext& context, ProofReport& report) {
  DBSTOW_ASSIGN(const auto session, PgSession::Open(connection, context));
  DBSTOW_TRY(ComputeAsInDatabase(*session, facts));
  auto created = session->Run("CREATE EXTENSION IF NOT EXISTS amcheck WITH SCHEMA pg_catalog");
  if (!created) {
    if (session->broken()) return created;
    report.details["amcheck"] = "not available: " + created.error().message();
    return {};
  }
  DBSTOW_ASSIGN(const PgRows indexes,
                session->Query("SELECT c.oid, c.oid::regclass::text FROM pg_class c"
                               " JOIN pg_am a ON a.oid = c.relam JOIN pg_index i ON"
                               " i.indexrelid = c.oid WHERE c.relkind = 'i' AND a.amname = 'btree'"
                               " AND c.relpersistence <> 't' AND c.oid >= 16384 AND i.indisvalid"));
  for (int row = 0; row < indexes.size(); ++row) {
    const auto checked =
        session->Query("SELECT bt_index_check($1::oid::regclass, true)", {indexes.String(row, 0)});
    if (checked) continue;
    if (session->broken()) return checked.error();
    report.differences.push_back("index " + indexes.String(row, 1) + ": " +
                                 checked.error().message());
  }
  report.details["amcheck"] = std::to_string(indexes.size()) + " indexes checked";
  return {};
}

// What has been found out by now stands, whatever becomes of the copy.
void DropScratch(StagingDatabase& scratch, ProofReport& report) {
  const auto dropped = scratch.Drop();
  if (dropped) return;
  report.warnings.push_back("database " + scratch.name() +
                            " is left, which the next proof drops: " + dropped.error().message());
}

// So that they are compared, and the queries run under them. False: not all can be made here.
Result<bool> ApplySettings(const PgDatabaseFacts& facts, StagingDatabase& scratch) {
  bool all = true;
  for (const std::string& sql : SettingStatements(facts, scratch.name())) {
    auto done = scratch.session().Run(sql);
    if (!done && scratch.session().broken()) return std::move(done).error();
    all = all && done;
  }
  return all;
}

// Its login triggers are meant for who uses the database: here they could refuse, or change what is
// to be compared. Who could make them may turn them off.
ConnectionInfo ConnectionTo(const StagingDatabase& scratch, const PgArchive& archive) {
  return std::ranges::any_of(archive.entries, IsLoginTrigger)
             ? WithoutEventTriggers(scratch.connection())
             : scratch.connection();
}

// What the backup holds is not acceptable (malformed rows, broken keys, bad DDL): a finding about
// the backup. A full disk or a lost connection is not.
bool IsRefusedByTheServer(const Error& error) {
  if (!error.native() || error.native()->system != "postgres") return false;
  // A proof makes no roles; one that a policy names may be missing on this server.
  if (error.native()->code == "42704") return false;
  // Some kinds of objects only a superuser makes.
  if (error.native()->code == "42501") return false;
  const std::string state = error.native()->code.substr(0, 2);
  return state == "22" || state == "23" || state == "42";
}

}  // namespace

Result<ProofReport> ProveBackup(const RestoreSite& site, const ProofOptions& options,
                                OperationContext& context) {
  DBSTOW_ASSIGN(BackupStore * store, context.RequireStore());
  DBSTOW_ASSIGN(BackupContents contents, BackupContents::Open(*store, options.source, site.chain));
  DBSTOW_ASSIGN(const RestoreSettings settings, RestoreSettings::FromMapping({}));
  DBSTOW_ASSIGN(const std::vector<std::string> about_versions,
                CompareVersions(contents.archive, site.connection, context));
  DBSTOW_ASSIGN(const auto scratch,
                StagingDatabase::Create({site.connection, kScratchName, false,
                                         DatabaseParameters(contents.archive), ""},
                                        context));
  LeaveSubscriptionsOut(contents.archive);
  DatabaseBuild build(contents, *scratch, {settings.jobs, settings.analyze}, context);
  ProofReport report;
  report.scratch = scratch->name();
  auto outcome = build.Run();
  const std::vector<Error> failures =
      outcome ? std::move(outcome->failures) : std::vector<Error>{outcome.error()};
  for (const Error& failure : failures) {
    if (!IsRefusedByTheServer(failure)) return failure;
    report.differences.push_back("the restore fails: " + failure.message());
  }
  if (!failures.empty()) {
    DropScratch(*scratch, report);
    return report;
  }
  report.details = outcome->durations;
  DBSTOW_ASSIGN(const bool all_settings, ApplySettings(contents.catalog.database, *scratch));
  if (!about_versions.empty()) report.details["versions"] = about_versions.front();
  context.progress.Report({"compare", scratch->name()});
  const ConnectionInfo connection = ConnectionTo(*scratch, contents.archive);
  std::vector<ContentFingerprint> recorded = contents.reader->record().fingerprints;
  DBSTOW_ASSIGN(const auto found, FingerprintDatabase(connection, recorded, context));
  if (!outcome->has_all_access || !all_settings) {
    recorded = WithoutAccess(std::move(recorded));
    report.warnings.emplace_back(
        "owners, grants, settings and labels are not compared: a role or a provider of labels is "
        "missing here, or may not be given things");
  }
  report.differences = CompareFingerprints(recorded, found);
  report.objects_compared = recorded.size();
  report.rows_compared = CountRows(recorded);
  DBSTOW_TRY(RunUserQueries(connection, contents.catalog.database, options, context, report));
  DBSTOW_TRY(CheckIndexes(connection, contents.catalog.database, context, report));
  DropScratch(*scratch, report);
  return report;
}

}  // namespace dbstow::postgres
