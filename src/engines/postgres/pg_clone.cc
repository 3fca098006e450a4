#include "engines/postgres/pg_clone.h"

#include "engines/postgres/pg_apply_catalog.h"
#include "engines/postgres/pg_archive_sql.h"
#include "engines/postgres/pg_build.h"
#include "engines/postgres/pg_connection.h"
#include "engines/postgres/pg_left_out.h"
#include "engines/postgres/pg_live_source.h"
#include "engines/postgres/pg_lock_holders.h"
#include "engines/postgres/pg_options.h"
#include "engines/postgres/pg_quote.h"
#include "engines/postgres/pg_read_catalog.h"
#include "engines/postgres/pg_staging.h"
#include "engines/postgres/pg_version_gap.h"

namespace dbstow::postgres {
namespace {

// Copying files forces two checkpoints of the whole cluster, copying through the log writes every
// page twice: measured on 15, the files win from a few hundred megabytes on.
constexpr std::uint64_t kFileCopyFrom = 256u << 20;

std::string_view NameOf(CloneStrategy strategy) {
  switch (strategy) {
    case CloneStrategy::kAuto: return "auto";
    case CloneStrategy::kTemplateWalLog: return "template_wal_log";
    case CloneStrategy::kTemplateFileCopy: return "template_file_copy";
    case CloneStrategy::kStream: return "stream";
  }
  return "";
}

bool IsTemplate(CloneStrategy strategy) {
  return strategy == CloneStrategy::kTemplateWalLog || strategy == CloneStrategy::kTemplateFileCopy;
}

Result<ConnectionInfo> ParseServer(const std::string& uri) {
  DBSTOW_ASSIGN(InstanceUri parsed, InstanceUri::Parse(uri));
  if (parsed.engine != "postgres") {
    return Error(ErrorCode::kInvalidOptions,
                 "option 'targetServer' names a server of engine '" + parsed.engine + "'")
        .WithHint("write postgres://user@host:port?secret=provider:key");
  }
  DBSTOW_TRY(parsed.connection.Validate());
  DBSTOW_TRY(CheckOptions("property", parsed.connection.properties, ConnectionProperties()));
  return std::move(parsed.connection);
}

// Whether another way may still work: the template has sessions, or is not ours to copy.
bool WorthStreaming(const Error& error) {
  const std::string state = error.native() ? error.native()->code : "";
  return state == "55006" || state == "42501";
}

/// One run of a clone.
class Clone {
 public:
  Clone(const ConnectionInfo& source, const CloneOptions& options, CloneSettings settings,
        const EnginePorts& ports, OperationContext& context)
      : source_(source),
        options_(options),
        settings_(std::move(settings)),
        ports_(ports),
        context_(context) {}

  Result<CloneResult> Run() {
    result_.target = options_.target_name;
    DBSTOW_TRY(ReadSource());
    if (context_.dry_run) return DryRun();
    if (Streams()) return Stream("the strategy is 'stream'");
    if (settings_.strategy == CloneStrategy::kAuto) {
      DBSTOW_ASSIGN(const std::int64_t sessions, SessionsOnSource());
      // CREATE DATABASE would only give up after waiting five seconds for them to end.
      if (sessions > 0) return Stream("the source cannot be a template: it has sessions");
    }
    auto cloned = FromTemplate();
    if (cloned || settings_.strategy != CloneStrategy::kAuto || !WorthStreaming(cloned.error())) {
      return cloned;
    }
    return Stream("the source cannot be a template: " + cloned.error().message());
  }

 private:
  [[nodiscard]] bool Streams() const {
    return settings_.target_server || settings_.strategy == CloneStrategy::kStream;
  }
  [[nodiscard]] const ConnectionInfo& TargetServer() const {
    return settings_.target_server ? *settings_.target_server : source_;
  }

  // The session is closed again: a template must have none.
  Result<void> ReadSource() {
    context_.progress.Report({"connect", postgres::Describe(source_)});
    DBSTOW_ASSIGN(const DumpOptions dump, DumpOptions::FromExtra(settings_.copy));
    DBSTOW_ASSIGN(const auto session, PgSession::Open(source_, context_, dump.lock_timeout_ms));
    DBSTOW_ASSIGN(facts_, ReadDatabaseFacts(*session));
    DBSTOW_ASSIGN(const auto names, ReadSubscriptions(*session, SubscriptionState::kAny));
    for (const std::string& name : names) {
      result_.warnings.push_back("subscription " + name +
                                 " is not in the clone: two databases cannot share its slot");
    }
    DBSTOW_ASSIGN(const PgRows rows, session->Query("SELECT pg_database_size(current_database())"));
    DBSTOW_ASSIGN(const ZeroCopyFacts sharing, ReadZeroCopyFacts(*session));
    const TemplateFacts facts{session->version_number(),
                              static_cast<std::uint64_t>(rows.Integer(0, 0)),
                              JudgeZeroCopy(sharing, ports_.files), options_.zero_copy_preferred};
    plan_ = PlanTemplate(settings_.strategy, facts);
    result_.bytes_copied = facts.bytes;
    return {};
  }

