#include "engines/postgres/pg_export_folder.h"

#include <array>
#include <filesystem>

#include "io/hash.h"

namespace dbstow::postgres {
namespace {

namespace fs = std::filesystem;

std::string RandomHex(Random& random) {
  std::array<std::byte, 6> bytes{};
  random.Fill(bytes);
  return io::ToHex(bytes);
}

// Without slashes at its end, which would make its last part an empty one.
std::string Plain(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string ParentOf(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace

ExportFolder::ExportFolder(io::FileSystem& files, const std::string& path)
    : files_(files), path_(Plain(path)), parent_(ParentOf(path_)) {}

ExportFolder::~ExportFolder() {
  if (unfinished_.empty()) return;
  for (const std::string& name : names_) (void)files_.Remove(unfinished_ + "/" + name);
  (void)files_.Remove(unfinished_);
}

Result<void> ExportFolder::Check() {
  if (files_.Stat(path_)) {
    return Error(ErrorCode::kAlreadyExists, "'" + path_ + "' exists; nothing was written")
        .WithHint("name a path that does not exist yet");
  }
  auto parent = files_.Stat(parent_);
  if (!parent && parent.error().code() == ErrorCode::kNotFound) {
    return Error(ErrorCode::kNotFound,
                 "the folder that '" + path_ + "' is to be in does not exist; nothing was written")
        .WithHint("mkdir -p '" + parent_ + "'");
  }
  DBSTOW_TRY(parent);
  if (parent->is_directory) return {};
  return Error(ErrorCode::kInvalidOptions, "'" + parent_ + "' is not a folder");
}

Result<void> ExportFolder::Create(Random& random) {
  DBSTOW_TRY(Check());
  const std::string beside =
      parent_ + "/." + fs::path(path_).filename().string() + ".dbstow-" + RandomHex(random);
  DBSTOW_TRY(files_.CreateDirectories(beside));
  unfinished_ = beside;
  return {};
}

Result<std::unique_ptr<io::File>> ExportFolder::Open(const std::string& name) {
  DBSTOW_ASSIGN(auto file, files_.Open(unfinished_ + "/" + name, io::OpenMode::kCreateNew));
  names_.insert(name);
  return file;
}

Result<std::unique_ptr<io::File>> ExportFolder::Reopen(const std::string& name) {
  return files_.Open(unfinished_ + "/" + name, io::OpenMode::kReadWrite);
}

Result<void> ExportFolder::Write(const std::string& name, ByteView bytes) {
  DBSTOW_ASSIGN(const auto file, Open(name));
  DBSTOW_TRY(file->WriteAt(0, bytes));
  bytes_ += bytes.size();
  return file->Sync();
}

Result<void> ExportFolder::Keep() {
  DBSTOW_TRY(files_.SyncDirectory(unfinished_));
  // Of what appears between this look and the renaming, only an empty folder would be replaced.
  DBSTOW_TRY(Check());
  DBSTOW_TRY(files_.Rename(unfinished_, path_));
  unfinished_.clear();
  return files_.SyncDirectory(parent_);
}

}  // namespace dbstow::postgres
