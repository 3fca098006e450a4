#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>

#include "dbstow/core/result.h"
#include "doubles/snowflake/sql/value.h"

namespace dbstow::doubles::snowflake {

/// The bind values of a request: `{"1": {"type": "FIXED", "value": "1"}}`. Safe for any JSON.
/// Errors: 001007 for another shape, 000002 for arrays, the vendor's conversion errors.
[[nodiscard]] Result<std::map<int, Value>> ReadBindings(const nlohmann::json& bindings);

}  // namespace dbstow::doubles::snowflake
