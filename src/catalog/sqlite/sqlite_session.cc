#include "catalog/sqlite/sqlite_session.h"

#include <sqlite3.h>

#include <charconv>

namespace dbstow::catalog {
namespace {

constexpr int kBusyMilliseconds = 5000;

ErrorCode CodeFor(int primary) {
  switch (primary) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorCode::kCorrupt;
    case SQLITE_FULL: return ErrorCode::kOutOfSpace;
    case SQLITE_PERM:
    case SQLITE_READONLY: return ErrorCode::kPermissionDenied;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorCode::kUnavailable;
    default: return ErrorCode::kIoError;
  }
}

class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }
  [[nodiscard]] sqlite3_stmt* get() const { return statement_; }

  [[nodiscard]] std::string Column(int index) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, index));
    return text == nullptr
               ? ""
               : std::string(text,
                             static_cast<std::size_t>(sqlite3_column_bytes(statement_, index)));
  }

 private:
  sqlite3_stmt* statement_;
};

}  // namespace

Result<std::unique_ptr<SqliteSession>> SqliteSession::Open(const std::string& path) {
  sqlite3* database = nullptr;
  // The process around us may share caches, and with them transactions.
  const int status = sqlite3_open_v2(
      path.c_str(), &database,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_PRIVATECACHE, nullptr);
  if (database == nullptr) return Error(ErrorCode::kIoError, "out of memory for " + path);
  std::unique_ptr<SqliteSession> session(new SqliteSession(database, path));
  if (status != SQLITE_OK) return session->Failure("open");
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, kBusyMilliseconds);
  DBSTOW_TRY(session->Prepare());
  return session;
}

SqliteSession::~SqliteSession() { sqlite3_close_v2(database_); }

Result<void> SqliteSession::Prepare() {
  DBSTOW_TRY(Run("PRAGMA journal_mode=WAL"));
  DBSTOW_TRY(Run("PRAGMA synchronous=FULL"));
  DBSTOW_ASSIGN(const std::optional<std::string> text, Run("PRAGMA user_version"));
  int version = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), version);
  if (version > kSchemaVersion) {
    return Error(ErrorCode::kUnsupportedCapability,
                 "the catalog " + path_ + " was made by a later version of dbstow (schema " +
                     std::to_string(version) + ", this one knows " +
                     std::to_string(kSchemaVersion) + ")")
        .WithHint("upgrade dbstow, or give it another state directory");
  }
  if (version == kSchemaVersion) return {};
  // Idempotent, so that two processes may both find the file empty.
  DBSTOW_TRY(
      Run("CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, result TEXT NOT NULL, "
          "recorded_at TEXT NOT NULL) WITHOUT ROWID"));
  DBSTOW_TRY(Run("PRAGMA user_version=" + std::to_string(kSchemaVersion)));
  return {};
}

Result<std::optional<std::string>> SqliteSession::Run(std::string_view sql,
                                                      const std::vector<std::string>& parameters) {
  sqlite3_stmt* raw = nullptr;
  const int prepared =
      sqlite3_prepare_v2(database_, sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  const Statement statement(raw);
  if (prepared != SQLITE_OK) return Failure("use");
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string& value = parameters[i];
    if (sqlite3_bind_text64(raw, static_cast<int>(i + 1), value.data(), value.size(),
                            SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_OK) {
      return Failure("use");
    }
  }
  std::optional<std::string> first;
  for (;;) {
    const int step = sqlite3_step(raw);
    if (step == SQLITE_DONE) return first;
    if (step != SQLITE_ROW) return Failure("use");
    if (!first) first = statement.Column(0);
  }
}

Error SqliteSession::Failure(std::string_view doing) const {
  const int code = sqlite3_extended_errcode(database_);
  const std::string text = sqlite3_errmsg(database_);
  return Error(CodeFor(code & 0xff),
               "cannot " + std::string(doing) + " the catalog " + path_ + ": " + text)
      .WithNative({"sqlite", std::to_string(code), text});
}

}  // namespace dbstow::catalog
