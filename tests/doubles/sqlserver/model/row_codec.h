#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "doubles/sqlserver/model/sqlite.h"

namespace dbstow::doubles::sqlserver {

/// A row as bytes: in the log, and in backups.
[[nodiscard]] std::string EncodeRow(const Row& row);
/// Nothing for what EncodeRow did not write.
[[nodiscard]] std::optional<Row> DecodeRow(std::string_view bytes);

}  // namespace dbstow::doubles::sqlserver
