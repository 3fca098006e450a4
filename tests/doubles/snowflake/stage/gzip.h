#pragma once

#include <string>

#include "dbstow/core/result.h"

namespace dbstow::doubles::snowflake {

[[nodiscard]] std::string Gzip(const std::string& bytes);
/// Errors: IOError for bytes that are no gzip stream or that grow beyond `most` bytes.
[[nodiscard]] Result<std::string> Gunzip(const std::string& bytes, size_t most);
[[nodiscard]] bool IsGzip(const std::string& bytes);

}  // namespace dbstow::doubles::snowflake
