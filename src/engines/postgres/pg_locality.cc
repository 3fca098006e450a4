#include "engines/postgres/pg_locality.h"

namespace dbstow::postgres {

Result<bool> ServerIsHere(PgSession& session) {
  // Null for a local socket.
  DBSTOW_ASSIGN(const PgRows rows,
                session.Query("SELECT coalesce(inet_server_addr() <<= inet '127.0.0.0/8'"
                              " OR inet_server_addr() = inet '::1', true)"));
  return rows.IsTrue(0, 0);
}

}  // namespace dbstow::postgres
