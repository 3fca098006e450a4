#include "engines/postgres/pg_build.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "engines/postgres/pg_apply_catalog.h"
#include "engines/postgres/pg_archive_sql.h"
#include "engines/postgres/pg_computing_settings.h"
#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_quote.h"
#include "engines/postgres/pg_rename.h"

namespace dbstow::postgres {
namespace {

constexpr std::uint32_t kPgClass = 1259;

bool IsGrant(const PgArchiveEntry& entry) {
  return entry.desc == "ACL" || entry.desc == "DEFAULT ACL" || entry.desc == "ACL LANGUAGE";
}

// What a server or role that cannot have it does without: nobody's rows hang on it.
bool CanBeDoneWithout(const PgArchiveEntry& entry, const Error& error) {
  if (IsGrant(entry)) return IsAboutARole(error);
  // Not a superuser's restore, another version's rules for the names of slots, …
  if (IsOfSubscription(entry)) return error.native() && error.retry() == Retry::kNever;
  // Its provider, a library, is not loaded here; no other error has this code.
  return entry.desc == "SECURITY LABEL" && error.native() && error.native()->code == "22023";
}

bool IsRefused(const PgSession& session, const Error& error) {
  return !session.broken() && IsAboutTheStatement(error);
}

// The files of an extension are not there, which older servers call a system error.
bool IsNotInstalled(const Error& error) {
  return error.native() && (error.native()->code == "0A000" || error.native()->code == "58P01");
}

std::string NextStep(const Error& error) {
  const std::string last_resort =
      "dbstow export writes the backup for pg_restore, which goes on after errors";
  if (error.code() == ErrorCode::kPermissionDenied) {
    return "restore as a superuser, whom extensions that are not trusted, foreign data wrappers, "
           "event triggers and publications of all tables need; " +
           last_resort;
  }
  std::string hint = error.hint();
  if (hint.ends_with('.')) hint.pop_back();  // the server's hints are sentences
  return hint.empty() ? last_resort : hint + "; " + last_resort;
}

std::string WhatIsMissing(const PgArchiveEntry& entry) {
  if (IsGrant(entry)) return "grants are missing: ";
  return IsOfSubscription(entry) ? "a subscription is missing: " : "security labels are missing: ";
}

}  // namespace

Result<BuildOutcome> DatabaseBuild::Run(const RestoreMapping& names) {
  is_selection_ = names.selects();
  DBSTOW_ASSIGN(rights_, RestoreRights::Read(staging_.session()));
  outcome_.has_all_access = CanSetAllOwners();
  auto built = BuildAll(names);
  if (built) return std::move(outcome_);
  Error error = std::move(built).error();
  if (IsAboutTheStatement(error)) error.WithHint(NextStep(error));
  return error;
}

Result<void> DatabaseBuild::BuildAll(const RestoreMapping& names) {
  DBSTOW_TRY(ApplySchema());
  DBSTOW_TRY(LoadRows());
  return Complete(names);
}

Result<void> DatabaseBuild::GoOnWithout(const PgSession& session, Error error) {
  if (session.broken() || !IsAboutTheStatement(error)) return error;
  outcome_.failures.push_back(std::move(error));
  return {};
}

bool DatabaseBuild::CanSetAllOwners() const {
  const auto can_set = [this](const auto& object) {
    return object.owner.empty() || rights_.owners.contains(object.owner);
  };
  return std::ranges::all_of(contents_.archive.entries, can_set) &&
         std::ranges::all_of(contents_.catalog.large_objects, can_set);
}

void DatabaseBuild::Took(const std::string& what, Monotonic since) {
  const auto passed = context_.clock.MonotonicNow() - since;
  outcome_.durations[what] =
      std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(passed).count());
}

