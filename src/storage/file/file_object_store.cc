#include "storage/file/file_object_store.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <set>

#include "dbstow/core/connection_info.h"
#include "io/hash.h"
#include "storage/store_registry.h"

namespace dbstow::storage {
namespace {

constexpr char kDebrisMark = '~';  // not of the alphabet of keys
constexpr std::chrono::hours kDebrisAge{1};

std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

// A fault of one inode, which asking again will not mend.
bool IsFaultOfOne(const Error& error) {
  return error.retry() == Retry::kNever &&
         (error.code() == ErrorCode::kIoError || error.code() == ErrorCode::kPermissionDenied);
}

/// Removes an unfinished file unless told that it has become an object.
class Unfinished {
 public:
  Unfinished(io::FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  // What cannot be removed now is debris like that of a killed Put, and goes as that does.
  ~Unfinished() { [[maybe_unused]] const auto removed = files_.Remove(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  io::FileSystem& files_;
  std::string path_;
};

class FileObjectStore final : public ObjectStore {
 public:
  FileObjectStore(io::FileSystem& files, Random& random, std::string root)
      : files_(files), random_(random), root_(std::move(root)) {}

  Result<void> Put(std::string_view key, ByteView bytes) override {
    DBSTOW_ASSIGN(const std::string path, PathOf(key));
    if (const auto present = files_.Stat(path)) return CheckSame(key, bytes);
    Result<void> put = PutNew(path, bytes);
    if (!put && put.error().code() == ErrorCode::kNotFound) {
      // Somebody took the unfinished file, or the emptied folder, for debris.
      ForgetFolders();
      put = PutNew(path, bytes);
    }
    if (!put && put.error().code() == ErrorCode::kAlreadyExists) return CheckSame(key, bytes);
    return put;
  }

  Result<Bytes> Get(std::string_view key) override {
    DBSTOW_ASSIGN(const auto file, OpenObject(key));
    DBSTOW_ASSIGN(const std::uint64_t size, file->Size());
    Bytes bytes(size);
    DBSTOW_ASSIGN(const std::size_t got, file->ReadAt(0, bytes));
    bytes.resize(got);
    return bytes;
  }

  Result<void> GetRange(std::string_view key, std::uint64_t offset, MutableByteView out) override {
    DBSTOW_ASSIGN(const auto file, OpenObject(key));
    DBSTOW_ASSIGN(const std::size_t got, file->ReadAt(offset, out));
    if (got == out.size()) return {};
    return Error(ErrorCode::kCorrupt, "object " + std::string(key) + " in " + Describe() +
                                          " ends at byte " + std::to_string(offset + got) +
                                          ", before what is needed of it");
  }

  Result<std::vector<ObjectInfo>> List(std::string_view prefix) override {
    const std::size_t slash = prefix.rfind('/');
    const std::string folder(slash == std::string_view::npos ? "" : prefix.substr(0, slash));
    std::vector<ObjectInfo> found;
    if (folder.empty() || CheckKey(folder)) {
      DBSTOW_TRY(ListFolder(folder.empty() ? "" : folder + "/", prefix, found));
    }
    return found;
  }

  Result<void> Delete(std::string_view key) override {
    DBSTOW_ASSIGN(const std::string path, PathOf(key));
    const auto removed = files_.Remove(path);
    if (removed) return files_.SyncDirectory(ParentOf(path));
    if (removed.error().code() == ErrorCode::kNotFound) return {};
    return removed.error();
  }

  Result<Debris> FindDebris(std::string_view prefix) override {
    DBSTOW_ASSIGN(const Leftovers left, LeftoversBelow(prefix, Wanted::kFiles));
    Debris found;
    for (const OldFile& each : left.files) Count(each, found);
    return found;
  }

  Result<Debris> RemoveDebris(std::string_view prefix) override {
    DBSTOW_ASSIGN(const Leftovers left, LeftoversBelow(prefix, Wanted::kFilesAndFolders));
    Debris removed;
    std::optional<Error> failure;
    for (const OldFile& each : left.files) {
      const auto gone = files_.Remove(each.path);
      if (gone) Count(each, removed);
      if (!gone && gone.error().code() != ErrorCode::kNotFound && !failure) failure = gone.error();
    }
    // Only empty ones can be removed; the others are the folders of objects.
    for (const OldFile& each : left.folders) {
      [[maybe_unused]] const auto gone = files_.Remove(each.path);
    }
    if (failure) return *std::move(failure);
    return removed;
  }

  std::string Describe() const override { return "file://" + PercentEncode(root_, "/"); }

 private:
  struct OldFile {
    std::string path;
    std::uint64_t size = 0;
    TimePoint modified{};
  };
  struct Leftovers {
    std::vector<OldFile> files;
    std::vector<OldFile> folders;  ///< each before those that it is in
  };

  static void Count(const OldFile& file, Debris& debris) {
    ++debris.count;
    debris.bytes += file.size;
  }

  enum class Wanted { kFiles, kFilesAndFolders };
  Result<Leftovers> LeftoversBelow(std::string_view prefix, Wanted wanted) {
    Leftovers left;
    std::string path = root_;
    if (!prefix.empty()) {
      DBSTOW_ASSIGN(path, PathOf(prefix.substr(0, prefix.rfind('/'))));
    }
    DBSTOW_TRY(CollectLeftovers(path, prefix.empty() ? Depth::kOneFolder : Depth::kAll, left));
    if (wanted == Wanted::kFiles) left.folders.clear();
    // Most often there is nothing to date, and then nothing is written.
    if (left.files.empty() && left.folders.empty()) return left;
    DBSTOW_ASSIGN(const TimePoint now, NowByFileSystem(path));
    const auto young = [&](const OldFile& each) { return now - each.modified < kDebrisAge; };
    std::erase_if(left.files, young);
    std::erase_if(left.folders, young);
    return left;
  }

  enum class Depth { kOneFolder, kAll };
  Result<void> CollectLeftovers(const std::string& folder, Depth depth, Leftovers& left) {
    const auto names = files_.List(folder);
    if (!names && io::NothingIsThere(names.error())) return {};
    if (!names) return names.error();
    for (const std::string& name : *names) {
      const std::string path = folder + "/" + name;
      const bool debris = name.front() == kDebrisMark;
      if (!debris && (depth == Depth::kOneFolder || !CheckKey(name))) continue;
      const auto info = files_.Stat(path);
      // One that cannot be looked at is no debris that could be removed.
      if (!info && (info.error().code() == ErrorCode::kNotFound || IsFaultOfOne(info.error()))) {
        continue;
      }
      if (!info) return info.error();
      if (debris && info->is_regular) left.files.push_back({path, info->size, info->modified});
      if (debris || !info->is_directory) continue;
      DBSTOW_TRY(CollectLeftovers(path, depth, left));
      left.folders.push_back({path, 0, info->modified});
    }
    return {};
  }

  /// Whoever holds the files dates them, so only that clock tells how old they are.
  Result<TimePoint> NowByFileSystem(const std::string& folder) {
    const Unfinished probe(files_, folder + "/" + kDebrisMark + RandomName());
    DBSTOW_ASSIGN(const auto file, files_.Open(probe.path(), io::OpenMode::kCreateNew));
    DBSTOW_ASSIGN(const io::FileInfo info, files_.Stat(probe.path()));
    return info.modified;
  }

  Result<std::string> PathOf(std::string_view key) const {
    DBSTOW_TRY(CheckKey(key));
    return root_ + "/" + std::string(key);
  }

  Result<std::unique_ptr<io::File>> OpenObject(std::string_view key) {
    DBSTOW_ASSIGN(const std::string path, PathOf(key));
    auto file = files_.Open(path, io::OpenMode::kRead);
    if (file || file.error().code() != ErrorCode::kNotFound) return file;
    return Error(ErrorCode::kNotFound, "no object " + std::string(key) + " in " + Describe());
  }

  /// Success when the object holds these bytes, else AlreadyExists.
  Result<void> CheckSame(std::string_view key, ByteView bytes) {
    DBSTOW_ASSIGN(const Bytes present, Get(key));
    // Whoever wrote it may have been killed before flushing the folder.
    if (std::ranges::equal(present, bytes)) {
      return files_.SyncDirectory(ParentOf(root_ + "/" + std::string(key)));
    }
    return Error(ErrorCode::kAlreadyExists, "object " + std::string(key) + " in " + Describe() +
                                                " exists with other contents");
  }

  Result<void> PutNew(const std::string& path, ByteView bytes) {
    const std::string folder = ParentOf(path);
    const Unfinished unfinished(files_, folder + "/" + kDebrisMark + RandomName());
    DBSTOW_TRY(PrepareFolder(folder));
    {
      DBSTOW_ASSIGN(const auto file, files_.Open(unfinished.path(), io::OpenMode::kCreateNew));
      DBSTOW_TRY(file->WriteAt(0, bytes));
      DBSTOW_TRY(file->Sync());
    }
    DBSTOW_TRY(SweepDebris(folder, unfinished.path()));
    DBSTOW_TRY(files_.Link(unfinished.path(), path));
    return files_.SyncDirectory(folder);
  }

  /// Creates the folder and makes it and its ancestors durable, once per process: in the repository
  /// also when they are there already, since whoever made them may have been killed before
  /// flushing.
  Result<void> PrepareFolder(const std::string& folder) {
    if (IsPrepared(folder)) return {};
    const std::string there = DeepestFolderThere(folder);
    DBSTOW_TRY(files_.CreateDirectories(folder));
    for (std::string part = folder; !IsPrepared(part); part = ParentOf(part)) {
      const auto synced = files_.SyncDirectory(ParentOf(part));
      // The folder that holds the repository may be one that we can write but not read: then it
      // cannot be flushed, and that is its owner's choice.
      if (part.size() > root_.size()) DBSTOW_TRY(synced);
      if (part.size() <= std::min(root_.size(), there.size())) break;
    }
    const std::scoped_lock lock(mutex_);
    for (std::string part = folder; prepared_.insert(part).second && part != root_;) {
      part = ParentOf(part);
    }
    return {};
  }

  std::string DeepestFolderThere(std::string folder) {
    while (folder != "/" && !files_.Stat(folder)) folder = ParentOf(folder);
    return folder;
  }

  bool IsPrepared(const std::string& folder) {
    const std::scoped_lock lock(mutex_);
    return prepared_.contains(folder);
  }

  /// Once per process and folder: removes what killed Puts left long before `fresh` was written.
  Result<void> SweepDebris(const std::string& folder, const std::string& fresh) {
    {
      const std::scoped_lock lock(mutex_);
      if (!swept_.insert(folder).second) return {};
    }
    DBSTOW_ASSIGN(const io::FileInfo now, files_.Stat(fresh));
    DBSTOW_ASSIGN(const std::vector<std::string> names, files_.List(folder));
    for (const std::string& name : names) {
      if (name.front() != kDebrisMark) continue;
      const std::string path = folder + "/" + name;
      const auto info = files_.Stat(path);
      if (!info || now.modified - info->modified < kDebrisAge) continue;
      // Another process may sweep too, or we may lack the right: neither harms this Put.
      [[maybe_unused]] const auto removed = files_.Remove(path);
    }
    return {};
  }

  void ForgetFolders() {
    const std::scoped_lock lock(mutex_);
    prepared_.clear();
  }

  /// `folder` is a key prefix ending in `/`, or empty. What vanishes meanwhile is not listed. An
  /// object that cannot be looked at is, with size 0: it must not be taken for absent, and whoever
  /// reads it learns why it cannot be read; so is a folder in there that cannot be listed. That of
  /// the prefix itself is an error, since then nothing of what was asked for is known.
  Result<void> ListFolder(const std::string& folder, std::string_view prefix,
                          std::vector<ObjectInfo>& found) {
    const auto names = files_.List(root_ + "/" + folder);
    if (!names && io::NothingIsThere(names.error())) return {};
    if (!names) return names.error();
    for (const std::string& name : *names) {
      const std::string key = folder + name;
      const std::size_t common = std::min(key.size(), prefix.size());
      if (!CheckKey(key) || key.compare(0, common, prefix, 0, common) != 0) continue;
      const auto info = files_.Stat(root_ + "/" + key);
      if (!info && info.error().code() == ErrorCode::kNotFound) continue;
      if (!info && IsFaultOfOne(info.error())) {
        if (key.starts_with(prefix)) found.push_back({key, 0});
        continue;
      }
      if (!info) return info.error();
      if (info->is_directory) {
        const auto listed = ListFolder(key + "/", prefix, found);
        const bool is_below = key.starts_with(prefix);
        if (!listed && !(is_below && IsFaultOfOne(listed.error()))) return listed.error();
        if (!listed) found.push_back({key, 0});
      } else if (info->is_regular && key.starts_with(prefix)) {
        found.push_back({key, info->size});
      }
    }
    return {};
  }

  std::string RandomName() {
    std::array<std::byte, 12> bytes{};
    random_.Fill(bytes);
    return io::ToHex(bytes);
  }

  io::FileSystem& files_;
  Random& random_;
  const std::string root_;
  std::mutex mutex_;
  std::set<std::string> prepared_;
  std::set<std::string> swept_;
};

}  // namespace

std::unique_ptr<ObjectStore> CreateFileObjectStore(io::FileSystem& files, Random& random,
                                                   std::string root) {
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  return std::make_unique<FileObjectStore>(files, random, std::move(root));
}

Result<std::string> FolderOfUri(std::string_view uri) {
  constexpr std::string_view kScheme = "file://";
  const Error wrong = Error(ErrorCode::kInvalidOptions,
                            "repository '" + std::string(uri) + "' names no absolute folder")
                          .WithHint("write file:///path/to/folder, with three slashes");
  if (!uri.starts_with(kScheme)) return wrong;
  std::string_view path = uri.substr(kScheme.size());
  if (path.starts_with("localhost/")) path.remove_prefix(std::string_view("localhost").size());
  if (!path.starts_with('/') || path.find_first_of("?#") != std::string_view::npos) return wrong;
  DBSTOW_ASSIGN(std::string folder, PercentDecode(path));
  if (folder.find_first_not_of('/') == std::string::npos || folder.find('\0') != std::string::npos)
    return wrong;
  return folder;
}

}  // namespace dbstow::storage
