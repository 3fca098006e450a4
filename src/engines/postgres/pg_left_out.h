#pragma once

#include <string>
#include <vector>

#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

enum class SubscriptionState { kAny, kDisabled };

/// The subscriptions of the session's database: their names as identifiers.
[[nodiscard]] Result<std::vector<std::string>> ReadSubscriptions(PgSession& session,
                                                                 SubscriptionState state);

/// What the session's database has that a backup does not hold, or that a restore cannot bring back
/// as it is: one line for people each, to be told with the backup and not on the night of the
/// restore.
[[nodiscard]] Result<std::vector<std::string>> ListLeftOut(PgSession& session);

/// One line for each table whose foreign keys are not checked, which no dump holds: a part of what
/// `ListLeftOut` tells.
[[nodiscard]] Result<std::vector<std::string>> ListChecksThatAreOff(PgSession& session);

}  // namespace dbstow::postgres
