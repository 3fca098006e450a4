#include "engines/sqlite/file_users.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace dbstow::sqlite {
namespace {

namespace fs = std::filesystem;

bool SameFile(const struct stat& file, const fs::path& descriptor) {
  struct stat info{};
  return stat(descriptor.c_str(), &info) == 0 && info.st_dev == file.st_dev &&
         info.st_ino == file.st_ino;
}

bool HasOpen(const struct stat& file, const fs::path& process) {
  std::error_code hidden;  // another user's process, or one that has just ended
  for (fs::directory_iterator at(process / "fd", hidden), end; !hidden && at != end;
       at.increment(hidden)) {
    if (SameFile(file, at->path())) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> FindUser(const std::string& path, Users users) {
  struct stat file{};
  if (stat(path.c_str(), &file) != 0) return std::nullopt;
  std::error_code failure;
  // Not getpid(): /proc may be that of another namespace.
  const std::string own =
      users == Users::kOthers ? fs::read_symlink("/proc/self", failure).string() : "";
  for (fs::directory_iterator at("/proc", failure), end; !failure && at != end;
       at.increment(failure)) {
    const std::string id = at->path().filename().string();
    const bool process = std::ranges::all_of(id, [](char c) { return c >= '0' && c <= '9'; });
    if (!process || id == own || !HasOpen(file, at->path())) continue;
    std::string name;
    std::getline(std::ifstream(at->path() / "comm"), name);
    return id + " (" + name + ")";
  }
  return std::nullopt;
}

}  // namespace dbstow::sqlite
