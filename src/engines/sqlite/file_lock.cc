#include "engines/sqlite/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "io/file_system.h"

namespace dbstow::sqlite {

Result<std::unique_ptr<FileLock>> FileLock::TryTake(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) {
    if (errno == ENOENT) return std::unique_ptr<FileLock>();
    return io::ErrnoError(errno, "locking", path);
  }
  std::unique_ptr<FileLock> lock(new FileLock(descriptor));
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::unique_ptr<FileLock>();
    return io::ErrnoError(errno, "locking", path);
  }
  // Somebody who had it before may have removed the file meanwhile.
  struct stat info{};
  if (fstat(descriptor, &info) != 0) return io::ErrnoError(errno, "looking at", path);
  if (info.st_nlink == 0) return std::unique_ptr<FileLock>();
  return lock;
}

}  // namespace dbstow::sqlite
