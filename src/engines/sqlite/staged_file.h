#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engines/sqlite/file_lock.h"
#include "engines/sqlite/sqlite_session.h"
#include "io/file_system.h"

namespace dbstow::sqlite {

/// Whose a file is.
struct Owner {
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  friend bool operator==(const Owner&, const Owner&) = default;
};
/// None when there is no such file.
[[nodiscard]] std::optional<Owner> OwnerOf(const std::string& path);

/// Where a new database goes, and what may stand there.
struct Target {
  enum class IfExists { kRefuse, kReplace };
  std::string path;  ///< absolute
  IfExists if_exists = IfExists::kRefuse;
  std::string_view hint_if_refused = "choose another name, or move that file away";
};

/// A database being built beside its target (`.NAME.dbstow-ID`, same folder), to appear under the
/// target's name whole or not at all. Destroying it unpublished removes it; what a killed process
/// left is removed by the next for the same target.
class StagedFile {
 public:
  /// Checks the target and, when it is to be replaced, takes and keeps its exclusive lock, so that
  /// nobody can be using it. Errors: AlreadyExists, NotFound (folder), InvalidOptions (a
  /// directory), Conflict (in use, or a stray journal lies there), SafetyRefused (what stands there
  /// is no database).
  [[nodiscard]] static Result<std::unique_ptr<StagedFile>> Create(io::FileSystem& files,
                                                                  Target target,
                                                                  const OperationContext& context);
  /// The same checks without creating anything.
  [[nodiscard]] static Result<void> Check(io::FileSystem& files, const Target& target,
                                          const OperationContext& context);
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] io::File& file() { return *file_; }
  /// Permission bits, access list and, when allowed, owner of another file. Best done last.
  [[nodiscard]] Result<void> TakeModeOf(const std::string& path);
  /// Gives the file away, which only root may; others give it to a group of theirs. Whether it is
  /// the owner's now.
  [[nodiscard]] bool TryGiveTo(Owner owner);
  [[nodiscard]] Result<void> SetMode(std::uint32_t mode);
  /// Syncs the file, gives it the target's name and syncs the folder. Nothing is replaced that was
  /// not there, locked, when this was created. Errors: Conflict (somebody opened it since); of
  /// unknown outcome, when the target is there but a power loss might undo that.
  [[nodiscard]] Result<void> Publish();

 private:
  StagedFile(io::FileSystem& files, Target target) : files_(files), target_(std::move(target)) {}
  [[nodiscard]] Result<void> Make(const std::string& stem, Random& random);
  [[nodiscard]] Result<void> Replace();
  [[nodiscard]] Result<void> TakeName();
  [[nodiscard]] Result<void> AppearNew();
  [[nodiscard]] Result<void> RemoveIfThere(const std::string& path);

  io::FileSystem& files_;
  Target target_;
  std::string path_;
  std::unique_ptr<io::File> file_;
  std::unique_ptr<FileLock> lock_;     // null where the file system has none
  std::unique_ptr<Session> replaced_;  // holds the old database's exclusive lock
  bool created_ = false;
};

/// Absolute and without `.` and `..`; a relative path begins in the current folder.
[[nodiscard]] std::string AbsolutePath(const std::string& path);
/// The file that a symbolic link leads to, whether it is there or not; else the path itself.
[[nodiscard]] std::string BehindLinks(const std::string& path);
/// The folder that holds `path`.
[[nodiscard]] std::string FolderOf(const std::string& path);

}  // namespace dbstow::sqlite
