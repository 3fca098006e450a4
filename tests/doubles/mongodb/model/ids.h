#pragma once

#include <cstdint>
#include <string>

namespace dbstow::doubles::mongodb {

/// 16 random bytes marked as a version 4 UUID.
[[nodiscard]] std::string NewUuid();
/// 12 bytes: the given seconds, then random ones.
[[nodiscard]] std::string NewObjectId(std::uint32_t seconds);
[[nodiscard]] std::string RandomBytes(std::size_t count);
/// Never 0.
[[nodiscard]] std::int64_t NewCursorId();

}  // namespace dbstow::doubles::mongodb
