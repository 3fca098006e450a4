// Preloaded into the program: reads of files whose path has $BAD_SECTOR in it fail with EIO.
#include <dlfcn.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

bool IsBad(int fd) {
  const char* part = std::getenv("BAD_SECTOR");
  if (part == nullptr) return false;
  char link[64];
  char path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = ::readlink(link, path, sizeof path - 1);
  if (size <= 0) return false;
  path[size] = '\0';
  return std::strstr(path, part) != nullptr;
}

}  // namespace

extern "C" ssize_t pread(int fd, void* out, size_t size, off_t offset) {
  using Pread = ssize_t (*)(int, void*, size_t, off_t);
  static const auto next = reinterpret_cast<Pread>(::dlsym(RTLD_NEXT, "pread"));
  if (!IsBad(fd)) return next(fd, out, size, offset);
  errno = EIO;
  return -1;
}

extern "C" ssize_t pread64(int fd, void* out, size_t size, off64_t offset) {
  return pread(fd, out, size, offset);
}
