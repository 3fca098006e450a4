#pragma once

#include <string_view>

namespace dbstow::doubles::sqlserver {

/// T-SQL's LIKE: %, _, [abc], [a-z], [^a], and an escape character. Without case.
[[nodiscard]] bool Like(std::string_view text, std::string_view pattern, std::string_view escape);

}  // namespace dbstow::doubles::sqlserver
