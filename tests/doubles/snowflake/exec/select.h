#pragma once

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/execution.h"
#include "doubles/snowflake/sql/ast.h"

namespace dbstow::doubles::snowflake {

/// Runs a SELECT and materialises its rows. Errors: the vendor's.
[[nodiscard]] Result<ResultSet> ExecuteSelect(const Execution& execution,
                                              const SelectStatement& select);

}  // namespace dbstow::doubles::snowflake