Result<void> DatabaseBuild::ApplyPhase(SchemaApplier& applier, PgPhase phase) {
  const PgArchiveIndex index(contents_.archive);
  for (const PgArchiveEntry& entry : contents_.archive.entries) {
    if (PhaseOf(entry, index) != phase || IsOfASpare(entry)) continue;
    DBSTOW_TRY(context_.CheckAlive("restoring the schema"));
    auto applied = applier.Apply(entry);
    if (applied) {
      if (entry.desc == "SUBSCRIPTION") WarnOfIdle(entry);
    } else if (IsGrant(entry) && IsAboutARole(applied.error())) {
      DBSTOW_TRY(GrantOneByOne(applier, entry));
    } else if (CanBeDoneWithout(entry, applied.error())) {
      DoWithout(entry, applied.error());
    } else if (CanSpare(entry, index, applied.error())) {
      Spare(entry, applied.error());
    } else if (phase == PgPhase::kPreData) {
      return applied;
    } else {
      DBSTOW_TRY(GoOnWithout(applier.session(), std::move(applied).error()));
    }
  }
  if (applier.keeps_objects()) outcome_.has_all_access = false;
  for (std::string& warning : applier.TakeWarnings()) {
    outcome_.warnings.push_back(std::move(warning));
  }
  return {};
}

void DatabaseBuild::DoWithout(const PgArchiveEntry& entry, const Error& error) {
  outcome_.warnings.push_back(WhatIsMissing(entry) + error.message());
  outcome_.has_all_access = false;
}

// The grants on an object are one entry and so one transaction, which a single missing role, such
// as the source's first superuser, undoes.
Result<void> DatabaseBuild::GrantOneByOne(SchemaApplier& applier, const PgArchiveEntry& entry) {
  for (const std::string& statement : SplitStatements(entry.defn)) {
    auto granted = applier.ApplyDdl(entry, statement);
    if (granted) continue;
    // Where the grantor is missing, too, the restoring role grants in its place.
    const bool names_grantor = statement.starts_with("SET SESSION AUTHORIZATION ");
    if (IsAboutARole(granted.error()) ||
        (names_grantor && IsRefused(applier.session(), granted.error()))) {
      DoWithout(entry, granted.error());
    } else {
      DBSTOW_TRY(GoOnWithout(applier.session(), std::move(granted).error()));
    }
  }
  return {};
}

// An archive says of tables, types and functions which extensions they need, but not of everything;
// so a selection takes all along. What an extension's own tables hold needs it, too.
bool DatabaseBuild::CanSpare(const PgArchiveEntry& entry, const PgArchiveIndex& index,
                             const Error& error) const {
  const bool is_named =
      std::ranges::any_of(index.DependentsOf(entry.dump_id),
                          [](const PgArchiveEntry* each) { return each->desc != "COMMENT"; });
  if (entry.desc != "EXTENSION" || is_named) return false;
  if (is_selection_ && IsAboutTheStatement(error)) return true;
  const bool has_rows = std::ranges::any_of(contents_.parts, [&index](const StoredPart& part) {
    return index.FindObject(kPgClass, part.table_oid) == nullptr;
  });
  return IsNotInstalled(error) && !has_rows;
}

bool DatabaseBuild::IsOfASpare(const PgArchiveEntry& entry) const {
  return std::ranges::any_of(entry.dependencies,
                             [this](std::int32_t id) { return spares_left_out_.contains(id); });
}

// The text of a function may need it all the same: a whole database without it is incomplete.
void DatabaseBuild::Spare(const PgArchiveEntry& extension, const Error& error) {
  spares_left_out_.insert(extension.dump_id);
  if (!is_selection_) {
    outcome_.failures.push_back(error);
    return;
  }
  outcome_.warnings.push_back(
      "extension " + extension.tag +
      " is left out; what was selected does not name it: " + error.message());
}

void DatabaseBuild::WarnOfIdle(const PgArchiveEntry& subscription) {
  outcome_.warnings.push_back("subscription " + QuoteIdentifier(subscription.tag) +
                              " is disabled and has no tables: when this database takes over, "
                              "ALTER SUBSCRIPTION … ENABLE, then … REFRESH PUBLICATION");
}

Result<std::unique_ptr<PgSession>> DatabaseBuild::OpenSession() const {
  return OpenForLoading(staging_.connection(), contents_.catalog.database, options_.jobs, context_);
}

Result<void> DatabaseBuild::ApplySchema() {
  const Monotonic start = context_.clock.MonotonicNow();
  context_.progress.Report({"schema", staging_.name()});
  DBSTOW_ASSIGN(const auto session, OpenSession());
  SchemaApplier applier(*session, rights_);
  DBSTOW_TRY(ApplyPhase(applier, PgPhase::kPreData));
  DBSTOW_ASSIGN(const std::vector<std::string> warnings,
                CreateLargeObjects(*session, contents_.catalog, rights_));
  if (!warnings.empty()) outcome_.has_all_access = false;
  outcome_.warnings.insert(outcome_.warnings.end(), warnings.begin(), warnings.end());
  Took("schemaMs", start);
  return {};
}

