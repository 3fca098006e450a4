#include "catalog/sqlite/file_lease.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>

#include "dbstow/core/connection_info.h"
#include "io/file_system.h"
#include "io/held_flock.h"

namespace dbstow::catalog {
namespace {

constexpr std::size_t kMaxName = 180;
constexpr std::size_t kMaxHolder = 1024;

class FileLease final : public Lease {
 public:
  explicit FileLease(int fd) : lock_(fd) {}
  FileLease(const FileLease&) = delete;
  FileLease& operator=(const FileLease&) = delete;
  // Emptied first, so that nobody is named as a holder who no longer is one. When it fails, the
  // stale name is all that happens.
  ~FileLease() override {
    if (lock_.IsOurs() && ::ftruncate(lock_.descriptor(), 0) != 0) errno = 0;
  }

 private:
  io::HeldFlock lock_;
};

std::string ReadHolder(int fd) {
  std::array<char, kMaxHolder> text{};
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  return got > 0 ? std::string(text.data(), static_cast<std::size_t>(got)) : "another process";
}

// Only for the message that others get; the lock holds without it.
void WriteHolder(int fd, std::string_view holder) {
  const std::string text = std::string(holder.substr(0, kMaxHolder - 32)) + " (process " +
                           std::to_string(::getpid()) + ")";
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, text.data(), text.size(), 0) < 0) errno = 0;
}

std::uint64_t Fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

}  // namespace

std::string LeaseFileName(std::string_view what) {
  std::string name = PercentEncode(what);
  if (name.size() <= kMaxName) return name + ".lease";
  std::array<char, 20> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx",
                static_cast<unsigned long long>(Fnv1a(what)));
  return name.substr(0, kMaxName - 17) + "~" + digits.data() + ".lease";
}

Result<std::unique_ptr<Lease>> AcquireFileLease(const std::string& folder, std::string_view what,
                                                std::string_view holder) {
  const std::string path = folder + "/" + LeaseFileName(what);
  // Close-on-exec: a helper program that outlives us must not inherit the lock.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return io::ErrnoError(errno, "cannot open the lease", path);
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) {
    WriteHolder(fd, holder);
    return std::unique_ptr<Lease>(std::make_unique<FileLease>(fd));
  }
  const int number = errno;
  const std::string other = ReadHolder(fd);
  ::close(fd);
  if (number != EWOULDBLOCK) return io::ErrnoError(number, "cannot lock the lease", path);
  return Error(ErrorCode::kConflict, "'" + std::string(what) + "' is being worked on: " + other)
      .WithHint("wait until it is done, or end that process");
}

}  // namespace dbstow::catalog
