#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/result.h"

namespace dbstow::app {

/// Where in a file something is written; lines and columns count from 1.
struct ConfigPosition {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  [[nodiscard]] std::string ToString() const {
    return file + ":" + std::to_string(line) + ":" + std::to_string(column);
  }
};

/// A value of a configuration file, whatever its syntax was.
struct ConfigNode {
  enum class Kind { kText, kInteger, kBoolean, kList, kTable, kOther };

  Kind kind = Kind::kOther;
  std::string text;          ///< kText
  std::int64_t integer = 0;  ///< kInteger
  bool boolean = false;      ///< kBoolean
  std::vector<ConfigNode> list;
  std::map<std::string, ConfigNode, std::less<>> table;
  ConfigPosition position;

  /// The entry of a table, or null.
  [[nodiscard]] const ConfigNode* Find(std::string_view key) const;
};

/// Errors: InvalidOptions with file, line and column. Never echoes what the file says: the line may
/// hold a password.
[[nodiscard]] Result<ConfigNode> ReadToml(std::string_view text, const std::string& file);

}  // namespace dbstow::app
