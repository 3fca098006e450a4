#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dbstow/core/bytes.h"
#include "dbstow/core/connection_info.h"
#include "dbstow/core/operation_context.h"
#include "engines/sqlite/wal_format.h"

struct sqlite3;
struct sqlite3_context;
struct sqlite3_stmt;
struct sqlite3_value;
struct sqlite3_file;  // NOLINT(readability-identifier-naming): its name

namespace dbstow::sqlite {

/// The values of one row, valid until the callback returns.
class Row {
 public:
  enum class Kind : std::uint8_t { kInteger = 1, kReal = 2, kText = 3, kBlob = 4, kNull = 5 };

  explicit Row(std::span<sqlite3_value* const> values) : values_(values) {}
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] Kind kind(std::size_t column) const;
  [[nodiscard]] std::int64_t integer(std::size_t column) const;
  [[nodiscard]] double real(std::size_t column) const;
  /// The bytes of a blob, or of a text as UTF-8.
  [[nodiscard]] ByteView bytes(std::size_t column) const;
  [[nodiscard]] std::string text(std::size_t column) const {
    return std::string(AsText(bytes(column)));
  }

 private:
  std::span<sqlite3_value* const> values_;
};

/// How to open a database.
struct SessionSpec {
  enum class Access {
    kSource,     ///< a live database: nothing but SQLite's own housekeeping is written
    kReplace,    ///< about to be replaced: takes and keeps the exclusive lock
    kImmutable,  ///< a file of our own that nobody else knows: no locks, no side files
  };

  std::string path;  ///< absolute
  Access access = Access::kSource;
  Duration busy_limit = std::chrono::seconds(10);  ///< how long to wait for somebody's lock
};

/// One connection to one database file: the only place that calls the SQLite library.
///
/// Waiting for locks and running statements honour the context's deadline and stop token. Used by
/// one thread at a time, but for `Interrupt`, and `ReadFile`, which may run beside a statement of
/// another session.
/// Errors are those of `MapError`, or Cancelled and Timeout.
class Session {
 public:
  using RowCallback = std::function<Result<void>(const Row&)>;

  /// `context` must outlive the session.
  [[nodiscard]] static Result<std::unique_ptr<Session>> Open(SessionSpec spec,
                                                             const OperationContext& context);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] const std::string& path() const { return spec_.path; }
  /// Runs all statements of `sql`.
  [[nodiscard]] Result<void> Execute(const std::string& sql);
  /// Calls back for each row. `sql` is one statement.
  [[nodiscard]] Result<void> Scan(const std::string& sql, const RowCallback& each);
  /// `Scan` of `SELECT columns FROM source` for many rows: the callback is called from inside of
  /// SQLite's loop, at half the cost. At most `kMostFolded` columns.
  [[nodiscard]] Result<void> Fold(const std::string& columns, const std::string& source,
                                  const RowCallback& each);
  static constexpr std::size_t kMostFolded = 100;
  /// The first column of the first row. Errors: Internal when there is none.
  [[nodiscard]] Result<std::int64_t> Integer(const std::string& sql);
  [[nodiscard]] Result<std::string> Text(const std::string& sql);

  /// Copies all of the write-ahead log into the file and empties it; nothing where there is none.
  /// Does not read the schema. Errors: Conflict when others use the log.
  [[nodiscard]] Result<void> FoldLog();

  /// Ends the running statement, if there is one, as if it had failed. From any thread.
  void Interrupt();

  /// Reads from the database file through SQLite's own descriptor: closing another descriptor of
  /// the same file would drop every lock this process has on it (POSIX locks belong to the
  /// process). Bytes past the end of the file are zero; false when there are such.
  [[nodiscard]] Result<bool> ReadFile(std::uint64_t offset, MutableByteView out);
  [[nodiscard]] Result<std::uint64_t> FileSize();
  /// True when the path no longer leads to the open file.
  [[nodiscard]] bool Moved() const;
  /// The header of the shared index of the write-ahead log; none while it is being changed.
  /// Only after a statement has read the database in WAL mode.
  [[nodiscard]] Result<std::optional<WalState>> ReadWalState();
  /// Where the write-ahead log is (symbolic links resolved).
  [[nodiscard]] std::string wal_path() const;
  /// The file the path leads to (symbolic links resolved).
  [[nodiscard]] std::string file_path() const;

 private:
  Session(SessionSpec spec, const OperationContext& context);

  [[nodiscard]] Result<void> Connect();
  [[nodiscard]] Result<void> TakeExclusive();
  // Runs the first statement; what follows it.
  [[nodiscard]] Result<const char*> RunFirst(const char* sql, const RowCallback& each);
  [[nodiscard]] Error Failure(int code, std::string_view doing) const;
  [[nodiscard]] sqlite3_file* file() const;
  static void OnFoldedRow(sqlite3_context* call, int count, sqlite3_value** values);
  static int OnBusy(void* self, int attempt);
  static int OnProgress(void* self);

  SessionSpec spec_;
  const OperationContext& context_;
  sqlite3* db_ = nullptr;
  Monotonic busy_since_{};
  const RowCallback* folding_ = nullptr;
  std::optional<Error> fold_error_;
};

/// `name` as an SQL identifier.
[[nodiscard]] std::string QuoteName(std::string_view name);
/// `text` as an SQL string.
[[nodiscard]] std::string QuoteText(std::string_view text);
/// The version of the library.
[[nodiscard]] std::string LibraryVersion();

}  // namespace dbstow::sqlite
