// Preloaded into the program: once it has opened a file or folder whose path has $HELD_AT in it,
// for the first time, it stops, as by SIGSTOP. Continued, it first takes the signals that wait for
// it.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>

namespace {

bool SignalsWait() {
  sigset_t waiting;
  ::sigpending(&waiting);
  return ::sigismember(&waiting, SIGINT) == 1 || ::sigismember(&waiting, SIGTERM) == 1;
}

void HoldAt(const char* path) {
  static std::atomic<bool> was_held = false;
  const char* part = std::getenv("HELD_AT");
  if (part == nullptr || std::strstr(path, part) == nullptr || was_held.exchange(true)) return;
  const int before = errno;
  ::raise(SIGSTOP);
  // Another thread takes them, and has to be given the time.
  do ::usleep(20'000);
  while (SignalsWait());
  errno = before;
}

template <class Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int open(const char* path, int flags, ...) {
  static const auto next = Next<int (*)(const char*, int, ...)>("open");
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  const int file = next(path, flags, mode);
  if (file >= 0) HoldAt(path);
  return file;
}

extern "C" DIR* opendir(const char* path) {
  static const auto next = Next<DIR* (*)(const char*)>("opendir");
  DIR* const folder = next(path);
  if (folder != nullptr) HoldAt(path);
  return folder;
}
