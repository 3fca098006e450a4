#pragma once

#include "dbstow/core/error.h"
#include "dbstow/core/operation_context.h"
#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

/// That `what` cannot be read because of a lock: Conflict (transient) with what to do about it.
[[nodiscard]] Error LockedByAnother(const std::string& what, const Error& error);

/// The server does not say on what it waited in vain for a lock. This looks, in a session of its
/// own, and names relation and session; where the look has to wait too, it is a system catalog.
/// Other errors come back as they are, and so does this one when there is no looking any more.
[[nodiscard]] Error NameLockHolder(const Error& error, const ConnectionInfo& connection,
                                   const OperationContext& context);

}  // namespace dbstow::postgres
