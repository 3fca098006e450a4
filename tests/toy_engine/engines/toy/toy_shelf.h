#pragma once

#include <map>
#include <string>
#include <string_view>

#include "dbstow/core/bytes.h"
#include "io/file_system.h"

namespace dbstow::toy {

using Rows = std::map<std::string, std::string>;

[[nodiscard]] std::string Encode(const Rows& rows);
[[nodiscard]] Rows Decode(std::string_view text);

/// The toy's server: a folder. A database is a file of `key=value` lines in it, a snapshot that the
/// server keeps (like Time Travel) is a file beside it, and a file `no-retention` says that it
/// keeps none. Stateless.
class ToyShelf {
 public:
  enum class IfExists { kRefuse, kReplace };

  ToyShelf(io::FileSystem& files, std::string folder) : files_(files), folder_(std::move(folder)) {}

  /// Errors: NotFound, IOError.
  [[nodiscard]] Result<Rows> Read(const std::string& name) const;
  /// The file appears whole or not at all; what a killed process left of the same name goes.
  /// Errors: AlreadyExists (kRefuse), IOError.
  [[nodiscard]] Result<void> Write(const std::string& name, const Rows& rows,
                                   IfExists if_exists) const;
  [[nodiscard]] bool Holds(const std::string& name) const;
  [[nodiscard]] bool keeps_snapshots() const { return !Holds("no-retention"); }

 private:
  [[nodiscard]] std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  io::FileSystem& files_;
  std::string folder_;
};

}  // namespace dbstow::toy
