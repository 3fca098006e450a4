#pragma once

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/execution.h"
#include "doubles/snowflake/sql/ast.h"

namespace dbstow::doubles::snowflake {

/// SHOW and DESCRIBE. Needs no warehouse; lists at most 10 000 rows, as the vendor does.
[[nodiscard]] Result<ResultSet> ExecuteShow(const Execution& execution, const ShowStatement& show);
[[nodiscard]] Result<ResultSet> ExecuteDescribe(const Execution& execution,
                                                const DescribeStatement& describe);

/// The parts of SHOW that are about rights.
[[nodiscard]] Result<ResultSet> ShowGrants(const Execution& execution, const ShowStatement& show);
[[nodiscard]] Result<ResultSet> ShowFutureGrants(const Execution& execution,
                                                 const ShowStatement& show);
[[nodiscard]] Result<ResultSet> ShowParameters(const Execution& execution,
                                               const ShowStatement& show);

/// A result with text columns, except those whose name starts with a type: "ltz:created_on",
/// "number:rows".
[[nodiscard]] ResultSet ShowResult(std::initializer_list<std::string_view> columns);
[[nodiscard]] Value LtzValue(Nanos time);

}  // namespace dbstow::doubles::snowflake
