#include "engines/sqlite/staged_file.h"

#include <errno.h>
#include <linux/limits.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <vector>

#include "engines/sqlite/file_users.h"
#include "io/hash.h"

namespace dbstow::sqlite {
namespace {

constexpr std::size_t kIdBytes = 6;
constexpr int kMaxHops = 40;  // as Linux
constexpr uid_t kUnchanged = static_cast<uid_t>(-1);
constexpr std::array<std::string_view, 3> kSideFiles = {"-wal", "-journal", "-shm"};

std::string RandomHex(Random& random) {
  std::array<std::byte, kIdBytes> bytes{};
  random.Fill(bytes);
  return io::ToHex(bytes);
}

std::string NameOf(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

Result<bool> Exists(io::FileSystem& files, const std::string& path) {
  auto info = files.Stat(path);
  if (info) return true;
  if (info.error().code() == ErrorCode::kNotFound) return false;
  return std::move(info).error();
}

Result<void> CheckFolder(io::FileSystem& files, const std::string& target) {
  auto folder = files.Stat(FolderOf(target));
  if (!folder && folder.error().code() == ErrorCode::kNotFound) {
    return Error(ErrorCode::kNotFound, "the folder of the target '" + target + "' does not exist")
        .WithHint("mkdir -p '" + FolderOf(target) + "'");
  }
  DBSTOW_TRY(folder);
  if (folder->is_directory) return {};
  return Error(ErrorCode::kInvalidOptions, "'" + FolderOf(target) + "' is not a folder");
}

// SQLite would apply a journal or log that lies beside a database to whatever has its name.
Result<void> CheckNoStrayJournal(io::FileSystem& files, const std::string& target) {
  for (std::string_view suffix : {"-wal", "-journal"}) {
    const std::string stray = target + std::string(suffix);
    DBSTOW_ASSIGN(const bool there, Exists(files, stray));
    if (!there) continue;
    return Error(ErrorCode::kConflict, "'" + stray +
                                           "' lies there without its database; SQLite "
                                           "would apply it to the new one")
        .WithHint("move it away if it is not needed any more");
  }
  return {};
}

Result<void> CheckUnused(const std::string& target, Users users) {
  const auto user = FindUser(target, users);
  if (!user) return {};
  return Error(ErrorCode::kConflict, "the target '" + target + "' is open in process " + *user)
      .WithRetry(Retry::kTransient)
      .WithHint("stop the program that uses it, or restore under another name");
}

Result<void> CheckReplaceable(const Target& target, const io::FileInfo& info) {
  if (!info.is_regular) {
    return Error(ErrorCode::kInvalidOptions, "the target '" + target.path + "' is a " +
                                                 (info.is_directory ? "directory" : "special file"))
        .WithHint("name a regular file, or one that does not exist yet");
  }
  if (target.if_exists == Target::IfExists::kRefuse) {
    return Error(ErrorCode::kAlreadyExists, "the target '" + target.path + "' exists")
        .WithHint(std::string(target.hint_if_refused));
  }
  return CheckUnused(target.path, Users::kAll);
}

// It says more than the mode, whose group bits are then but its limit: without it some would lose
// access, and the group might gain some.
Result<void> CopyAccessList(const std::string& from, const std::string& to) {
  constexpr const char* kName = "system.posix_acl_access";
  std::vector<char> list(XATTR_SIZE_MAX);
  const ssize_t size = getxattr(from.c_str(), kName, list.data(), list.size());
  if (size < 0 && (errno == ENODATA || errno == ENOTSUP)) return {};
  if (size < 0) return io::ErrnoError(errno, "reading the access list of", from);
  if (setxattr(to.c_str(), kName, list.data(), static_cast<std::size_t>(size), 0) == 0) return {};
  return io::ErrnoError(errno, "setting the access list of", to);
}

// What SQLite can lock is a database. When it cannot read the schema of it, nobody can use it: it
// is replaced as any other, since a restore is needed most then.
Result<std::unique_ptr<Session>> LockForReplacing(const Target& target,
                                                  const OperationContext& context) {
  auto session =
      Session::Open({target.path, SessionSpec::Access::kReplace, std::chrono::seconds(2)}, context);
  if (!session && session.error().code() == ErrorCode::kSourceDamaged) {
    return Error(ErrorCode::kSafetyRefused,
                 "the target '" + target.path + "' is not a readable SQLite database")
        .WithHint("move it away yourself, then restore without --overwrite")
        .WithCause(session.error());
  }
  if (!session) return session;
  const auto schema = (*session)->Integer("SELECT count(*) FROM sqlite_schema");
  if (schema) return session;
  if (schema.error().code() != ErrorCode::kSourceDamaged) return schema.error();
  context.logger.Log(LogLevel::kWarning, "the database to be replaced is damaged",
                     {{"file", target.path}});
  return session;
}

// From here on, whoever opened the database while it was locked falls under SQLite's own guard
// when it is replaced: in a rollback mode nothing is written once the file has another name. A
// write-ahead log would be written under a name that then belongs to the new database. Whether
// there was a log mode to leave; a database whose schema cannot be read is safe from writers.
Result<bool> LeaveLogMode(Session& session) {
  const auto mode = session.Text("PRAGMA journal_mode");
  if (!mode && mode.error().code() == ErrorCode::kSourceDamaged) return false;
  DBSTOW_TRY(mode);
  if (*mode != "wal") return false;
  DBSTOW_ASSIGN(const std::string now, session.Text("PRAGMA journal_mode=DELETE"));
  if (now == "delete") return true;
  return Error(ErrorCode::kConflict, "the log of the target '" + session.path() + "' is in use")
      .WithRetry(Retry::kTransient);
}

// SQLite itself could not make its journal beside a database of a longer name.
Result<void> CheckName(const std::string& target) {
  constexpr std::size_t kLongest = NAME_MAX - std::string_view("-journal").size();
  const std::string name = NameOf(target);
  if (name.size() <= kLongest) return {};
  return Error(ErrorCode::kInvalidOptions, "the name of the target '" + name + "' is too long: " +
                                               std::to_string(name.size()) + " bytes")
      .WithHint("choose one of at most " + std::to_string(kLongest) +
                " bytes, so that SQLite's NAME-journal has room");
}

// Null when there is nothing to replace.
Result<std::unique_ptr<Session>> Examine(io::FileSystem& files, const Target& target,
                                         const OperationContext& context) {
  DBSTOW_TRY(CheckName(target.path));
  DBSTOW_TRY(CheckFolder(files, target.path));
  DBSTOW_ASSIGN(const bool exists, Exists(files, target.path));
  if (exists) {
    DBSTOW_ASSIGN(const io::FileInfo info, files.Stat(target.path));
    DBSTOW_TRY(CheckReplaceable(target, info));
    return LockForReplacing(target, context);
  }
  DBSTOW_TRY(CheckNoStrayJournal(files, target.path));
  return std::unique_ptr<Session>();
}

// Never transient: to do it again would replace what was just restored.
Error PerhapsNotKept(const std::string& target, const Error& cause) {
  return Error(ErrorCode::kIoError, "'" + target +
                                        "' is in its place, whole, but may not outlast a loss of "
                                        "power: " +
                                        cause.message())
      .WithRetry(Retry::kOutcomeUnknown)
      .WithHint(
          "run sync, look at the disk (dmesg), and compare the target with the backup: "
          "dbstow compare")
      .WithNative(cause.native().value_or(NativeError{}));
}

// What the name of everything that is built for this target begins with.
std::string StemOf(const std::string& target) {
  constexpr std::string_view kMark = ".dbstow-";
  constexpr std::size_t kLongest = NAME_MAX - 1 - kMark.size() - 2 * kIdBytes;
  std::string name = NameOf(target);
  if (name.size() > kLongest) {
    // Which name was cut, its hash tells; what is left of it, people.
    const io::Sha256Digest hash = io::Sha256::Of(AsBytes(name));
    std::size_t cut = 64;
    // Between characters.
    while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xc0) == 0x80) --cut;
    name = name.substr(0, cut) + "~" + io::ToHex(ByteView(hash).first(16));
  }
  return FolderOf(target) + "/." + name + std::string(kMark);
}

// What killed processes left for this target. What cannot be removed stays, and harms nobody.
void RemoveLeftovers(io::FileSystem& files, const std::string& target,
                     const OperationContext& context) {
  const std::string stem = StemOf(target);
  const auto names = files.List(FolderOf(target));
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string path = FolderOf(target) + "/" + name;
    if (!path.starts_with(stem) || path.size() != stem.size() + 2 * kIdBytes) continue;
    const auto lock = FileLock::TryTake(path);
    if (!lock || *lock == nullptr || !files.Remove(path)) continue;
    context.logger.Log(LogLevel::kWarning, "removed what an unfinished run left", {{"file", path}});
  }
}

}  // namespace

