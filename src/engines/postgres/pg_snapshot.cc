#include "engines/postgres/pg_snapshot.h"

#include <algorithm>
#include <map>

#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_lock_holders.h"
#include "engines/postgres/pg_quote.h"
#include "engines/postgres/pg_raw_names.h"

namespace dbstow::postgres {
namespace {

constexpr std::size_t kTablesPerLock = 100;
constexpr const char* kBegin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

Error Changed(const std::string& table, std::string_view what) {
  return Error(ErrorCode::kConflict,
               "table " + table + " was " + std::string(what) + " while the backup began")
      .WithRetry(Retry::kTransient)
      .WithHint("run the backup again");
}

// A lock that is refused names no table when several are asked for at once.
Error LockFailure(const Error& error, const std::string& tables) {
  if (IsLockRefusal(error)) return LockedByAnother("one of " + tables, error);
  if (error.code() == ErrorCode::kNotFound) {
    return Changed("(" + error.message() + ")", "dropped or renamed");
  }
  return Explain(error, "lock the tables for reading");
}

}  // namespace

PgSnapshot::PgSnapshot(std::unique_ptr<PgSession> session) : session_(std::move(session)) {}

Result<std::unique_ptr<PgSnapshot>> PgSnapshot::Take(const ConnectionInfo& connection,
                                                     const DumpOptions& options,
                                                     const OperationContext& context) {
  DBSTOW_ASSIGN(auto session, PgSession::Open(connection, context, options.lock_timeout_ms));
  DBSTOW_TRY(session->Run(kBegin));
  std::unique_ptr<PgSnapshot> snapshot(new PgSnapshot(std::move(session)));
  DBSTOW_ASSIGN(const PgRows id, snapshot->session_->Query("SELECT pg_export_snapshot()"));
  snapshot->id_ = id.String(0, 0);
  DBSTOW_TRY(CheckNames(*snapshot->session_));
  DBSTOW_ASSIGN(snapshot->tables_, ListTables(*snapshot->session_, options));
  DBSTOW_TRY(snapshot->LockTables());
  DBSTOW_TRY(snapshot->CompareShapes(options, context));
  DBSTOW_TRY(MeasureTables(*snapshot->session_, snapshot->tables_));
  return snapshot;
}

Result<std::unique_ptr<PgSession>> PgSnapshot::Join(const OperationContext& context) const {
  DBSTOW_ASSIGN(auto session,
                PgSession::Open(session_->connection(), context, session_->lock_timeout_ms()));
  DBSTOW_TRY(session->Run(std::string(kBegin) + "; SET TRANSACTION SNAPSHOT " + QuoteLiteral(id_)));
  return session;
}

Result<void> PgSnapshot::LockTables() {
  for (std::size_t begin = 0; begin < tables_.size(); begin += kTablesPerLock) {
    const std::size_t end = std::min(begin + kTablesPerLock, tables_.size());
    std::string names;
    std::string shown;
    for (std::size_t i = begin; i < end; ++i) {
      names += (names.empty() ? "ONLY " : ", ONLY ") + tables_[i].QualifiedName();
      if (i < begin + 3) shown += (shown.empty() ? "" : ", ") + tables_[i].display;
    }
    if (end - begin > 3) shown += ", …";
    auto locked = session_->Run("LOCK TABLE " + names + " IN ACCESS SHARE MODE");
    if (!locked) return LockFailure(locked.error(), shown);
  }
  return {};
}

// Between the snapshot and the locks a table may have been dropped, altered, or truncated (which
// would look empty to us). A session with a snapshot of now sees what it has become; under the
// locks it stays so.
Result<void> PgSnapshot::CompareShapes(const DumpOptions& options,
                                       const OperationContext& context) {
  DBSTOW_ASSIGN(const auto now,
                PgSession::Open(session_->connection(), context, options.lock_timeout_ms));
  DBSTOW_ASSIGN(const std::vector<TablePlan> current, ListTables(*now, options));
  std::map<std::uint32_t, const TablePlan*> by_oid;
  for (const TablePlan& table : current) by_oid[table.oid] = &table;
  for (const TablePlan& table : tables_) {
    const auto found = by_oid.find(table.oid);
    if (found == by_oid.end()) return Changed(table.display, "dropped");
    if (found->second->shape != table.shape) {
      return Changed(table.display, "altered, truncated or rewritten");
    }
  }
  return {};
}

}  // namespace dbstow::postgres
