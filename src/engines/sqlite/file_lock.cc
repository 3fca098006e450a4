#include "engines/sqlite/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "io/file_system.h"

namespace dbstow::sqlite {

FileLock::FileLock(int descriptor) : descriptor_(descriptor), owner_(getpid()) {}

FileLock::~FileLock() {
  // Children that were forked meanwhile have the descriptor too: closing alone would leave them the
  // lock, and they must not end what is their parent's.
  if (getpid() == owner_) flock(descriptor_, LOCK_UN);
  close(descriptor_);
}

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