std::string AbsolutePath(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

std::string BehindLinks(const std::string& path) {
  std::filesystem::path file = path;
  for (int hop = 0; hop < kMaxHops; ++hop) {
    std::error_code failure;
    const std::filesystem::path next = std::filesystem::read_symlink(file, failure);
    if (failure) return file.string();
    file = file.parent_path() / next;  // `next` alone when it is absolute
  }
  return path;  // a circle, which whoever opens it is told
}

std::string FolderOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

Result<void> StagedFile::Check(io::FileSystem& files, const Target& target,
                               const OperationContext& context) {
  DBSTOW_TRY(Examine(files, target, context));
  return {};
}

Result<std::unique_ptr<StagedFile>> StagedFile::Create(io::FileSystem& files, Target target,
                                                       const OperationContext& context) {
  std::unique_ptr<StagedFile> staged(new StagedFile(files, std::move(target)));
  const std::string& path = staged->target_.path;
  DBSTOW_ASSIGN(staged->replaced_, Examine(files, staged->target_, context));
  RemoveLeftovers(files, path, context);
  DBSTOW_TRY(staged->Make(StemOf(path), context.random));
  return staged;
}

// Its lock says that it is no leftover. Somebody who looks for leftovers may be quicker than the
// lock: then another name is tried.
Result<void> StagedFile::Make(const std::string& stem, Random& random) {
  for (int tries = 0; tries < 8; ++tries) {
    path_ = stem + RandomHex(random);
    auto file = files_.Open(path_, io::OpenMode::kCreateNew);
    if (!file && file.error().code() == ErrorCode::kAlreadyExists) continue;
    DBSTOW_ASSIGN(file_, std::move(file));
    created_ = true;
    auto lock = FileLock::TryTake(path_);
    if (!lock) return {};  // a file system without locks: then nobody takes it for a leftover
    lock_ = *std::move(lock);
    if (lock_ != nullptr) return {};
    created_ = false;
  }
  return Error(ErrorCode::kConflict, "no name is free for '" + stem + "…'")
      .WithRetry(Retry::kTransient);
}

StagedFile::~StagedFile() {
  // Nobody is left to tell of a failure: the name says whose debris it is.
  if (created_) static_cast<void>(files_.Remove(path_).has_value());
}

Result<void> StagedFile::TakeModeOf(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) return io::ErrnoError(errno, "looking at", path);
  // Only root may give a file away; anybody else's copy is their own, but may have a group of
  // theirs.
  if (!TryGiveTo({info.st_uid, info.st_gid}) && geteuid() == 0) {
    return io::ErrnoError(errno, "changing the owner of", path_);
  }
  DBSTOW_TRY(SetMode(info.st_mode & 0777));
  return CopyAccessList(path, path_);
}