  // Passing ones get a moment to end.
  Result<std::int64_t> SessionsOnSource() {
    DBSTOW_ASSIGN(const auto session, PgSession::Open(MaintenanceConnection(source_), context_));
    std::int64_t count = 0;
    for (int attempt = 0; attempt < 5; ++attempt) {
      if (attempt > 0) context_.clock.Sleep(std::chrono::milliseconds(100), context_.stop);
      DBSTOW_ASSIGN(const PgRows rows,
                    session->Query("SELECT count(*) FROM pg_stat_activity WHERE datname = $1"
                                   " AND pid <> pg_backend_pid()"
                                   " AND backend_type = 'client backend'",
                                   {source_.database}));
      count = rows.Integer(0, 0);
      if (count == 0) break;
    }
    return count;
  }

  Result<CloneResult> DryRun() {
    DBSTOW_ASSIGN(const auto session,
                  PgSession::Open(MaintenanceConnection(TargetServer()), context_));
    DBSTOW_ASSIGN(const PgRows rows, session->Query("SELECT 1 FROM pg_database WHERE datname = $1",
                                                    {options_.target_name}));
    if (rows.size() > 0) {
      return Error(ErrorCode::kAlreadyExists, "database '" + options_.target_name + "' exists")
          .WithHint("choose another --target");
    }
    result_.details["strategy"] = Streams() ? "stream" : plan_.name;
    result_.details["bytes"] = std::to_string(result_.bytes_copied);
    return result_;
  }

  Result<CloneResult> FromTemplate() {
    context_.progress.Report({"copy", plan_.name, 0, result_.bytes_copied});
    StagingRequest request{source_, options_.target_name};
    request.parameters = " WITH TEMPLATE = " + QuoteIdentifier(source_.database) + plan_.clause;
    DBSTOW_ASSIGN(const auto staging, StagingDatabase::Create(request, context_));
    result_.details["strategy"] = plan_.name;
    result_.zero_copy = plan_.zero_copy;
    if (plan_.zero_copy) {
      result_.bytes_copied = 0;
    } else {
      result_.details["zero_copy_reason"] = plan_.zero_copy_reason;
    }
    return Finish(*staging);
  }

  Result<CloneResult> Stream(const std::string& why) {
    DBSTOW_ASSIGN(const DumpOptions dump, DumpOptions::FromExtra(settings_.copy));
    context_.progress.Report({"snapshot", postgres::Describe(source_)});
    DBSTOW_ASSIGN(LiveSource live, LiveSource::Take(source_, dump, ports_, context_));
    LeaveSubscriptionsOut(live.contents.archive);
    Warn(std::move(live.warnings));
    StagingRequest request{TargetServer(), options_.target_name};
    request.parameters = DatabaseParameters(live.contents.archive);
    request.tablespace = facts_.tablespace;
    DBSTOW_ASSIGN(std::vector<std::string> about_versions,
                  CompareVersions(live.contents.archive, TargetServer(), context_));
    Warn(std::move(about_versions));
    DBSTOW_ASSIGN(const auto staging, StagingDatabase::Create(request, context_));
    DBSTOW_TRY(PrepareServer(live, *staging));
    DatabaseBuild build(live.contents, *staging, {settings_.jobs, true}, context_);
    DBSTOW_ASSIGN(BuildOutcome outcome, build.Run());
    // The source is there: a copy that lacks something is no use.
    if (!outcome.failures.empty()) return outcome.failures.front();
    result_.bytes_copied = outcome.bytes_written;
    result_.details.merge(outcome.durations);
    Warn(std::move(outcome.warnings));
    result_.details["strategy"] = "stream";
    result_.details["jobs"] = std::to_string(settings_.jobs);
    result_.details["zero_copy_reason"] = "the rows were copied, because " + why;
    return Finish(*staging);
  }

  // Another server may lack the roles.
  Result<void> PrepareServer(const LiveSource& live, StagingDatabase& staging) {
    if (!settings_.target_server) return {};
    result_.details["targetServer"] = postgres::Describe(TargetServer());
    DBSTOW_ASSIGN(std::vector<std::string> warnings, ApplyGlobals(staging.session(), live.globals));
    Warn(std::move(warnings));
    return {};
  }

