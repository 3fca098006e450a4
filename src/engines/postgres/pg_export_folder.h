#pragma once

#include <memory>
#include <set>
#include <string>

#include "dbstow/core/operation_context.h"
#include "io/file_system.h"

namespace dbstow::postgres {

/// A folder of new files that is filled beside its place, as `.NAME.dbstow-ID`, and gets its name
/// when it is whole: nobody ever finds half a folder under that name. Destroyed before, it removes
/// what it has made. What a killed process left is in nobody's way. Used by one thread.
class ExportFolder {
 public:
  /// `path` as the user names it: relative paths begin where the program was started.
  ExportFolder(io::FileSystem& files, const std::string& path);
  ~ExportFolder();
  ExportFolder(const ExportFolder&) = delete;
  ExportFolder& operator=(const ExportFolder&) = delete;

  /// Whether it can be made, as far as can be seen. Errors: AlreadyExists; NotFound or
  /// InvalidOptions when what it is to be in is not there or no folder.
  [[nodiscard]] Result<void> Check();
  /// Errors: as for `Check`; PermissionDenied, OutOfSpace, IOError.
  [[nodiscard]] Result<void> Create(Random& random);
  [[nodiscard]] Result<std::unique_ptr<io::File>> Open(const std::string& name);
  /// A file that was made by `Open`.
  [[nodiscard]] Result<std::unique_ptr<io::File>> Reopen(const std::string& name);
  /// A whole durable file.
  [[nodiscard]] Result<void> Write(const std::string& name, ByteView bytes);
  /// Gives it its name, durably; the files must be so already. Errors: AlreadyExists when somebody
  /// has made something of that name meanwhile.
  [[nodiscard]] Result<void> Keep();

  void Count(std::uint64_t bytes) { bytes_ += bytes; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  io::FileSystem& files_;
  std::string path_;
  std::string parent_;
  std::string unfinished_;  // empty while there is none
  std::set<std::string> names_;
  std::uint64_t bytes_ = 0;
};

}  // namespace dbstow::postgres
