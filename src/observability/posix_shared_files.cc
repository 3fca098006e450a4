#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "observability/shared_files.h"

namespace dbstow::observability {
namespace {

constexpr std::chrono::seconds kLockPatience(10);
constexpr std::chrono::milliseconds kLockPause(5);

ErrorCode CodeFor(int number) {
  switch (number) {
    case ENOENT: return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS: return ErrorCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ErrorCode::kOutOfSpace;
    default: return ErrorCode::kIoError;
  }
}

std::string HintFor(ErrorCode code) {
  const std::string elsewhere =
      ", or name another place (docs/configuration.md: state, audit, metrics)";
  switch (code) {
    case ErrorCode::kNotFound: return "make its folder" + elsewhere;
    case ErrorCode::kPermissionDenied:
      return "make it writable: owner and mode, a read-only mount" + elsewhere;
    case ErrorCode::kOutOfSpace: return "free space or inodes there (df -h, df -i)" + elsewhere;
    case ErrorCode::kIoError: return "look at the disk or mount (dmesg)" + elsewhere;
    default: return "";
  }
}

// The room `io` has the like of it, but is not below this room.
Error Failure(int number, std::string_view doing, const std::string& path) {
  const std::string text = std::generic_category().message(number);
  return Error(CodeFor(number), "cannot " + std::string(doing) + " " + path + ": " + text)
      .WithHint(HintFor(CodeFor(number)))
      .WithNative({"errno", std::to_string(number), text});
}

/// Calls again for as long as a signal is what ended the call.
template <class Call>
auto Uninterrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

 private:
  int fd_;
};

int OpenFile(const std::string& path, int flags, mode_t mode = 0) {
  return Uninterrupted([&] { return ::open(path.c_str(), flags, mode); });
}

class HeldLock final : public FileLock {
 public:
  explicit HeldLock(Descriptor file) : file_(std::move(file)) {}
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;
  // Children that were forked meanwhile have the descriptor too: closing alone would leave them the
  // lock, and they must not end what is their parent's.
  ~HeldLock() override {
    if (::getpid() == owner_) ::flock(file_.get(), LOCK_UN);
  }

 private:
  Descriptor file_;
  pid_t owner_ = ::getpid();
};

Result<void> WriteAll(const Descriptor& file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t put =
        Uninterrupted([&] { return ::write(file.get(), text.data(), text.size()); });
    if (put < 0) return Failure(errno, "write", path);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Result<void> Sync(const Descriptor& file, const std::string& path) {
  if (Uninterrupted([&] { return ::fsync(file.get()); }) != 0) {
    return Failure(errno, "make durable", path);
  }
  return {};
}

Result<void> SyncFolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Descriptor opened(OpenFile(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.open()) return Failure(errno, "open", folder);
  return Sync(opened, folder);
}

class PosixSharedFiles final : public SharedFiles {
 public:
  explicit PosixSharedFiles(Clock& clock) : clock_(clock) {}

  Result<std::unique_ptr<FileLock>> Lock(const std::string& path, Deadline deadline,
                                         std::stop_token stop) override {
    const std::string lock_path = path + ".lock";
    Descriptor file(OpenFile(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file.open()) return Failure(errno, "open", lock_path);
    const Deadline patience = Deadline::After(clock_, kLockPatience);
    while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) return Failure(errno, "lock", lock_path);
      DBSTOW_TRY(CheckWait(path, deadline, stop));
      if (patience.Passed(clock_)) {
        return Error(ErrorCode::kConflict, path + " is locked by another process for too long")
            .WithRetry(Retry::kTransient)
            .WithHint("fuser -v " + lock_path + " says which");
      }
      clock_.Sleep(kLockPause, stop);
    }
    return std::unique_ptr<FileLock>(std::make_unique<HeldLock>(std::move(file)));
  }

  Result<std::uint64_t> Size(const std::string& path) override {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return Failure(errno, "look at", path);
    return static_cast<std::uint64_t>(info.st_size);
  }

  Result<std::string> Read(const std::string& path, std::uint64_t offset,
                           std::size_t size) override {
    const Descriptor file(OpenFile(path, O_RDONLY | O_CLOEXEC));
    if (!file.open()) return Failure(errno, "open", path);
    std::string text(size, '\0');
    std::size_t done = 0;
    while (done < size) {
      const ssize_t got = Uninterrupted([&] {
        return ::pread(file.get(), text.data() + done, size - done,
                       static_cast<off_t>(offset + done));
      });
      if (got < 0) return Failure(errno, "read", path);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    text.resize(done);
    return text;
  }

  Result<void> Append(const std::string& path, std::string_view text) override {
    const bool is_new = ::access(path.c_str(), F_OK) != 0;
    const Descriptor file(OpenFile(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    if (!file.open()) return Failure(errno, "open", path);
    DBSTOW_TRY(WriteAll(file, text, path));
    DBSTOW_TRY(Sync(file, path));
    return is_new ? SyncFolderOf(path) : Result<void>();
  }

  Result<void> Replace(const std::string& path, std::string_view text) override {
    // Callers hold the lock on `path`, so one temporary name is enough, and what a killed process
    // left under it is overwritten by the next.
    const std::string beside = path + ".new";
    auto written = WriteNew(beside, text);
    if (!written) {
      ::unlink(beside.c_str());
      return written;
    }
    if (::rename(beside.c_str(), path.c_str()) != 0) return Failure(errno, "replace", path);
    return SyncFolderOf(path);
  }

 private:
  Result<void> CheckWait(const std::string& path, Deadline deadline, const std::stop_token& stop) {
    const bool stopped = stop.stop_requested();
    if (!stopped && !deadline.Passed(clock_)) return {};
    return Error(stopped ? ErrorCode::kCancelled : ErrorCode::kTimeout,
                 (stopped ? "stopped on request" : "the time was up") +
                     (" while another process had " + path + " locked"))
        .WithHint("fuser -v " + path + ".lock says which");
  }

  static Result<void> WriteNew(const std::string& path, std::string_view text) {
    // 0644: the agent that collects metrics is another user; the text is no secret.
    const Descriptor file(OpenFile(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file.open()) return Failure(errno, "open", path);
    DBSTOW_TRY(WriteAll(file, text, path));
    return Sync(file, path);
  }

  Clock& clock_;
};

}  // namespace

std::unique_ptr<SharedFiles> CreatePosixSharedFiles(Clock& clock) {
  return std::make_unique<PosixSharedFiles>(clock);
}

}  // namespace dbstow::observability
