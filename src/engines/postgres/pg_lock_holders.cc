#include "engines/postgres/pg_lock_holders.h"

#include "engines/postgres/pg_errors.h"

namespace dbstow::postgres {
namespace {

constexpr int kPatienceMs = 500;

// Who only reads is kept out by nothing but an exclusive lock, or by waiting behind somebody who
// wants one. Of indexes and the like the locks go with those of what they belong to.
constexpr const char* kHolders = R"sql(
SELECT string_agg(relation || ' (session ' || pid || ')', ', ' ORDER BY granted DESC, relation)
FROM (SELECT DISTINCT c.oid::regclass::text AS relation, l.pid, l.granted
      FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
      WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
        AND l.database IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relnamespace <> 'pg_toast'::regnamespace
      ORDER BY l.granted DESC, 1 LIMIT 3) x
)sql";

// What is locked; empty when it cannot be known any more.
std::string FindLocked(const ConnectionInfo& connection, const OperationContext& context) {
  const auto session = PgSession::Open(connection, context, kPatienceMs);
  if (!session) return "";
  const auto rows = (*session)->Query(kHolders);
  if (!rows) return IsLockRefusal(rows.error()) ? "a system catalog" : "";
  return rows->String(0, 0);
}

}  // namespace

Error LockedByAnother(const std::string& what, const Error& error) {
  Error locked(ErrorCode::kConflict,
               "another session holds or awaits a lock that forbids reading " + what);
  locked.WithRetry(Retry::kTransient)
      .WithHint("end that session (see pg_locks), or raise the option lockTimeoutMs");
  if (error.native()) locked.WithNative(*error.native());
  return locked;
}

Error NameLockHolder(const Error& error, const ConnectionInfo& connection,
                     const OperationContext& context) {
  // What has been explained already no longer says it in the server's words.
  if (!IsLockRefusal(error) || !error.message().ends_with(error.native()->text)) return error;
  const std::string doing =
      error.message().substr(0, error.message().size() - error.native()->text.size());
  const std::string locked = FindLocked(connection, context);
  const Error named = LockedByAnother(locked.empty() ? "what is needed" : locked, error);
  return doing.empty() ? named : Explain(named, doing.substr(0, doing.size() - 2));
}

}  // namespace dbstow::postgres
