#pragma once

#include <string_view>
#include <vector>

#include "dbstow/core/result.h"
#include "doubles/snowflake/sql/ast.h"

namespace dbstow::doubles::snowflake {

/// The statements of `sql`, separated by semicolons; empty ones are dropped.
/// Errors: 001003 where the vendor's grammar refuses the text, 000002 for what this double leaves
/// out, 000900 when there is no statement at all. Never throws; safe for any bytes.
[[nodiscard]] Result<std::vector<Statement>> Parse(std::string_view sql);

}  // namespace dbstow::doubles::snowflake
