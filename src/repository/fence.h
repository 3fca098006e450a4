#pragma once

#include "repository/chain.h"

namespace dbstow::repository {

/// Ends a session in two phases. False when it had committed its backup: then it is left alone.
[[nodiscard]] Result<bool> FenceSession(const Chain& chain, const SessionId& session);

}  // namespace dbstow::repository
