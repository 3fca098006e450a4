#pragma once

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/execution.h"
#include "doubles/snowflake/sql/ast.h"

namespace dbstow::doubles::snowflake {

/// Runs one statement. What it changes is in `execution.change` and `execution.session`.
[[nodiscard]] Result<ResultSet> Execute(const Execution& execution, const Statement& statement);
/// "SELECT", "CREATE_TABLE", "COPY", …: as QUERY_HISTORY calls it.
[[nodiscard]] std::string QueryType(const Statement& statement);

}  // namespace dbstow::doubles::snowflake
