#include "engines/postgres/pg_staging.h"

#include <array>
#include <thread>

#include "engines/postgres/pg_connection.h"
#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_quote.h"

namespace dbstow::postgres {
namespace {

constexpr std::size_t kMaxName = 63;  // NAMEDATALEN - 1
constexpr std::string_view kMarker =
    "dbstow: unfinished, to be dropped unless dbstow is at work on it; target: ";
constexpr int kLockClass = 0x64627374;  // "dbst"
constexpr auto kCleanupTime = std::chrono::seconds(30);
constexpr int kSwapAttempts = 5;

// Cleaning up must work after a cancellation or a passed deadline, but not for ever.
OperationContext CleanupContext(const OperationContext& context) {
  OperationContext cleanup = context;
  cleanup.stop = {};
  cleanup.deadline = Deadline::After(context.clock, kCleanupTime);
  return cleanup;
}

std::string RandomId(Random& random) {
  std::array<std::byte, 4> bytes{};
  random.Fill(bytes);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (std::byte byte : bytes) {
    text += kHex[static_cast<unsigned>(byte) >> 4];
    text += kHex[static_cast<unsigned>(byte) & 15];
  }
  return text;
}

Result<bool> Exists(PgSession& session, const std::string& database) {
  DBSTOW_ASSIGN(const PgRows rows,
                session.Query("SELECT 1 FROM pg_database WHERE datname = $1", {database}));
  return rows.size() > 0;
}

Error TargetExists(const std::string& target) {
  return Error(ErrorCode::kAlreadyExists, "database '" + target + "' exists")
      .WithHint("choose another --target, or replace it with --overwrite");
}

std::string DropSql(const std::string& name) {
  return "DROP DATABASE IF EXISTS " + QuoteIdentifier(name) + " WITH (FORCE)";
}

}  // namespace

StagingDatabase::StagingDatabase(StagingRequest request, const OperationContext& context)
    : request_(std::move(request)), context_(context) {}

StagingDatabase::~StagingDatabase() {
  if (!made_) return;
  const auto dropped = Drop();
  if (!dropped) {
    context_.logger.Log(LogLevel::kWarning, "an unfinished database is left; the next run drops it",
                        {{"database", name_}, {"error", dropped.error().ToString()}});
  }
}

std::string StagingDatabase::NameFor(const std::string& target, const std::string& id) {
  const std::string suffix = "__dbstow_" + id;
  return CutName(target, kMaxName - suffix.size()) + suffix;
}

ConnectionInfo StagingDatabase::connection() const { return WithDatabase(request_.server, name_); }

Result<std::unique_ptr<StagingDatabase>> StagingDatabase::Create(const StagingRequest& request,
                                                                 const OperationContext& context) {
  if (request.target.size() > kMaxName) {
    return Error(ErrorCode::kInvalidOptions, "a database name holds at most 63 bytes, '" +
                                                 request.target + "' has " +
                                                 std::to_string(request.target.size()));
  }
  std::unique_ptr<StagingDatabase> staging(new StagingDatabase(request, context));
  DBSTOW_ASSIGN(staging->session_, PgSession::Open(MaintenanceConnection(request.server), context));
  DBSTOW_TRY(staging->CheckTarget());
  DBSTOW_TRY(staging->DropLeftovers());
  DBSTOW_TRY(staging->Make());
  return staging;
}

Result<void> StagingDatabase::CheckTarget() {
  DBSTOW_ASSIGN(exists_, Exists(*session_, request_.target));
  if (exists_ && !request_.overwrite) return TargetExists(request_.target);
  if (exists_ && session_->connection().database == request_.target) {
    return Error(ErrorCode::kInvalidOptions, "database '" + request_.target +
                                                 "' cannot be replaced while it is where other "
                                                 "databases are created from")
        .WithHint("name another one with the property maintenanceDatabase, for example template1");
  }
  return {};
}

// What a killed run for this target left: marked, and its lock (which ended with its session) free.
Result<void> StagingDatabase::DropLeftovers() {
  DBSTOW_ASSIGN(
      const PgRows rows,
      session_->Query("SELECT d.datname FROM pg_database d"
                      " WHERE shobj_description(d.oid, 'pg_database') = $1"
                      " AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory'"
                      "   AND l.classid = $2::oid AND l.objid = d.oid AND l.granted)",
                      {std::string(kMarker) + request_.target, std::to_string(kLockClass)}));
  for (int row = 0; row < rows.size(); ++row) {
    context_.logger.Log(LogLevel::kWarning, "dropping what an unfinished run left",
                        {{"database", rows.String(row, 0)}});
    DBSTOW_TRY(session_->Run(DropSql(rows.String(row, 0))));
  }
  return {};
}

Result<void> StagingDatabase::Make() {
  name_ = NameFor(request_.target, RandomId(context_.random));
  std::string sql = "CREATE DATABASE " + QuoteIdentifier(name_) + request_.parameters;
  if (request_.parameters.empty()) sql += " WITH TEMPLATE = template0";
  if (!request_.tablespace.empty()) {
    sql += " TABLESPACE = " + QuoteIdentifier(request_.tablespace);
  }
  made_ = true;
  auto created = session_->Run(sql);
  if (!created) {
    // Cancelled in the middle it may exist: the destructor looks.
    return Explain(std::move(created).error(), "create database '" + name_ + "'");
  }
  DBSTOW_TRY(session_->Run(
      "SELECT pg_advisory_lock(" + std::to_string(kLockClass) +
      ", oid::int8::bit(32)::int4) FROM pg_database WHERE datname = " + QuoteLiteral(name_)));
  return session_->Run("COMMENT ON DATABASE " + QuoteIdentifier(name_) + " IS " +
                       QuoteLiteral(std::string(kMarker) + request_.target));
}

Result<void> StagingDatabase::TakeName(const std::string& comment) {
  const std::string retired = NameFor(request_.target, RandomId(context_.random));
  for (int attempt = 1;; ++attempt) {
    // The old target is about to be dropped, and the staging database has no guests but stray ones.
    DBSTOW_TRY(
        session_->Query("SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
                        " WHERE datname IN ($1, $2) AND pid <> pg_backend_pid()"
                        " AND backend_type = 'client backend'",
                        {exists_ ? request_.target : name_, name_}));
    auto renamed = RenameBoth(comment, retired);
    if (renamed) break;
    const bool in_use = renamed.error().native() && renamed.error().native()->code == "55006";
    if (!session_->broken()) DBSTOW_TRY(session_->Run("ROLLBACK"));
    if (!in_use || attempt == kSwapAttempts) return renamed;
    DBSTOW_TRY(
        session_->Query("SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
                        " WHERE datname IN ($1, $2) AND pid <> pg_backend_pid()",
                        {request_.target, name_}));
  }
  made_ = false;
  if (!exists_) return {};
  return session_->Run(DropSql(retired));
}

// Renaming databases is transactional, so the swap is one commit.
Result<void> StagingDatabase::RenameBoth(const std::string& comment, const std::string& retired) {
  DBSTOW_TRY(session_->Run("BEGIN"));
  if (exists_) {
    DBSTOW_TRY(session_->Run("ALTER DATABASE " + QuoteIdentifier(request_.target) + " RENAME TO " +
                             QuoteIdentifier(retired)));
    DBSTOW_TRY(session_->Run("COMMENT ON DATABASE " + QuoteIdentifier(retired) + " IS " +
                             QuoteLiteral(std::string(kMarker) + request_.target)));
  }
  auto renamed = session_->Run("ALTER DATABASE " + QuoteIdentifier(name_) + " RENAME TO " +
                               QuoteIdentifier(request_.target));
  if (!renamed) {
    if (renamed.error().code() == ErrorCode::kAlreadyExists) return TargetExists(request_.target);
    return renamed;
  }
  DBSTOW_TRY(session_->Run("COMMENT ON DATABASE " + QuoteIdentifier(request_.target) + " IS " +
                           (comment.empty() ? "NULL" : QuoteLiteral(comment))));
  return session_->Commit();
}

Result<void> StagingDatabase::Drop() {
  const OperationContext cleanup = CleanupContext(context_);
  session_.reset();
  DBSTOW_ASSIGN(const auto session,
                PgSession::Open(MaintenanceConnection(request_.server), cleanup));
  DBSTOW_TRY(session->Run(DropSql(name_)));
  made_ = false;
  return {};
}

}  // namespace dbstow::postgres
