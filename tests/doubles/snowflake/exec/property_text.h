#pragma once

#include <string>
#include <string_view>

#include "doubles/snowflake/sql/ast.h"

namespace dbstow::doubles::snowflake {

/// ASCII letters in upper case: words of options are compared without regard to case.
[[nodiscard]] std::string Upper(std::string text);

/// Whether the option is given and TRUE.
[[nodiscard]] bool IsTrue(const Properties& options, std::string_view key);

}  // namespace dbstow::doubles::snowflake
