#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "doubles/sqlserver/value/sql_result.h"

namespace dbstow::doubles::sqlserver {

/// Where one family of a media set lies. Blocks.
class BackupDevice {
 public:
  virtual ~BackupDevice() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;
  /// As msdb counts: 2 disk, 9 URL, and 100 more for one that has a name of its own.
  [[nodiscard]] virtual int type() const = 0;
  /// That name; empty without.
  [[nodiscard]] virtual std::string logical_name() const { return ""; }
  /// Whether sets can be added behind others; otherwise a device is written whole or not at all.
  [[nodiscard]] virtual bool appends() const { return true; }
  /// Whether something is there. Errors: 3201, 3203.
  [[nodiscard]] virtual SqlResult<bool> Exists() {
    DBSTOW_ASSIGN(const std::optional<std::string> content, Read());
    return content.has_value();
  }
  /// Everything on it; nothing when it is not there. Errors: 3201, 3203.
  [[nodiscard]] virtual SqlResult<std::optional<std::string>> Read() = 0;
  /// Keeps the first `from` bytes and puts `content` after them. Errors: 3201, 3202.
  [[nodiscard]] virtual SqlResult<void> Write(std::size_t from, std::string_view content) = 0;
  /// Back to the first `size` bytes; away with it when there was nothing before.
  virtual void Undo(std::optional<std::size_t> size) = 0;
};

[[nodiscard]] std::unique_ptr<BackupDevice> MakeDiskDevice(const std::string& path,
                                                           const std::string& logical_name = "");
/// Takes everything and keeps nothing.
[[nodiscard]] std::unique_ptr<BackupDevice> MakeNullDevice();

}  // namespace dbstow::doubles::sqlserver
