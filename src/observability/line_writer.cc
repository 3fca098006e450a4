#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <system_error>

#include "observability/loggers.h"

namespace dbstow::observability {
namespace {

constexpr int kPatienceMilliseconds = 200;
// POSIX: a pipe that polls as writable takes this much without blocking.
constexpr std::size_t kPiece = 4096;

enum class Ownership { kBorrowed, kOwned };

class DescriptorLineWriter final : public LineWriter {
 public:
  DescriptorLineWriter(int fd, Ownership ownership) : fd_(fd), ownership_(ownership) {}
  DescriptorLineWriter(const DescriptorLineWriter&) = delete;
  DescriptorLineWriter& operator=(const DescriptorLineWriter&) = delete;
  ~DescriptorLineWriter() override {
    if (ownership_ == Ownership::kOwned) ::close(fd_);
  }

  void Write(std::string_view line) override {
    const std::scoped_lock lock(mutex_);
    if (dropped_ > 0 &&
        Put("(" + std::to_string(dropped_) + " log lines could not be written)\n")) {
      dropped_ = 0;
    }
    if (dropped_ > 0 || !Put(line)) ++dropped_;
  }

 private:
  bool Put(std::string_view text) const {
    while (!text.empty()) {
      pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
      const int polled = ::poll(&ready, 1, kPatienceMilliseconds);
      if (polled < 0 && errno == EINTR) continue;
      if (polled <= 0) return false;
      const ssize_t put = ::write(fd_, text.data(), std::min(text.size(), kPiece));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
  }

  int fd_;
  Ownership ownership_;
  std::mutex mutex_;
  std::size_t dropped_ = 0;
};

}  // namespace

std::unique_ptr<LineWriter> CreateDescriptorLineWriter(int fd) {
  return std::make_unique<DescriptorLineWriter>(fd, Ownership::kBorrowed);
}

Result<std::unique_ptr<LineWriter>> CreateFileLineWriter(const std::string& path) {
  // Not blocking, since a pipe that nobody reads would be waited for without end.
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  const int fd = ::open(path.c_str(), kFlags, 0600);
  if (fd >= 0) {
    return std::unique_ptr<LineWriter>(
        std::make_unique<DescriptorLineWriter>(fd, Ownership::kOwned));
  }
  const int number = errno;
  const std::string text = std::generic_category().message(number);
  return Error(number == EACCES ? ErrorCode::kPermissionDenied : ErrorCode::kIoError,
               "cannot open the log file " + path + ": " + text)
      .WithHint(number == ENOENT ? "make its folder, or name another file under [log] as path"
                                 : "let this user write it, or name another file under [log] as "
                                   "path")
      .WithNative({"errno", std::to_string(number), text});
}

}  // namespace dbstow::observability
