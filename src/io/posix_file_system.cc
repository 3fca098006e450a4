#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "io/descriptor.h"
#include "io/file_system.h"

namespace dbstow::io {
namespace {

/// Calls again for as long as a signal is what ended the call.
template <class Call>
auto Uninterrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

class PosixFile final : public File {
 public:
  PosixFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<std::size_t> ReadAt(std::uint64_t offset, MutableByteView out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t got = Uninterrupted([&] {
        return ::pread(fd_.get(), out.data() + done, out.size() - done,
                       static_cast<off_t>(offset + done));
      });
      if (got < 0) return ErrnoError(errno, "cannot read", path_);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  Result<void> WriteAt(std::uint64_t offset, ByteView bytes) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t put = Uninterrupted([&] {
        return ::pwrite(fd_.get(), bytes.data() + done, bytes.size() - done,
                        static_cast<off_t>(offset + done));
      });
      if (put < 0) return ErrnoError(errno, "cannot write", path_);
      done += static_cast<std::size_t>(put);
    }
    return {};
  }

  Result<void> Truncate(std::uint64_t size) override {
    if (Uninterrupted([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0) {
      return ErrnoError(errno, "cannot resize", path_);
    }
    return {};
  }

  Result<std::uint64_t> Size() override {
    struct stat info{};
    if (::fstat(fd_.get(), &info) != 0) return ErrnoError(errno, "cannot read", path_);
    return static_cast<std::uint64_t>(info.st_size);
  }

  // Not repeated after a failure: the kernel marks the pages clean once it has reported them lost,
  // so a second fsync would succeed over a hole.
  Result<void> Sync() override {
    if (Uninterrupted([&] { return ::fsync(fd_.get()); }) != 0) {
      return ErrnoError(errno, "cannot flush to disk", path_);
    }
    return {};
  }

 private:
  Descriptor fd_;
  std::string path_;
};

int FlagsFor(OpenMode mode) {
  switch (mode) {
    case OpenMode::kCreateNew: return O_RDWR | O_CREAT | O_EXCL;
    case OpenMode::kReadWrite: return O_RDWR;
    case OpenMode::kRead: break;
  }
  return O_RDONLY;
}

Result<Descriptor> OpenDescriptor(const std::string& path, int flags) {
  Descriptor fd(
      Uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, 0600); }));
  if (!fd.open()) return ErrnoError(errno, "cannot open", path);
  return fd;
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
    DBSTOW_ASSIGN(Descriptor fd, OpenDescriptor(path, FlagsFor(mode)));
    return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(fd), path));
  }

  Result<FileInfo> Stat(const std::string& path) override {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return ErrnoError(errno, "cannot look at", path);
    FileInfo result;
    result.size = static_cast<std::uint64_t>(info.st_size);
    result.mode = info.st_mode & 07777;
    result.owner = info.st_uid;
    result.is_directory = S_ISDIR(info.st_mode);
    result.is_regular = S_ISREG(info.st_mode);
    result.modified = TimePoint(std::chrono::seconds(info.st_mtim.tv_sec) +
                                std::chrono::microseconds(info.st_mtim.tv_nsec / 1000));
    return result;
  }

  Result<std::vector<std::string>> List(const std::string& path) override {
    const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
    if (directory == nullptr) return ErrnoError(errno, "cannot list", path);
    std::vector<std::string> names;
    for (;;) {
      errno = 0;  // readdir tells its end from a failure by errno alone
      const dirent* entry = ::readdir(directory.get());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return ErrnoError(errno, "cannot list", path);
    std::ranges::sort(names);
    return names;
  }

  Result<void> CreateDirectories(const std::string& path) override {
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
      const std::string part = path.substr(0, end);
      if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
        const int failure = errno;
        // An ancestor that we may not write to is no obstacle as long as it is there.
        struct stat info{};
        if (::stat(part.c_str(), &info) != 0) return ErrnoError(failure, "cannot create", part);
      }
      if (end == std::string::npos) break;
    }
    DBSTOW_ASSIGN(const FileInfo info, Stat(path));
    if (!info.is_directory) return ErrnoError(ENOTDIR, "cannot create directory", path);
    return {};
  }

  Result<void> Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) == 0) return {};
    return ErrnoError(errno, "cannot rename " + from + " to", to);
  }

  Result<void> Link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) == 0) return {};
    const int reason = errno;
    Error error = ErrnoError(reason, "cannot link " + from + " to", to);
    if (reason == EPERM || reason == EOPNOTSUPP || reason == ENOSYS) {
      return std::move(error).WithHint(
          "the file system may have no hard links (FAT, exFAT, some network shares): use another");
    }
    return error;
  }

  Result<void> Remove(const std::string& path) override {
    if (::remove(path.c_str()) == 0) return {};
    return ErrnoError(errno, "cannot remove", path);
  }

  Result<bool> SharesBlocks(const std::string& path) override {
    struct statfs info{};
    if (Uninterrupted([&] { return ::statfs(path.c_str(), &info); }) != 0) {
      return ErrnoError(errno, "cannot look at the file system of", path);
    }
    constexpr auto kBcachefsMagic = 0xca451a4e;
    const auto kind = static_cast<std::uint64_t>(info.f_type);
    return kind == XFS_SUPER_MAGIC || kind == BTRFS_SUPER_MAGIC || kind == kBcachefsMagic;
  }

  Result<void> SyncDirectory(const std::string& path) override {
    DBSTOW_ASSIGN(const Descriptor fd, OpenDescriptor(path, O_RDONLY | O_DIRECTORY));
    if (Uninterrupted([&] { return ::fsync(fd.get()); }) == 0) return {};
    // Some network and FUSE file systems have no fsync for directories: EINVAL says that there is
    // nothing to flush, not that something was lost.
    if (errno == EINVAL) return {};
    return ErrnoError(errno, "cannot flush to disk", path);
  }
};

