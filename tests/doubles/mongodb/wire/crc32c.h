#pragma once

#include <cstdint>
#include <string_view>

namespace dbstow::doubles::mongodb {

/// CRC-32C over `bytes`, continuing from `seed` (0 to start).
[[nodiscard]] std::uint32_t Crc32c(std::string_view bytes, std::uint32_t seed = 0);

}  // namespace dbstow::doubles::mongodb
