#pragma once

#include <optional>
#include <string>

namespace dbstow::sqlite {

/// Whose descriptors count.
enum class Users {
  kAll,
  kOthers,  ///< not those of this process
};

/// A process that has the file open: "123 (name)". Only processes whose
/// descriptors we may see are found, which is all of them for root. Replacing a file that an idle
/// program has open loses whatever it writes afterwards, and SQLite's locks do not show it.
[[nodiscard]] std::optional<std::string> FindUser(const std::string& path, Users users);

}  // namespace dbstow::sqlite
