#pragma once

#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

/// Whether the server runs on this machine, as far as addresses tell. Errors: the server's.
[[nodiscard]] Result<bool> ServerIsHere(PgSession& session);

}  // namespace dbstow::postgres
