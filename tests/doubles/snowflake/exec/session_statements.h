#pragma once

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/execution.h"
#include "doubles/snowflake/sql/ast.h"

namespace dbstow::doubles::snowflake {

/// USE and ALTER SESSION: they change the session, never the catalogue.
[[nodiscard]] Result<ResultSet> ExecuteUse(const Execution& execution, const UseStatement& use);
[[nodiscard]] Result<ResultSet> ExecuteAlterSession(const Execution& execution,
                                                    const AlterSessionStatement& alter);
/// Sets one session parameter. Errors: 001423 for one that is not known, 001008 for a value.
[[nodiscard]] Result<void> SetSessionParameter(Session& session, const std::string& key,
                                               const std::string& value);
/// Parameters and their defaults, as a login reply and SHOW PARAMETERS give them.
[[nodiscard]] const std::map<std::string, std::string>& DefaultParameters();

}  // namespace dbstow::doubles::snowflake
