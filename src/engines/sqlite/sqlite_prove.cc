#include "engines/sqlite/content_fingerprint.h"
#include "engines/sqlite/integrity_check.h"
#include "engines/sqlite/sqlite_instance.h"

namespace dbstow::sqlite {
namespace {

constexpr int kShownProblems = 20;

Result<void> CheckIntegrity(Session& session, const OperationContext& context,
                            ProofReport& report) {
  DBSTOW_ASSIGN(const auto damage, FindDamage(session, Integrity::kFull, kShownProblems, context));
  for (const std::string& line : damage) report.differences.push_back("integrity: " + line);
  // The source may break its own foreign keys (SQLite does not enforce them by default); equal
  // contents break them equally, so they are told, not counted as a difference.
  std::uint64_t violations = 0;
  auto checked = session.Scan("PRAGMA foreign_key_check", [&](const Row&) {
    ++violations;
    return Result<void>();
  });
  report.details["foreign_key_violations"] =
      checked ? std::to_string(violations) : "unknown: " + checked.error().message();
  return {};
}

Result<void> CompareContents(Session& session, const BackupRecord& record, ProofReport& report) {
  DBSTOW_ASSIGN(const DatabaseFingerprint found, FingerprintDatabase(session));
  for (std::string& difference : CompareFingerprints(record.fingerprints, found.tables)) {
    report.differences.push_back(std::move(difference));
  }
  report.objects_compared = record.fingerprints.size();
  report.rows_compared = CountRows(record.fingerprints);
  if (!report.differences.empty() || found.warnings.empty()) return {};
  return Error(ErrorCode::kUnsupportedCapability, found.warnings.front());
}

Result<void> RunQueries(Session& session, const std::vector<std::string>& queries,
                        const OperationContext& context, ProofReport& report) {
  for (const std::string& query : queries) {
    auto ran = session.Execute(query);
    DBSTOW_TRY(context.CheckAlive("running the queries of a proof"));
    if (!ran) {
      report.failed_queries.push_back("query '" + query + "' failed: " + ran.error().message());
    }
  }
  report.details["queries"] = std::to_string(queries.size());
  return {};
}

// What SQLite cannot read on the copy is a finding of the proof, not a failure to carry it out.
// What it would need an extension for says nothing about the backup.
Result<void> Note(Result<void> step, ProofReport& report) {
  if (!step && step.error().code() == ErrorCode::kUnsupportedCapability) {
    return Error(ErrorCode::kCouldNotVerify, step.error().message())
        .WithHint(
            "dbstow verify --level 2 checks the pages; export it and run PRAGMA "
            "integrity_check in a program that has the extension")
        .WithCause(step.error());
  }
  if (step || step.error().code() != ErrorCode::kSourceDamaged) return step;
  report.differences.push_back(step.error().ToString());
  return {};
}

Error NoScratch(const Error& why, const std::string& folder) {
  const bool about_the_folder = why.code() == ErrorCode::kPermissionDenied ||
                                why.code() == ErrorCode::kIoError ||
                                why.code() == ErrorCode::kOutOfSpace;
  if (!about_the_folder) return why;
  return Error(ErrorCode::kCouldNotVerify, "no scratch copy can be made in '" + folder + "'")
      .WithHint("set the property scratch_directory to a folder that can be written")
      .WithCause(why);
}

}  // namespace

Result<std::vector<ContentFingerprint>> SqliteInstance::Fingerprint(
    const std::vector<ContentFingerprint>&, OperationContext& context) {
  DBSTOW_ASSIGN(auto snapshot, Snapshot::Pin(source(), 0, ports_.files, context));
  DBSTOW_ASSIGN(DatabaseFingerprint found, FingerprintDatabase(snapshot->session()));
  return std::move(found.tables);
}

Result<ProofReport> SqliteInstance::Prove(const ProofOptions& options, OperationContext& context) {
  DBSTOW_ASSIGN(auto backup, OpenBackup(options.source, context));
  const BackupRecord& record = backup->record();
  if (record.fingerprints.empty()) {
    return Error(ErrorCode::kCouldNotVerify,
                 "backup " + record.id + " was taken without fingerprints to compare with")
        .WithHint("back up without --set fingerprint=false");
  }
  // Never published: the staged file is the scratch copy, and goes with it.
  const Target scratch{settings_.scratch_directory + "/dbstow-proof-" + record.id + "-" +
                       context.trace.hex()};
  ProofReport report{.scratch = scratch.path};
  if (context.dry_run) return report;
  auto created = StagedFile::Create(ports_.files, scratch, context);
  if (!created) return NoScratch(created.error(), settings_.scratch_directory);
  const std::unique_ptr<StagedFile> staged = *std::move(created);
  DBSTOW_TRY(RestorePages(*backup, *staged, context));
  DBSTOW_ASSIGN(auto session,
                Session::Open({staged->path(), SessionSpec::Access::kImmutable}, context));
  DBSTOW_TRY(Note(CheckIntegrity(*session, context, report), report));
  DBSTOW_TRY(Note(CompareContents(*session, record, report), report));
  DBSTOW_TRY(RunQueries(*session, options.user_queries, context, report));
  return report;
}

}  // namespace dbstow::sqlite
