#pragma once

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/execution.h"
#include "doubles/snowflake/sql/ast.h"

namespace dbstow::doubles::snowflake {

/// GRANT and REVOKE of privileges, future privileges, ownership and roles.
[[nodiscard]] Result<ResultSet> ExecuteGrant(const Execution& execution,
                                             const GrantStatement& grant);

}  // namespace dbstow::doubles::snowflake