Result<void> DatabaseBuild::LoadRows() {
  const Monotonic start = context_.clock.MonotonicNow();
  DatabaseLoad load(contents_, rights_, options_);
  DBSTOW_TRY(load.Run(staging_.connection(), context_));
  outcome_.bytes_written = load.bytes_written();
  for (Error& failure : load.TakeFailures()) outcome_.failures.push_back(std::move(failure));
  for (std::string& warning : load.TakeWarnings()) {
    outcome_.warnings.push_back(std::move(warning));
  }
  Took("dataMs", start);
  return {};
}

Result<void> DatabaseBuild::Complete(const RestoreMapping& names) {
  const Monotonic start = context_.clock.MonotonicNow();
  context_.progress.Report({"finish", staging_.name()});
  DBSTOW_ASSIGN(const auto session, OpenSession());
  SchemaApplier applier(*session, rights_);
  DBSTOW_TRY(SetSequences(*session, contents_.catalog));
  DBSTOW_TRY(ApplyPhase(applier, PgPhase::kPostData));
  DBSTOW_TRY(ApplyPhase(applier, PgPhase::kTriggerState));
  DBSTOW_TRY(ClosePublicSchema(*session));
  DBSTOW_TRY(ApplyPhase(applier, PgPhase::kAcl));
  DBSTOW_TRY(RefreshViews());
  // A guard of definitions, which comes last, would refuse them.
  DBSTOW_TRY(Rename(*session, names));
  DBSTOW_TRY(ApplyPhase(applier, PgPhase::kLast));
  for (std::string& warning : session->TakeWarnings()) {
    outcome_.warnings.push_back(std::move(warning));
  }
  Took("finishMs", start);
  return {};
}

// pg_dump 15 and later write the grants on schema public as they differ from those of a new
// database of 15, where nobody but its owner creates there; one of an older server lets everybody.
Result<void> DatabaseBuild::ClosePublicSchema(PgSession& session) {
  static constexpr int kClosedFrom = 15;
  if (session.version_number() >= kClosedFrom * 10000 ||
      std::atoi(contents_.archive.dump_version.c_str()) < kClosedFrom) {
    return {};
  }
  auto closed = session.Run("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  if (closed) return {};
  if (!IsAboutTheStatement(closed.error())) return closed;
  outcome_.warnings.push_back("everybody may create in schema public: " + closed.error().message());
  outcome_.has_all_access = false;
  return {};
}

Result<void> DatabaseBuild::Rename(PgSession& session, const RestoreMapping& names) {
  if (!names.renames()) return {};
  DBSTOW_ASSIGN(const std::vector<std::string> warnings, RenameObjects(session, names));
  RenameInEventTriggers(names.schemas, contents_.archive);
  outcome_.warnings.insert(outcome_.warnings.end(), warnings.begin(), warnings.end());
  return {};
}

// In the order of the archive, which is one that dependencies allow.
Result<void> DatabaseBuild::RefreshViews() {
  if (contents_.catalog.populated_views.empty()) return {};
  DBSTOW_ASSIGN(const auto session, OpenSession());
  DBSTOW_TRY(WriteAsInDatabase(*session, contents_.catalog.database));
  std::set<std::uint32_t> populated;
  for (const PgNamedObject& view : contents_.catalog.populated_views) populated.insert(view.oid);
  for (const PgArchiveEntry& entry : contents_.archive.entries) {
    if (entry.desc != "MATERIALIZED VIEW" || !populated.contains(entry.oid)) continue;
    auto refreshed = Refresh(*session, entry);
    if (!refreshed) DBSTOW_TRY(GoOnWithout(*session, std::move(refreshed).error()));
  }
  return {};
}

Result<void> DatabaseBuild::Refresh(PgSession& session, const PgArchiveEntry& view) {
  const std::string name = QuoteQualified(view.namespace_name, view.tag);
  auto refreshed = session.Run("REFRESH MATERIALIZED VIEW " + name);
  if (refreshed && options_.analyze) refreshed = session.Run("ANALYZE " + name);
  if (!refreshed) return Explain(refreshed.error(), "refresh " + ShowEntry(view));
  return {};
}

}  // namespace dbstow::postgres
