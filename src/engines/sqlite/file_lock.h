#pragma once

#include <memory>
#include <string>

#include "dbstow/core/result.h"
#include "io/held_flock.h"

namespace dbstow::sqlite {

/// Says that somebody is at work on a file; ends with its holder, however that ends. Only those who
/// ask for it see it.
class FileLock {
 public:
  /// Does not wait. Null when somebody else has it, or the name is gone. Errors: IOError where the
  /// file system has no such locks.
  [[nodiscard]] static Result<std::unique_ptr<FileLock>> TryTake(const std::string& path);
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int descriptor) : lock_(descriptor) {}
  io::HeldFlock lock_;
};

}  // namespace dbstow::sqlite
