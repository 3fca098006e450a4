#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbstow/core/bytes.h"
#include "dbstow/core/options.h"
#include "dbstow/core/result.h"

namespace dbstow::io {

/// A file open for reading and positioned writing. Closing in the destructor never loses an error
/// that matters: call `Sync` before relying on the contents. Not thread-safe but for `ReadAt` and
/// `WriteAt`, which are.
class File {
 public:
  virtual ~File() = default;
  /// Fills as much of `out` as the file holds from `offset`; 0 at its end.
  [[nodiscard]] virtual Result<std::size_t> ReadAt(std::uint64_t offset, MutableByteView out) = 0;
  [[nodiscard]] virtual Result<void> WriteAt(std::uint64_t offset, ByteView bytes) = 0;
  [[nodiscard]] virtual Result<void> Truncate(std::uint64_t size) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> Size() = 0;
  [[nodiscard]] virtual Result<void> Sync() = 0;
};

struct FileInfo {
  std::uint64_t size = 0;
  std::uint32_t mode = 0;  ///< permission bits
  std::uint32_t owner = 0;
  bool is_directory = false;
  bool is_regular = false;
  TimePoint modified{};  ///< by the clock of whoever holds the files
};

enum class OpenMode {
  kRead,
  kReadWrite,
  kCreateNew,  ///< AlreadyExists when it is there; mode 0600
};

/// The operating system's files, behind an interface so that the repository and the audit log run
/// under simulated crashes. Thread-safe. Errors carry errno: NotFound, AlreadyExists,
/// PermissionDenied, OutOfSpace (ENOSPC, EDQUOT, EFBIG), IOError.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  [[nodiscard]] virtual Result<std::unique_ptr<File>> Open(const std::string& path,
                                                           OpenMode mode) = 0;
  [[nodiscard]] virtual Result<FileInfo> Stat(const std::string& path) = 0;
  /// Names of the entries, sorted, without `.` and `..`.
  [[nodiscard]] virtual Result<std::vector<std::string>> List(const std::string& path) = 0;
  /// With missing parents; an existing directory is success. Mode 0700.
  [[nodiscard]] virtual Result<void> CreateDirectories(const std::string& path) = 0;
  /// Atomic; replaces `to`.
  [[nodiscard]] virtual Result<void> Rename(const std::string& from, const std::string& to) = 0;
  /// Atomic; AlreadyExists when `to` is there. Both names stay.
  [[nodiscard]] virtual Result<void> Link(const std::string& from, const std::string& to) = 0;
  /// A file or an empty directory.
  [[nodiscard]] virtual Result<void> Remove(const std::string& path) = 0;
  /// Whether copies made within the file system of `path` can share blocks (reflinks), as far as
  /// its kind tells: true for XFS, btrfs and bcachefs.
  [[nodiscard]] virtual Result<bool> SharesBlocks(const std::string& path) = 0;
  /// Makes the entries of a directory durable.
  [[nodiscard]] virtual Result<void> SyncDirectory(const std::string& path) = 0;
};

/// The real one. Stateless.
[[nodiscard]] std::unique_ptr<FileSystem> CreatePosixFileSystem();

/// Maps errno to an Error that says what was being done to what.
[[nodiscard]] Error ErrnoError(int error_number, std::string_view doing, std::string_view path);

/// Whether the path of a call that failed leads to nothing: no such file, or one that would be
/// below a file.
[[nodiscard]] bool NothingIsThere(const Error& error);

}  // namespace dbstow::io
