#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "dbstow/core/result.h"

namespace dbstow {

/// The name of a kind of database: an open id (`postgres`, `sqlite`, a plug-in's own), not an enum,
/// so that an engine can be added without touching this file.
class DatabaseEngine {
 public:
  /// Checked: lower-case letters, digits, `-` and `_`, starting with a letter, 1 to 32 characters.
  /// Errors: InvalidOptions.
  [[nodiscard]] static Result<DatabaseEngine> Create(std::string_view id);

  /// For ids written in source code; aborts on a malformed one.
  explicit DatabaseEngine(std::string_view literal);

  [[nodiscard]] const std::string& id() const { return id_; }
  friend auto operator<=>(const DatabaseEngine&, const DatabaseEngine&) = default;

 private:
  std::string id_;
};

}  // namespace dbstow