struct Mapping {
  ErrorCode code;
  Retry retry = Retry::kNever;
  std::string hint;
};

Mapping MappingFor(int error_number) {
  switch (error_number) {
    case ENOENT: return {ErrorCode::kNotFound};
    case EEXIST: return {ErrorCode::kAlreadyExists};
    case EACCES:
    case EPERM:
      return {ErrorCode::kPermissionDenied, Retry::kNever,
              "check the owner and mode of the path and of the folders above it"};
    case EROFS:
      return {ErrorCode::kPermissionDenied, Retry::kNever, "the file system is mounted read-only"};
    case ENOSPC:
      return {ErrorCode::kOutOfSpace, Retry::kNever,
              "free space or inodes there (df -h, df -i), then run it again"};
    case EDQUOT:
      return {ErrorCode::kOutOfSpace, Retry::kNever,
              "the disk quota is used up: free space there or raise it, then run it again"};
    case EFBIG:
      return {ErrorCode::kOutOfSpace, Retry::kNever,
              "a file may not become that large: raise the limit (ulimit -f), or use a file system "
              "that takes larger files"};
    case EMFILE:
    case ENFILE:
      return {ErrorCode::kIoError, Retry::kTransient, "raise the open file limit (ulimit -n)"};
    case ESTALE:
    case ETIMEDOUT:
      return {ErrorCode::kUnavailable, Retry::kTransient, "is the network file system mounted?"};
    default: return {ErrorCode::kIoError};
  }
}

}  // namespace

std::unique_ptr<FileSystem> CreatePosixFileSystem() { return std::make_unique<PosixFileSystem>(); }

Error ErrnoError(int error_number, std::string_view doing, std::string_view path) {
  // std::strerror is not thread-safe; the system category is.
  const std::string text = std::system_category().message(error_number);
  Mapping mapping = MappingFor(error_number);
  return Error(mapping.code, std::string(doing) + " " + std::string(path) + ": " + text)
      .WithHint(std::move(mapping.hint))
      .WithRetry(mapping.retry)
      .WithNative({"errno", std::to_string(error_number), text});
}

bool NothingIsThere(const Error& error) {
  return error.code() == ErrorCode::kNotFound ||
         (error.native() && error.native()->code == std::to_string(ENOTDIR));
}

}  // namespace dbstow::io
