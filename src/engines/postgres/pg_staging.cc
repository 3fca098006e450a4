#include "engines/postgres/pg_staging.h"

#include <array>
#include <utility>

#include "engines/postgres/pg_archive_sql.h"
#include "engines/postgres/pg_connection.h"
#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_left_out.h"
#include "engines/postgres/pg_quote.h"
#include "io/hash.h"

namespace dbstow::postgres {
namespace {

constexpr std::size_t kMaxName = 63;  // NAMEDATALEN - 1
constexpr std::string_view kMarker =
    "dbstow: unfinished, to be dropped unless dbstow is at work on it; target: ";
constexpr int kLockClass = 0x64627374;  // "dbst"
// A limit that nobody sets, which CREATE DATABASE writes in the moment in which the name appears: a
// run killed before it could write the comment has left its mark.
constexpr int kMarkingLimit = 0x64627374;
constexpr std::string_view kSuffix = "__dbstow_";
constexpr std::string_view kPartialSuffix = "__partial_";
constexpr std::size_t kIdDigits = 8;
constexpr auto kHurriedCleanupTime = std::chrono::seconds(10);
// For the end of a backend that we hung up on.
constexpr int kCleanupLockMs = 30'000;
constexpr int kSwapAttempts = 5;

bool IsHurried(const OperationContext& context) {
  return context.stop.stop_requested() || context.deadline.Passed(context.clock);
}

std::string RandomId(Random& random) {
  std::array<std::byte, 4> bytes{};
  random.Fill(bytes);
  return io::ToHex(bytes);
}

Error TargetExists(const std::string& target) {
  return Error(ErrorCode::kAlreadyExists, "database '" + target + "' exists")
      .WithHint("choose another --target, or replace it with --overwrite");
}

Error TargetVanished(const std::string& target) {
  return ChangedMeanwhile("database '" + target +
                          "' was dropped or renamed while it was to be replaced");
}

std::uint32_t NumberOf(const std::string& id) {
  return static_cast<std::uint32_t>(std::stoul(id, nullptr, 16));
}

// What says that a run is at work on the database whose name ends with `id`.
std::string LockKey(const std::string& id) {
  return std::to_string(kLockClass) + ", " +
         std::to_string(static_cast<std::int32_t>(NumberOf(id)));
}

// By looking, not by trying to lock: the owner may have locked from another database.
Result<bool> SomebodyIsAtWork(PgSession& session, const std::string& id) {
  DBSTOW_ASSIGN(const PgRows rows,
                session.Query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
                              " AND classid = $1::oid AND objid = $2::oid",
                              {std::to_string(kLockClass), std::to_string(NumberOf(id))}));
  return rows.size() > 0;
}

// The id in a name that `NameFor` has made for this target; empty for any other name.
std::string IdIn(const std::string& name, const std::string& target) {
  if (name.size() < kIdDigits) return "";
  const std::string id = name.substr(name.size() - kIdDigits);
  if (id.find_first_not_of("0123456789abcdef") != std::string::npos) return "";
  return StagingDatabase::NameFor(target, id) == name ? id : "";
}

std::string DropSql(const std::string& name) {
  return "DROP DATABASE IF EXISTS " + QuoteIdentifier(name) + " WITH (FORCE)";
}

Result<bool> HasSubscriptions(PgSession& session, const std::string& database) {
  DBSTOW_ASSIGN(const PgRows rows,
                session.Query("SELECT 1 FROM pg_subscription s JOIN pg_database d"
                              " ON d.oid = s.subdbid WHERE d.datname = $1 LIMIT 1",
                              {database}));
  return rows.size() > 0;
}

// A database with subscriptions cannot be dropped. Those that a restore made never connected, so
// the slots that they name are not theirs to drop. One that is enabled is somebody's.
Result<void> DropIdleSubscriptions(const ConnectionInfo& database,
                                   const OperationContext& context) {
  DBSTOW_ASSIGN(const auto session, PgSession::Open(database, context));
  DBSTOW_ASSIGN(const auto names, ReadSubscriptions(*session, SubscriptionState::kDisabled));
  for (const std::string& name : names) {
    DBSTOW_TRY(session->Run("ALTER SUBSCRIPTION " + name + " SET (slot_name = NONE)"));
    DBSTOW_TRY(session->Run("DROP SUBSCRIPTION " + name));
  }
  return {};
}

Result<void> DropUnfinished(PgSession& session, const std::string& name,
                            const OperationContext& context) {
  DBSTOW_ASSIGN(const bool subscribes, HasSubscriptions(session, name));
  if (subscribes) {
    DBSTOW_TRY(DropIdleSubscriptions(WithDatabase(session.connection(), name), context));
  }
  return session.Run(DropSql(name));
}

Error NotReplaced(const std::string& target, const std::string& has, const std::string& otherwise) {
  return Error(ErrorCode::kSafetyRefused,
               "database '" + target + "' cannot be replaced while it has " + has)
      .WithHint("choose another --target, or" + otherwise);
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
  const std::string suffix = std::string(kSuffix) + id;
  return CutName(target, kMaxName - suffix.size()) + suffix;
}

OperationContext StagingDatabase::CleanupContext(const OperationContext& context) {
  OperationContext cleanup = context;
  if (!IsHurried(context)) return cleanup;
  cleanup.stop = {};
  cleanup.deadline = Deadline::After(context.clock, kHurriedCleanupTime);
  return cleanup;
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
  DBSTOW_ASSIGN(staging->exists_,
                CheckTarget(*staging->session_, request.target, request.overwrite));
  DBSTOW_TRY(staging->DropLeftovers());
  DBSTOW_TRY(staging->Make());
  return staging;
}

// What the server would refuse to drop once it has another name must not be renamed. Slots it would
// drop, and with them what their consumers have not read.
Result<bool> StagingDatabase::CheckTarget(PgSession& session, const std::string& target,
                                          bool overwrite) {
  DBSTOW_ASSIGN(const PgRows rows,
                session.Query("SELECT datistemplate, (SELECT string_agg(quote_ident(subname), ', '"
                              " ORDER BY subname) FROM pg_subscription WHERE subdbid = d.oid),"
                              " (SELECT string_agg(quote_literal(gid), ', ' ORDER BY gid)"
                              " FROM pg_prepared_xacts WHERE database = datname),"
                              " pg_has_role(datdba, 'USAGE'), pg_get_userbyid(datdba),"
                              " (SELECT string_agg(slot_name, ', ' ORDER BY slot_name)"
                              " FROM pg_replication_slots WHERE database = datname"
                              " AND NOT temporary)"
                              " FROM pg_database d WHERE datname = $1",
                              {target}));
  if (rows.size() == 0) return false;
  if (!overwrite) return TargetExists(target);
  if (!rows.IsTrue(0, 3)) {
    return Error(
               ErrorCode::kPermissionDenied,
               "database '" + target + "' can be replaced only by its owner: " + rows.String(0, 4))
        .WithHint("choose another --target, or restore as a member of that role or a superuser");
  }
  if (!rows.IsNull(0, 5)) {
    return NotReplaced(target, "replication slots: " + rows.String(0, 5),
                       ", when their consumers may start anew, first: "
                       "SELECT pg_drop_replication_slot(name)");
  }
  if (rows.IsTrue(0, 0)) {
    return Error(ErrorCode::kSafetyRefused,
                 "database '" + target + "' is a template, which is not to be replaced")
        .WithHint("choose another --target, or first: ALTER DATABASE " + QuoteIdentifier(target) +
                  " IS_TEMPLATE false");
  }
  if (!rows.IsNull(0, 1)) {
    return NotReplaced(target, "subscriptions: " + rows.String(0, 1),
                       " first drop them in that database: DROP SUBSCRIPTION name");
  }
  if (!rows.IsNull(0, 2)) {
    return NotReplaced(target, "prepared transactions: " + rows.String(0, 2),
                       " first, in that database, COMMIT PREPARED or ROLLBACK PREPARED each");
  }
  if (session.connection().database == target) {
    return Error(ErrorCode::kInvalidOptions, "database '" + target +
                                                 "' cannot be replaced while it is where other "
                                                 "databases are created from")
        .WithHint("name another one with the property maintenanceDatabase, for example template1");
  }
  return true;
}

// What a killed run for this target left: named and marked by us, and its lock, which ended with
// its session, free.
Result<void> StagingDatabase::DropLeftovers() {
  DBSTOW_ASSIGN(
      const PgRows rows,
      session_->Query("SELECT datname FROM pg_database"
                      " WHERE shobj_description(oid, 'pg_database') = $1"
                      " OR datconnlimit = $2::int",
                      {std::string(kMarker) + request_.target, std::to_string(kMarkingLimit)}));
  for (int row = 0; row < rows.size(); ++row) {
    const std::string name = rows.String(row, 0);
    const std::string id = IdIn(name, request_.target);
    if (id.empty()) continue;
    // Who makes one locks first, so what is there and not locked belongs to nobody.
    DBSTOW_ASSIGN(const bool alive, SomebodyIsAtWork(*session_, id));
    if (alive) continue;
    context_.logger.Log(LogLevel::kWarning, "dropping what an unfinished run left",
                        {{"database", name}});
    auto dropped = DropUnfinished(*session_, name, context_);
    if (dropped) continue;
    if (session_->broken()) return dropped;
    warnings_.push_back("database " + name + ", which an unfinished run left, cannot be dropped: " +
                        dropped.error().message());
  }
  return {};
}

Result<std::string> StagingDatabase::TablespaceClause() {
  const std::string& wanted = request_.tablespace;
  if (wanted.empty() || wanted == "pg_default") return std::string();
  DBSTOW_ASSIGN(const PgRows rows,
                session_->Query("SELECT has_tablespace_privilege(oid, 'CREATE') FROM pg_tablespace"
                                " WHERE spcname = $1",
                                {wanted}));
  if (rows.size() > 0 && rows.IsTrue(0, 0)) return " TABLESPACE = " + QuoteIdentifier(wanted);
  warnings_.push_back("the database is in the default tablespace: tablespace " + wanted +
                      (rows.size() == 0 ? " does not exist here" : " is not open to this role"));
  return std::string();
}

Result<void> StagingDatabase::Make() {
  const std::string id = RandomId(context_.random);
  name_ = NameFor(request_.target, id);
  lock_ = LockKey(id);
  DBSTOW_TRY(session_->Query("SELECT pg_advisory_lock(" + lock_ + ")"));
  std::string sql = "CREATE DATABASE " + QuoteIdentifier(name_) +
                    ParametersFor(request_.parameters, session_->version_number());
  if (request_.parameters.empty()) sql += " WITH TEMPLATE = template0";
  DBSTOW_ASSIGN(const std::string tablespace, TablespaceClause());
  sql += tablespace;
  sql += " CONNECTION LIMIT = " + std::to_string(kMarkingLimit);
  made_ = true;
  auto created = session_->Run(sql);
  if (!created) {
    // Cancelled in the middle it may exist: the destructor looks.
    return Explain(created.error(), "create database '" + name_ + "'");
  }
  DBSTOW_TRY(session_->Run("COMMENT ON DATABASE " + QuoteIdentifier(name_) + " IS " +
                           QuoteLiteral(std::string(kMarker) + request_.target)));
  return session_->Run("ALTER DATABASE " + QuoteIdentifier(name_) + " CONNECTION LIMIT -1");
}

Result<void> StagingDatabase::TakeName(const std::string& comment) {
  const std::string retired = NameFor(request_.target, RandomId(context_.random));
  for (int attempt = 1;; ++attempt) {
    // The old target is about to be dropped, and the staging database has no guests but stray ones.
    DBSTOW_TRY(EndSessions(" AND backend_type = 'client backend'"));
    auto renamed = RenameBoth(comment, retired);
    if (renamed) break;
    const bool in_use = renamed.error().native() && renamed.error().native()->code == "55006";
    if (!session_->broken()) DBSTOW_TRY(session_->Run("ROLLBACK"));
    if (!in_use || attempt == kSwapAttempts) return renamed;
    DBSTOW_TRY(EndSessions(""));
  }
  made_ = false;
  if (exists_) DropRetired(retired);
  return {};
}

Result<std::string> StagingDatabase::KeepBeside(const std::string& comment) {
  const std::string suffix = std::string(kPartialSuffix) + RandomId(context_.random);
  request_.target = CutName(request_.target, kMaxName - suffix.size()) + suffix;
  exists_ = false;
  DBSTOW_TRY(TakeName(comment));
  return request_.target;
}

std::string StagingDatabase::TerminateCall(int server_version) {
  return server_version >= 140000 ? "pg_terminate_backend(pid, 2000)" : "pg_terminate_backend(pid)";
}

Result<void> StagingDatabase::EndSessions(const std::string& condition) {
  warnings_ = TakeWarnings();
  auto ended = session_->Query("SELECT " + TerminateCall(session_->version_number()) +
                                   " FROM pg_stat_activity WHERE datname IN ($1, $2)"
                                   " AND pid <> pg_backend_pid()" +
                                   condition,
                               {exists_ ? request_.target : name_, name_});
  // That one has ended by itself meanwhile, or not in time, is no news: the rename finds out.
  (void)session_->TakeWarnings();
  if (!ended) return std::move(ended).error();
  return {};
}

// The swap is done, whatever becomes of the old one: it carries our mark, so that the next run for
// this target drops it.
void StagingDatabase::DropRetired(const std::string& retired) {
  const auto dropped = session_->Run(DropSql(retired));
  if (dropped) return;
  warnings_.push_back("the database that was replaced is still there, as " + retired +
                      ", and cannot be dropped: " + dropped.error().message());
}

// Renaming databases is transactional, so the swap is one commit.
Result<void> StagingDatabase::RenameBoth(const std::string& comment, const std::string& retired) {
  DBSTOW_TRY(session_->Run("BEGIN"));
  if (exists_) {
    auto retire = session_->Run("ALTER DATABASE " + QuoteIdentifier(request_.target) +
                                " RENAME TO " + QuoteIdentifier(retired));
    if (!retire && retire.error().code() == ErrorCode::kNotFound) {
      return TargetVanished(request_.target);
    }
    DBSTOW_TRY(std::move(retire));
    DBSTOW_TRY(session_->Run("COMMENT ON DATABASE " + QuoteIdentifier(retired) + " IS " +
                             QuoteLiteral(std::string(kMarker) + request_.target)));
  }
  auto renamed = session_->Run("ALTER DATABASE " + QuoteIdentifier(name_) + " RENAME TO " +
                               QuoteIdentifier(request_.target));
  if (!renamed) {
    // Another session's CREATE DATABASE that commits this very moment shows as a duplicate key.
    const bool raced = renamed.error().native() && renamed.error().native()->code == "23505";
    if (raced || renamed.error().code() == ErrorCode::kAlreadyExists) {
      return TargetExists(request_.target);
    }
    return renamed;
  }
  DBSTOW_TRY(session_->Run("COMMENT ON DATABASE " + QuoteIdentifier(request_.target) + " IS " +
                           (comment.empty() ? "NULL" : QuoteLiteral(comment))));
  return session_->Commit();
}

std::vector<std::string> StagingDatabase::TakeWarnings() {
  std::vector<std::string> warnings = std::exchange(warnings_, {});
  for (std::string& each : session_->TakeWarnings()) warnings.push_back(std::move(each));
  return warnings;
}

Result<void> StagingDatabase::Drop() {
  made_ = false;
  const bool hurried = IsHurried(context_);
  auto dropped = DropIn(CleanupContext(context_));
  // Somebody lost patience meanwhile.
  if (!dropped && !hurried && IsHurried(context_)) dropped = DropIn(CleanupContext(context_));
  return dropped;
}

Result<void> StagingDatabase::DropIn(const OperationContext& cleanup) {
  session_.reset();
  ConnectionInfo server = MaintenanceConnection(request_.server);
  // Somebody may have pressed Ctrl-C because the server does not answer.
  server.properties["connect_timeout"] = "3";
  DBSTOW_ASSIGN(const auto session, PgSession::Open(server, cleanup, kCleanupLockMs));
  // A backend that we hung up on may still be creating the database, invisible to DROP until it
  // has: its lock goes with it.
  DBSTOW_TRY(session->Query("SELECT pg_advisory_lock(" + lock_ + ")"));
  return DropUnfinished(*session, name_, cleanup);
}

}  // namespace dbstow::postgres
