#pragma once

#include <string>
#include <string_view>

namespace dbstow::observability {

/// 64 hex digits.
[[nodiscard]] std::string Sha256Hex(std::string_view bytes);

}  // namespace dbstow::observability
