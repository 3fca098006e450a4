#include "doubles/sqlserver/media/device.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "doubles/sqlserver/media/os_files.h"

namespace dbstow::doubles::sqlserver {
namespace {

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : fd_(::open(path.c_str(), flags, 0644)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

class DiskDevice final : public BackupDevice {
 public:
  DiskDevice(std::string path, std::string logical)
      : path_(std::move(path)), logical_(std::move(logical)) {}

  const std::string& name() const override { return path_; }
  int type() const override { return logical_.empty() ? 2 : 102; }
  std::string logical_name() const override { return logical_; }

  SqlResult<std::optional<std::string>> Read() override {
    const Descriptor file(path_, O_RDONLY | O_CLOEXEC);
    if (file.get() < 0) {
      if (errno == ENOENT && FolderExists()) return std::optional<std::string>();
      return CannotOpen(errno);
    }
    std::string content;
    std::array<char, 65536> chunk{};
    while (true) {
      const auto size = ::read(file.get(), chunk.data(), chunk.size());
      if (size == 0) return std::optional(std::move(content));
      if (size < 0) return Failed(3203, "Read", errno);
      content.append(chunk.data(), static_cast<std::size_t>(size));
    }
  }

  SqlResult<void> Write(std::size_t from, std::string_view content) override {
    const Descriptor file(path_, O_WRONLY | O_CREAT | O_CLOEXEC);
    if (file.get() < 0) return CannotOpen(errno);
    auto at = static_cast<off_t>(from);
    while (!content.empty()) {
      const auto size = ::pwrite(file.get(), content.data(), content.size(), at);
      if (size < 0) return Failed(3202, "Write", errno);
      at += size;
      content.remove_prefix(static_cast<std::size_t>(size));
    }
    if (::ftruncate(file.get(), at) != 0) return Failed(3202, "Write", errno);
    return {};
  }

  void Undo(std::optional<std::size_t> size) override {
    std::error_code ignored;
    if (size) {
      std::filesystem::resize_file(path_, *size, ignored);
    } else {
      std::filesystem::remove(path_, ignored);
    }
  }

 private:
  [[nodiscard]] bool FolderExists() const {
    std::error_code ignored;
    return std::filesystem::is_directory(std::filesystem::path(path_).parent_path(), ignored);
  }
  [[nodiscard]] SqlError CannotOpen(int problem) const {
    std::string reason = OsErrorText(problem);
    // A missing folder is another number than a missing file.
    if (problem == ENOENT && !FolderExists()) reason = OsErrorText(ENOTDIR);
    return {3201, 16,
            "Cannot open backup device '" + path_ + "'. Operating system error " + reason};
  }
  [[nodiscard]] SqlError Failed(int number, const std::string& what, int problem) const {
    return {number, 16, what + " on \"" + path_ + "\" failed: " + OsErrorText(problem)};
  }

  std::string path_;
  std::string logical_;
};

class NullDevice final : public BackupDevice {
 public:
  const std::string& name() const override { return name_; }
  int type() const override { return 2; }
  SqlResult<std::optional<std::string>> Read() override { return std::optional<std::string>(); }
  SqlResult<void> Write(std::size_t, std::string_view) override { return {}; }
  void Undo(std::optional<std::size_t>) override {}

 private:
  std::string name_ = "NUL";
};

}  // namespace

std::unique_ptr<BackupDevice> MakeDiskDevice(const std::string& path,
                                             const std::string& logical_name) {
  return std::make_unique<DiskDevice>(path, logical_name);
}
std::unique_ptr<BackupDevice> MakeNullDevice() { return std::make_unique<NullDevice>(); }

}  // namespace dbstow::doubles::sqlserver
