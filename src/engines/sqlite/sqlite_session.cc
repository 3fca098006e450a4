#include "engines/sqlite/sqlite_session.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>
#include <vector>

#include "engines/sqlite/sqlite_errors.h"

namespace dbstow::sqlite {
namespace {

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

constexpr int kOpsBetweenChecks = 20000;  // about a millisecond
// Debian's build asserts that one read of the VFS stays below 128 KiB.
constexpr std::size_t kLargestRead = 64 * 1024;
constexpr int kWalIndexRegion = 32768;

// Whether a write-ahead log with contents lies there before we come.
bool HasLog(const std::string& path, sqlite3* db) {
  const char* log = sqlite3_filename_wal(sqlite3_db_filename(db, "main"));
  sqlite3_vfs* vfs = nullptr;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_VFS_POINTER, static_cast<void*>(&vfs));
  int exists = 0;
  const std::string name = log != nullptr ? log : path + "-wal";
  return vfs != nullptr &&
         vfs->xAccess(vfs, name.c_str(), SQLITE_ACCESS_EXISTS, &exists) == SQLITE_OK && exists != 0;
}

std::string Quote(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted + quote;
}

}  // namespace

Row::Kind Row::kind(std::size_t column) const {
  return static_cast<Kind>(sqlite3_value_type(values_[column]));
}
std::int64_t Row::integer(std::size_t column) const { return sqlite3_value_int64(values_[column]); }
double Row::real(std::size_t column) const { return sqlite3_value_double(values_[column]); }
ByteView Row::bytes(std::size_t column) const {
  // The pointer first: fetching it may convert the value, and only then is its size right.
  sqlite3_value* const value = values_[column];
  const void* data = sqlite3_value_type(value) == SQLITE_BLOB
                         ? sqlite3_value_blob(value)
                         : static_cast<const void*>(sqlite3_value_text(value));
  return {static_cast<const std::byte*>(data),
          static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

Session::Session(SessionSpec spec, const OperationContext& context)
    : spec_(std::move(spec)), context_(context) {}

Session::~Session() { sqlite3_close_v2(db_); }

Result<std::unique_ptr<Session>> Session::Open(SessionSpec spec, const OperationContext& context) {
  std::unique_ptr<Session> session(new Session(std::move(spec), context));
  DBSTOW_TRY(session->Connect());
  if (session->spec_.access == SessionSpec::Access::kReplace) {
    DBSTOW_TRY(session->TakeExclusive());
  }
  return session;
}

Result<void> Session::Connect() {
  const bool immutable = spec_.access == SessionSpec::Access::kImmutable;
  const std::string name =
      immutable ? "file:" + PercentEncode(spec_.path, "/") + "?immutable=1" : spec_.path;
  // Opening for reading and writing also lets SQLite roll back a hot journal and remove the files
  // of a write-ahead log that only we opened; SQLite itself falls back to read-only.
  // In a process that shares caches, our read transaction would not hold back a writer beside us.
  const int flags = (immutable ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
  const int code = sqlite3_open_v2(name.c_str(), &db_, flags, nullptr);
  if (code != SQLITE_OK) return Failure(code, "opening");
  sqlite3_busy_handler(db_, &Session::OnBusy, this);
  sqlite3_progress_handler(db_, kOpsBetweenChecks, &Session::OnProgress, this);
  // The file may come from anywhere: its schema must not run functions with side effects, and SQL
  // must not write where only SQLite may.
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // A log that lay there before us stays as it is when we close.
  if (!immutable && HasLog(spec_.path, db_)) {
    sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  if (spec_.access != SessionSpec::Access::kSource) return {};
  return Execute("PRAGMA query_only=ON");
}

Result<void> Session::TakeExclusive() {
  // In exclusive locking mode the lock outlives the transaction. In WAL mode every other connection
  // holds a shared lock on the file as long as it lives, so this finds idle ones, too.
  DBSTOW_TRY(Execute("PRAGMA locking_mode=EXCLUSIVE"));
  DBSTOW_TRY(Execute("BEGIN EXCLUSIVE"));
  return Execute("COMMIT");
}

Result<void> Session::Execute(const std::string& sql) {
  const auto ignore = [](const Row&) { return Result<void>(); };
  for (const char* rest = sql.c_str(); *rest != '\0';) {
    DBSTOW_ASSIGN(rest, RunFirst(rest, ignore));
  }
  return {};
}

Result<void> Session::Scan(const std::string& sql, const RowCallback& each) {
  DBSTOW_TRY(RunFirst(sql.c_str(), each));
  return {};
}

Result<const char*> Session::RunFirst(const char* sql, const RowCallback& each) {
  busy_since_ = context_.clock.MonotonicNow();
  sqlite3_stmt* prepared = nullptr;
  const char* rest = nullptr;
  int code = sqlite3_prepare_v2(db_, sql, -1, &prepared, &rest);
  const Statement statement(prepared);
  if (code != SQLITE_OK) return Failure(code, "reading");
  if (prepared == nullptr) return rest;  // white space or a comment
  std::vector<sqlite3_value*> values(static_cast<std::size_t>(sqlite3_column_count(prepared)));
  while ((code = sqlite3_step(prepared)) == SQLITE_ROW) {
    // "Unprotected" values are safe here: the connection belongs to this thread.
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = sqlite3_column_value(prepared, static_cast<int>(i));
    }
    DBSTOW_TRY(each(Row(values)));
  }
  if (code != SQLITE_DONE) return Failure(code, "reading");
  return rest;
}

Result<void> Session::Fold(const std::string& columns, const std::string& source,
                           const RowCallback& each) {
  const int code = sqlite3_create_function_v2(
      db_, "dbstow_fold", -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, this, nullptr, &OnFoldedRow,
      [](sqlite3_context* call) { sqlite3_result_null(call); }, nullptr);
  if (code != SQLITE_OK) return Failure(code, "preparing to read");
  folding_ = &each;
  fold_error_.reset();
  auto result = Execute("SELECT dbstow_fold(" + columns + ") FROM " + source);
  folding_ = nullptr;
  if (fold_error_) return *std::exchange(fold_error_, std::nullopt);
  return result;
}

void Session::OnFoldedRow(sqlite3_context* call, int count, sqlite3_value** values) {
  auto& session = *static_cast<Session*>(sqlite3_user_data(call));
  auto result = (*session.folding_)(Row({values, static_cast<std::size_t>(count)}));
  if (result) return;
  session.fold_error_ = std::move(result).error();
  sqlite3_result_error_code(call, SQLITE_ABORT);
}

Result<std::int64_t> Session::Integer(const std::string& sql) {
  std::optional<std::int64_t> value;
  DBSTOW_TRY(Scan(sql, [&](const Row& row) {
    if (!value) value = row.integer(0);
    return Result<void>();
  }));
  if (!value) return Error(ErrorCode::kInternal, "no row from " + sql);
  return *value;
}

Result<std::string> Session::Text(const std::string& sql) {
  std::optional<std::string> value;
  DBSTOW_TRY(Scan(sql, [&](const Row& row) {
    if (!value) value = row.text(0);
    return Result<void>();
  }));
  if (!value) return Error(ErrorCode::kInternal, "no row from " + sql);
  return *value;
}

Result<void> Session::FoldLog() {
  busy_since_ = context_.clock.MonotonicNow();
  const int code =
      sqlite3_wal_checkpoint_v2(db_, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code != SQLITE_OK) return Failure(code, "emptying the write-ahead log");
  return {};
}

void Session::Interrupt() { sqlite3_interrupt(db_); }

Result<bool> Session::ReadFile(std::uint64_t offset, MutableByteView out) {
  sqlite3_file* const handle = file();
  bool all_there = true;
  while (!out.empty()) {
    const MutableByteView part = out.first(std::min(out.size(), kLargestRead));
    const int code = handle->pMethods->xRead(handle, part.data(), static_cast<int>(part.size()),
                                             static_cast<sqlite3_int64>(offset));
    // A short read zero-fills the rest, as SQLite itself takes pages past the end.
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) {
      return MapError({code, sqlite3_errstr(code), 0}, "reading pages", spec_.path);
    }
    all_there = all_there && code == SQLITE_OK;
    offset += part.size();
    out = out.subspan(part.size());
  }
  return all_there;
}

Result<std::uint64_t> Session::FileSize() {
  sqlite3_int64 size = 0;
  const int code = file()->pMethods->xFileSize(file(), &size);
  if (code != SQLITE_OK) return Failure(code, "looking at the size");
  return static_cast<std::uint64_t>(size);
}

bool Session::Moved() const {
  int moved = 0;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

Result<std::optional<WalState>> Session::ReadWalState() {
  volatile void* region = nullptr;
  const int code = file()->pMethods->xShmMap(file(), 0, kWalIndexRegion, 0, &region);
  if (code != SQLITE_OK && code != SQLITE_READONLY) {
    return Failure(code, "reading the index of the write-ahead log");
  }
  if (region == nullptr) return std::optional<WalState>();
  // A writer changes the second copy of the header first, then, behind a barrier, the first; read
  // the other way round. The header is read again at the end: when the log was restarted in
  // between, the backfill mark belongs to the new one.
  std::array<std::uint32_t, WalState::kIndexSize / 4> words{};
  const volatile auto* shared = static_cast<const volatile std::uint32_t*>(region);
  constexpr std::size_t kHeaderWords = 12;
  for (std::size_t i = 0; i < kHeaderWords; ++i) words[i] = shared[i];
  file()->pMethods->xShmBarrier(file());
  for (std::size_t i = kHeaderWords; i < words.size(); ++i) words[i] = shared[i];
  file()->pMethods->xShmBarrier(file());
  for (std::size_t i = 0; i < kHeaderWords; ++i) {
    if (words[i] != shared[i]) return std::optional<WalState>();
  }
  return WalState::Decode(std::as_bytes(std::span(words)));
}

std::string Session::wal_path() const {
  return sqlite3_filename_wal(sqlite3_db_filename(db_, "main"));
}

std::string Session::file_path() const { return sqlite3_db_filename(db_, "main"); }

Error Session::Failure(int code, std::string_view doing) const {
  const int primary = code & 0xff;
  if (primary == SQLITE_INTERRUPT || primary == SQLITE_BUSY) {
    if (auto alive = context_.CheckAlive(std::string(doing) + " '" + spec_.path + "'"); !alive) {
      return alive.error();
    }
  }
  const std::string text = db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(code);
  return MapError({code, text, db_ != nullptr ? sqlite3_system_errno(db_) : 0}, doing, spec_.path);
}

sqlite3_file* Session::file() const {
  sqlite3_file* handle = nullptr;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&handle));
  return handle;
}

int Session::OnBusy(void* self, int attempt) {
  auto& session = *static_cast<Session*>(self);
  const OperationContext& context = session.context_;
  if (!context.CheckAlive("waiting for a lock")) return 0;
  const Duration waited = context.clock.MonotonicNow() - session.busy_since_;
  if (waited >= session.spec_.busy_limit) return 0;
  context.clock.Sleep(std::chrono::milliseconds(std::min(1 << std::min(attempt, 6), 50)),
                      context.stop);
  return 1;
}

int Session::OnProgress(void* self) {
  return static_cast<Session*>(self)->context_.CheckAlive("reading") ? 0 : 1;
}

std::string QuoteName(std::string_view name) { return Quote(name, '"'); }
std::string QuoteText(std::string_view text) { return Quote(text, '\''); }
std::string LibraryVersion() { return sqlite3_libversion(); }

}  // namespace dbstow::sqlite
