#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "dbstow/core/clock.h"
#include "dbstow/core/result.h"

namespace dbstow::observability {

/// Excludes everybody else for as long as it lives.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

/// What this room needs of files that several processes write to: the audit log and the metrics
/// file. Thread-safe. Errors carry errno: NotFound, PermissionDenied, OutOfSpace, IOError.
class SharedFiles {
 public:
  virtual ~SharedFiles() = default;
  /// Waits for other processes and threads, some seconds at most: Conflict after that, Timeout
  /// after the deadline, Cancelled on a request to stop. One that is free is had whatever these
  /// say. The lock is on `path`.lock, which is created and stays.
  [[nodiscard]] virtual Result<std::unique_ptr<FileLock>> Lock(const std::string& path,
                                                               Deadline deadline,
                                                               std::stop_token stop) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> Size(const std::string& path) = 0;
  /// At most `size` bytes from `offset`; fewer only at the end.
  [[nodiscard]] virtual Result<std::string> Read(const std::string& path, std::uint64_t offset,
                                                 std::size_t size) = 0;
  /// Creates the file (mode 0600) when it is missing. Durable when it returns.
  [[nodiscard]] virtual Result<void> Append(const std::string& path, std::string_view text) = 0;
  /// Atomic; readers see the old text or the new. Durable when it returns.
  [[nodiscard]] virtual Result<void> Replace(const std::string& path, std::string_view text) = 0;
};

[[nodiscard]] std::unique_ptr<SharedFiles> CreatePosixSharedFiles(Clock& clock);

}  // namespace dbstow::observability
