#include "engines/sqlite/snapshot.h"

#include <algorithm>
#include <cstring>

namespace dbstow::sqlite {
namespace {

constexpr int kOptimisticTries = 200;
constexpr std::string_view kMagic{"SQLite format 3\0", 16};

// Reading anything takes the shared lock or read mark that `BEGIN` alone does not.
constexpr const char* kTouch = "SELECT count(*) FROM sqlite_schema";

}  // namespace

Result<void> CheckDatabaseFile(io::FileSystem& files, const std::string& path) {
  auto info = files.Stat(path);
  if (!info && info.error().code() == ErrorCode::kNotFound) {
    return Error(ErrorCode::kNotFound, "there is no database file at '" + path + "'")
        .WithHint("check the path; a relative one starts at the current folder");
  }
  DBSTOW_TRY(info);
  if (!info->is_regular) {
    return Error(ErrorCode::kInvalidOptions,
                 "'" + path + "' is a " + (info->is_directory ? "directory" : "special file") +
                     ", not a database file");
  }
  if (info->size == 0) {
    return Error(ErrorCode::kSourceDamaged, "'" + path + "' is empty: it holds no database")
        .WithHint("if there should be one, restore a backup over it with --overwrite");
  }
  return {};
}

Result<std::unique_ptr<Snapshot>> Snapshot::Pin(const Source& source, int readers,
                                                io::FileSystem& files,
                                                const OperationContext& context) {
  DBSTOW_TRY(CheckDatabaseFile(files, source.path));
  std::unique_ptr<Snapshot> snapshot(new Snapshot());
  const SessionSpec spec{source.path, SessionSpec::Access::kSource, source.busy_limit};
  DBSTOW_ASSIGN(snapshot->session_, Session::Open(spec, context));
  Session& session = *snapshot->session_;
  // The journal mode is known once the database has been read.
  DBSTOW_TRY(session.Integer(kTouch));
  DBSTOW_ASSIGN(snapshot->journal_mode_, session.Text("PRAGMA journal_mode"));
  if (snapshot->journal_mode_ == "wal") {
    DBSTOW_ASSIGN(const WalState state, snapshot->HoldCommit(source, context));
    DBSTOW_TRY(snapshot->OpenLog(state, files, context));
  } else {
    DBSTOW_TRY(snapshot->Hold());
  }
  DBSTOW_ASSIGN(const std::int64_t page_size, session.Integer("PRAGMA page_size"));
  DBSTOW_ASSIGN(const std::int64_t page_count, session.Integer("PRAGMA page_count"));
  snapshot->page_size_ = static_cast<std::uint32_t>(page_size);
  snapshot->page_count_ = static_cast<std::uint64_t>(page_count);
  for (int i = 0; i < readers; ++i) {
    DBSTOW_ASSIGN(auto reader, Session::Open(spec, context));
    snapshot->readers_.push_back(Reader(*snapshot, std::move(reader)));
  }
  DBSTOW_TRY(snapshot->CheckUnmoved());
  snapshot->files_ = &files;
  DBSTOW_TRY(snapshot->NoteFile());
  return snapshot;
}

// The shared lock of the rollback modes keeps everybody from writing to the file. In WAL mode it is
// written to by checkpoints, but never made shorter than what the snapshot shows.
Result<void> Snapshot::NoteFile() {
  DBSTOW_ASSIGN(const std::uint64_t file_size, session_->FileSize());
  least_size_ = std::min(file_size, size());
  DBSTOW_TRY(session_->ReadFile(0, head_));
  if (journal_mode_ == "wal") return {};
  DBSTOW_ASSIGN(const io::FileInfo info, files_->Stat(session_->file_path()));
  modified_ = info.modified;
  return {};
}

Error Snapshot::Touched() const {
  return Error(ErrorCode::kConflict,
               "another program cut off or overwrote '" + session_->path() + "' while it was read")
      .WithRetry(Retry::kTransient)
      .WithHint("nothing but SQLite may write to the file of a database that is in use");
}

Result<void> Snapshot::CheckUntouched() {
  DBSTOW_ASSIGN(const std::uint64_t file_size, session_->FileSize());
  if (file_size < least_size_) return Touched();
  FileHead now{};
  DBSTOW_TRY(session_->ReadFile(0, now));
  if (now != head_) {
    // A checkpoint may have copied the snapshot's own first page.
    Bytes first(page_size_);
    DBSTOW_TRY(readers_.front().Read(0, first));
    if (std::memcmp(first.data(), now.data(), now.size()) != 0) return Touched();
    if (log_pages_.Find(0, 1).first == log_pages_.Find(0, 1).second) return Touched();
  }
  // A file that is no longer where it was cannot be written to by its name.
  if (journal_mode_ == "wal" || session_->Moved()) return {};
  const auto info = files_->Stat(session_->file_path());
  if (info && info->modified != modified_) return Touched();
  return {};
}

Result<void> Snapshot::Hold() {
  DBSTOW_TRY(session_->Execute("BEGIN"));
  DBSTOW_TRY(session_->Integer(kTouch));
  // Somebody may have switched to WAL since the mode was asked for.
  DBSTOW_ASSIGN(const std::string mode, session_->Text("PRAGMA journal_mode"));
  if (mode != "wal") return {};
  return Error(ErrorCode::kConflict, "'" + session_->path() + "' changed its journal mode just now")
      .WithRetry(Retry::kTransient);
}

// Which commit a read transaction sees, SQLite does not tell. When the log's index shows the same
// commit before and after the transaction began, it is that one. Under a storm of commits that may
// never happen; then the write lock, held for the moment of beginning, makes it so.
Result<WalState> Snapshot::HoldCommit(const Source& source, const OperationContext& context) {
  std::optional<WalState> state;
  for (int i = 0; i < kOptimisticTries; ++i) {
    DBSTOW_TRY(context.CheckAlive("pinning a snapshot of '" + source.path + "'"));
    DBSTOW_ASSIGN(const bool held, TryHoldCommit(state));
    if (held) return *state;
  }
  DBSTOW_ASSIGN(
      auto guard,
      Session::Open({source.path, SessionSpec::Access::kSource, source.busy_limit}, context));
  DBSTOW_TRY(guard->Execute("PRAGMA query_only=OFF"));
  DBSTOW_TRY(guard->Execute("BEGIN IMMEDIATE"));
  DBSTOW_ASSIGN(const bool held, TryHoldCommit(state));
  DBSTOW_TRY(guard->Execute("ROLLBACK"));
  if (held) return *state;
  return Error(ErrorCode::kConflict,
               "the write-ahead log index of '" + source.path + "' could not be read")
      .WithRetry(Retry::kTransient)
      .WithHint("try again; if it persists, close and reopen the programs that use the database");
}

Result<bool> Snapshot::TryHoldCommit(std::optional<WalState>& state) {
  DBSTOW_ASSIGN(const auto before, session_->ReadWalState());
  DBSTOW_TRY(session_->Execute("BEGIN"));
  DBSTOW_TRY(session_->Integer(kTouch));
  DBSTOW_ASSIGN(state, session_->ReadWalState());
  if (before && state && before->SameCommit(*state)) return true;
  DBSTOW_TRY(session_->Execute("ROLLBACK"));
  return false;
}

// Why pages may be read beside SQLite while the transaction lives, by the locks of
// https://www.sqlite.org/walformat.html, section 2.3:
// - All of the log is in the file (nBackfill = mxFrame): a checkpointer would have to copy frames
//   behind our read mark to change the file, which our mark forbids; when ours is mark 0, which
//   does not keep the log, it forbids any checkpoint. The file alone is the snapshot.
// - Otherwise our mark is not 0, so the log cannot be restarted or truncated, and only frames of
//   our commit can be copied to the file. Their pages are taken from the log; other pages of the
//   file do not change.
Result<void> Snapshot::OpenLog(const WalState& state, io::FileSystem& files,
                               const OperationContext& context) {
  if (state.FullyBackfilled()) return {};
  DBSTOW_ASSIGN(log_, files.Open(session_->wal_path(), io::OpenMode::kRead));
  DBSTOW_ASSIGN(log_pages_, WalPages::Read(*log_, state, context));
  return {};
}

Result<void> Snapshot::CheckUnmoved() const {
  bool moved = session_->Moved();
  for (const Reader& reader : readers_) moved = moved || reader.session_->Moved();
  if (!moved) return {};
  return Error(ErrorCode::kConflict, "'" + session_->path() + "' was replaced just now")
      .WithRetry(Retry::kTransient);
}

Result<void> Snapshot::Reader::Read(std::uint64_t first_page, MutableByteView out) {
  const std::uint64_t page_size = snapshot_.page_size_;
  DBSTOW_ASSIGN(const bool all_there, session_->ReadFile(first_page * page_size, out));
  if (!all_there && first_page * page_size + out.size() <= snapshot_.least_size_) {
    return snapshot_.Touched();
  }
  const auto [from, to] = snapshot_.log_pages_.Find(first_page, out.size() / page_size);
  for (const WalPages::Place* place = from; place != to; ++place) {
    const MutableByteView page = out.subspan((place->page - first_page) * page_size, page_size);
    DBSTOW_ASSIGN(const std::size_t got, snapshot_.log_->ReadAt(place->offset, page));
    if (got != page.size()) {
      return Error(ErrorCode::kSourceDamaged, "the write-ahead log of '" + session_->path() +
                                                  "' was cut off while it was read");
    }
  }
  if (first_page == 0 && std::memcmp(out.data(), kMagic.data(), kMagic.size()) != 0) {
    return Error(ErrorCode::kSourceDamaged,
                 "'" + session_->path() + "' does not begin as an SQLite database");
  }
  return {};
}

void Snapshot::Release() {
  readers_.clear();
  session_.reset();
  log_.reset();
}

}  // namespace dbstow::sqlite