  // What CREATE DATABASE does not copy.
  Result<CloneResult> Finish(StagingDatabase& staging) {
    DBSTOW_ASSIGN(const RestoreRights rights, RestoreRights::Read(staging.session()));
    for (const std::string& sql : DatabaseStatements(facts_, staging.name(), rights)) {
      const auto done = staging.session().Run(sql);
      if (done) continue;
      if (staging.session().broken()) return done.error();
      result_.warnings.push_back("a property of the database could not be set: " +
                                 done.error().message());
    }
    DBSTOW_TRY(context_.CheckAlive("cloning " + source_.database));
    DBSTOW_TRY(staging.TakeName(facts_.comment));
    Warn(staging.TakeWarnings());
    return std::move(result_);
  }

  void Warn(std::vector<std::string> warnings) {
    for (std::string& warning : warnings) result_.warnings.push_back(std::move(warning));
  }

  const ConnectionInfo& source_;
  const CloneOptions& options_;
  CloneSettings settings_;
  EnginePorts ports_;
  OperationContext& context_;
  PgDatabaseFacts facts_;
  TemplatePlan plan_;
  CloneResult result_;
};

}  // namespace

std::vector<OptionSpec> CloneSpecs() {
  using enum OptionSpec::Kind;
  return {
      {"strategy",
       kChoice,
       {"auto", "template_wal_log", "template_file_copy", "stream"},
       "auto",
       "template_*: CREATE DATABASE … TEMPLATE, which needs a source without sessions; stream: "
       "from "
       "COPY to COPY; auto takes what is fastest and possible"},
      {"targetServer",
       kText,
       {},
       "",
       "postgres://user@host:port?secret=provider:key of another server to clone to"},
  };
}

Result<CloneSettings> CloneSettings::FromExtra(const StringMap& extra) {
  DBSTOW_TRY(CheckOptions("option", extra, CloneExtras()));
  CloneSettings settings;
  for (const auto& [key, value] : extra) {
    if (key == "targetServer") {
      DBSTOW_ASSIGN(settings.target_server, ParseServer(value));
    } else if (key != "strategy") {
      settings.copy[key] = value;
    } else {
      for (const CloneStrategy strategy :
           {CloneStrategy::kTemplateWalLog, CloneStrategy::kTemplateFileCopy,
            CloneStrategy::kStream}) {
        if (value == NameOf(strategy)) settings.strategy = strategy;
      }
    }
  }
  if (settings.target_server && IsTemplate(settings.strategy)) {
    return Error(ErrorCode::kInvalidOptions,
                 "a template cannot be copied to another server; leave 'strategy' or "
                 "'targetServer' away");
  }
  DBSTOW_ASSIGN(const DumpOptions copy, DumpOptions::FromExtra(settings.copy));
  settings.jobs = copy.jobs;
  return settings;
}

TemplatePlan PlanTemplate(CloneStrategy strategy, const TemplateFacts& facts) {
  TemplatePlan plan;
  // Whoever does not know whether blocks are shared lets the server try.
  const bool clones =
      facts.sharing.shares != ZeroCopyVerdict::Shares::kNo && facts.zero_copy_preferred;
  const bool wal_log = strategy == CloneStrategy::kTemplateWalLog ||
                       (strategy == CloneStrategy::kAuto && !clones && facts.bytes < kFileCopyFrom);
  const bool old = facts.server_version < 150000;  // without STRATEGY; it copies files
  plan.name = wal_log && !old ? "template_wal_log" : "template_file_copy";
  if (!old) plan.clause = wal_log ? " STRATEGY = wal_log" : " STRATEGY = file_copy";
  if (!facts.zero_copy_preferred) {
    plan.zero_copy_reason = "zero copy was not asked for";
  } else if (!clones || !wal_log) {
    plan.zero_copy_reason = facts.sharing.reason;
  } else {
    plan.zero_copy_reason = "the strategy template_wal_log copies every page";
  }
  plan.zero_copy = plan.zero_copy_reason.empty();
  return plan;
}

Result<CloneResult> ClonePostgres(const ConnectionInfo& source, const CloneOptions& options,
                                  const EnginePorts& ports, OperationContext& context) {
  DBSTOW_TRY(options.Validate());
  DBSTOW_ASSIGN(CloneSettings settings, CloneSettings::FromExtra(options.extra));
  auto cloned = Clone(source, options, std::move(settings), ports, context).Run();
  if (!cloned) return NameLockHolder(cloned.error(), source, context);
  return cloned;
}

}  // namespace dbstow::postgres
