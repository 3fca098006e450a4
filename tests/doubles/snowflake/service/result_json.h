#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "doubles/snowflake/exec/result_set.h"
#include "doubles/snowflake/exec/session.h"

namespace dbstow::doubles::snowflake {

enum class BooleanForm { kDigits, kWords };  ///< session protocol; SQL API

/// `rowtype` of the session protocol and of the SQL API.
[[nodiscard]] nlohmann::json RowType(const ResultSet& result);
/// Rows [first, first + count) as an array of arrays of text and null.
[[nodiscard]] nlohmann::json RowsJson(const ResultSet& result, size_t first, size_t count,
                                      BooleanForm form);
/// Text for the wire: bytes that are no UTF-8 are replaced.
[[nodiscard]] std::string Dump(const nlohmann::json& tree);
/// `[{"name", "value"}]`, values as JSON booleans and numbers where they are.
[[nodiscard]] nlohmann::json ParametersJson(const Session& session);

}  // namespace dbstow::doubles::snowflake
