#pragma once

#include <string>
#include <vector>

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/execution.h"
#include "doubles/snowflake/sql/ast.h"

namespace dbstow::doubles::snowflake {

[[nodiscard]] Result<ResultSet> ExecuteInsert(const Execution& execution,
                                              const InsertStatement& insert);
[[nodiscard]] Result<ResultSet> ExecuteUpdate(const Execution& execution,
                                              const UpdateStatement& update);
[[nodiscard]] Result<ResultSet> ExecuteDelete(const Execution& execution,
                                              const DeleteStatement& erase);
[[nodiscard]] Result<ResultSet> ExecuteTruncate(const Execution& execution,
                                                const TruncateStatement& truncate);

/// Adds rows to a table that is being changed; `columns` names what the values are for, none for
/// all of them in order. Values are cast, defaults and NOT NULL are applied. Errors: the vendor's.
[[nodiscard]] Result<void> InsertRows(const Execution& execution, Object& table,
                                      const std::vector<std::string>& columns,
                                      const std::vector<Row>& rows);
/// What a column gets when nothing is said.
[[nodiscard]] Result<Value> DefaultValue(const Execution& execution, const Column& column);

}  // namespace dbstow::doubles::snowflake