std::optional<Owner> OwnerOf(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) return std::nullopt;
  return Owner{info.st_uid, info.st_gid};
}

bool StagedFile::TryGiveTo(Owner owner) {
  if (OwnerOf(path_) == owner) return true;
  if (chown(path_.c_str(), owner.user, owner.group) == 0) return true;
  const int why = errno;
  const bool has_group = chown(path_.c_str(), kUnchanged, owner.group) == 0;
  errno = why;
  return has_group && OwnerOf(path_) == owner;
}

Result<void> StagedFile::SetMode(std::uint32_t mode) {
  if (chmod(path_.c_str(), mode) != 0) {
    return io::ErrnoError(errno, "changing the mode of", path_);
  }
  return {};
}

Result<void> StagedFile::Publish() {
  DBSTOW_TRY(file_->Sync());
  DBSTOW_TRY(replaced_ != nullptr ? Replace() : AppearNew());
  auto kept = files_.SyncDirectory(FolderOf(target_.path));
  if (kept) return kept;
  return PerhapsNotKept(target_.path, kept.error());
}

// The second name goes with this object; one that cannot be removed then harms nobody.
Result<void> StagedFile::AppearNew() {
  DBSTOW_TRY(CheckNoStrayJournal(files_, target_.path));
  DBSTOW_TRY(files_.Link(path_, target_.path));
  if (files_.Remove(path_)) created_ = false;
  return {};
}

// Until the rename the old database is whole: its log is folded into it first, so that the side
// files hold nothing when they go; after it, none of them is left to be applied to the new one.
Result<void> StagedFile::Replace() {
  DBSTOW_TRY(TakeModeOf(target_.path));
  DBSTOW_TRY(replaced_->FoldLog());
  // The lock keeps late comers from reading and writing, not from opening.
  DBSTOW_TRY(CheckUnused(target_.path, Users::kOthers));
  DBSTOW_ASSIGN(const bool left_log, LeaveLogMode(*replaced_));
  auto taken = TakeName();
  if (!taken && left_log) {
    // The failure is told; a mode that cannot be set back is the least of it.
    static_cast<void>(replaced_->Execute("PRAGMA journal_mode=WAL").has_value());
  }
  // SQLite sees that its file was moved, and leaves alone what now has its name.
  replaced_.reset();
  if (taken) created_ = false;
  return taken;
}

Result<void> StagedFile::TakeName() {
  for (std::string_view suffix : kSideFiles) {
    DBSTOW_TRY(RemoveIfThere(target_.path + std::string(suffix)));
  }
  return files_.Rename(path_, target_.path);
}

Result<void> StagedFile::RemoveIfThere(const std::string& path) {
  auto removed = files_.Remove(path);
  if (!removed && removed.error().code() != ErrorCode::kNotFound) return removed;
  return {};
}

}  // namespace dbstow::sqlite
