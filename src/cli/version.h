#pragma once

#include <string_view>

namespace dbstow::cli {

inline constexpr std::string_view kVersion = DBSTOW_VERSION;

}  // namespace dbstow::cli
