#include "secrets/file/file_secret_provider.h"

#include <unistd.h>

#include <string>

namespace dbstow::secrets {
namespace {

constexpr std::uint32_t kOthers = 077;

Error Denied(const std::string& path, const std::string& why, std::string hint) {
  return Error(ErrorCode::kPermissionDenied, "the secret file " + path + " " + why)
      .WithHint(std::move(hint));
}

void StripNewline(std::string& text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

class FileSecretProvider final : public SecretProvider {
 public:
  FileSecretProvider(io::FileSystem& files, std::uint32_t user) : files_(files), user_(user) {}

  Result<SecretString> Fetch(std::string_view key, Deadline, std::stop_token) override {
    const std::string path(key);
    if (!path.starts_with('/')) {
      return Error(ErrorCode::kInvalidOptions, "the path of a secret file must be absolute")
          .WithHint("for example file:/etc/dbstow/password");
    }
    auto info = files_.Stat(path);
    if (!info && info.error().code() == ErrorCode::kNotFound) {
      return std::move(info).error().WithHint("check the path of the secret file");
    }
    if (!info) return std::move(info).error();
    DBSTOW_TRY(CheckSafe(path, *info));
    DBSTOW_ASSIGN(const std::unique_ptr<io::File> file, files_.Open(path, io::OpenMode::kRead));
    return Read(path, *file);
  }

 private:
  Result<void> CheckSafe(const std::string& path, const io::FileInfo& info) const {
    if (!info.is_regular) {
      return Error(ErrorCode::kInvalidOptions, path + " is not a regular file")
          .WithHint(
              "keep the secret in a regular file of mode 0600, or let a program print it: "
              "exec:PROGRAM");
    }
    if (info.owner != user_ && info.owner != 0) {
      return Denied(path, "belongs to another user", "chown it to the user that runs dbstow");
    }
    if ((info.mode & kOthers) != 0) {
      return Denied(path, "can be read or written by others", "chmod 600 " + path);
    }
    return {};
  }

  static Result<SecretString> Read(const std::string& path, io::File& file) {
    // Sized once: growing would leave copies of the secret behind in freed memory.
    std::string text(kMaxSecretBytes + 1, '\0');
    DBSTOW_ASSIGN(const std::size_t size,
                  file.ReadAt(0, std::as_writable_bytes(std::span(text.data(), text.size()))));
    text.resize(size);
    if (size > kMaxSecretBytes) {
      SecretString(std::move(text));  // wipes it
      return Error(ErrorCode::kInvalidOptions, path + " is too large to be a secret")
          .WithHint("a secret has at most 64 KiB");
    }
    StripNewline(text);
    if (text.empty()) {
      return Error(ErrorCode::kNotFound, "the secret file " + path + " is empty")
          .WithHint("write the secret into it, on one line");
    }
    return SecretString(std::move(text));
  }

  io::FileSystem& files_;
  std::uint32_t user_;
};

}  // namespace

std::unique_ptr<SecretProvider> CreateFileSecretProvider(io::FileSystem& files,
                                                         std::uint32_t user) {
  return std::make_unique<FileSecretProvider>(files, user);
}

std::uint32_t CurrentUser() { return ::geteuid(); }

}  // namespace dbstow::secrets
