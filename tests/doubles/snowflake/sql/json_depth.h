#pragma once

#include <string_view>

namespace dbstow::doubles::snowflake {

/// Whether a text of JSON nests so little that it can be walked by recursion. Safe for any bytes.
[[nodiscard]] bool IsShallowJson(std::string_view text);

}  // namespace dbstow::doubles::snowflake
