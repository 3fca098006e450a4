#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/bytes.h"
#include "dbstow/core/connection_info.h"
#include "dbstow/core/operation_context.h"

struct pg_result;

namespace dbstow::postgres {

/// The rows of one query, as text. Movable; views into it live as long as it.
class PgRows {
 public:
  explicit PgRows(pg_result* taken);
  [[nodiscard]] int size() const;
  /// Empty for NULL.
  [[nodiscard]] std::string_view Text(int row, int column) const;
  [[nodiscard]] std::string String(int row, int column) const {
    return std::string(Text(row, column));
  }
  [[nodiscard]] bool IsNull(int row, int column) const;
  [[nodiscard]] bool IsTrue(int row, int column) const { return Text(row, column) == "t"; }
  /// 0 for what is not a number.
  [[nodiscard]] std::int64_t Integer(int row, int column) const;
  /// Rows that a command changed or copied.
  [[nodiscard]] std::uint64_t affected() const;

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

class PgLink;

/// One connection to one database: with the link that it speaks over, all that talks to libpq.
///
/// Every call blocks until the server has answered, and gives up within a second when the context's
/// stop token fires or its deadline passes: the server is told to cancel and the session is closed
/// (`broken()`). Used by one thread at a time.
///
/// Sessions begin with fixed settings (search_path pg_catalog, ISO dates in UTC, exact floats, no
/// timeouts, row_security off, UTF-8), so that what is copied depends on the data alone. A database
/// of the encoding SQL_ASCII does not know what its bytes mean: they come and go as they are.
class PgSession {
 public:
  using Parameters = std::vector<std::string>;
  using RowFunction = std::function<Result<void>(ByteView)>;
  /// Gives the next bytes to send; an empty view ends the copy.
  using NextFunction = std::function<Result<ByteView>()>;

  /// Errors: AuthenticationFailed, NotFound (no such database), Unavailable, Cancelled, Timeout.
  /// From the first statement on a lock is waited for `lock_timeout_ms` (0: without end), also one
  /// on a catalog of the system.
  [[nodiscard]] static Result<std::unique_ptr<PgSession>> Open(const ConnectionInfo& connection,
                                                               const OperationContext& context,
                                                               int lock_timeout_ms = 0);
  ~PgSession();
  PgSession(const PgSession&) = delete;
  PgSession& operator=(const PgSession&) = delete;

  /// One statement with `$1`, `$2`, … as text. Errors: those of `ServerError`, Unavailable.
  [[nodiscard]] Result<PgRows> Query(const std::string& sql, const Parameters& parameters = {});
  /// One or more statements without parameters; the results are dropped.
  [[nodiscard]] Result<void> Run(const std::string& sql);
  /// As `Run("COMMIT")`, but a connection lost meanwhile is Retry::kOutcomeUnknown.
  [[nodiscard]] Result<void> Commit();

  /// `COPY … TO STDOUT`: gives each message of the server as it came, one row each (the binary
  /// format has its header before the first row and its trailer as a message of its own). Returns
  /// the number of rows. An error of `row` ends the copy and closes the session.
  [[nodiscard]] Result<std::uint64_t> CopyOut(const std::string& sql, const RowFunction& row);
  /// `COPY … FROM STDIN`: message boundaries mean nothing. Returns the number of rows. An error of
  /// `next` is told to the server, which then undoes the copy, and returned.
  [[nodiscard]] Result<std::uint64_t> CopyIn(const std::string& sql, const NextFunction& next);

  /// `server_version_num`, for example 150020.
  [[nodiscard]] int version_number() const;
  [[nodiscard]] std::string version_text() const;
  [[nodiscard]] int backend_pid() const;
  /// In which text travels: "UTF8", or "SQL_ASCII" where the database does not know.
  [[nodiscard]] std::string encoding() const;
  /// The connection is gone; open another.
  [[nodiscard]] bool broken() const;
  [[nodiscard]] const ConnectionInfo& connection() const;
  [[nodiscard]] int lock_timeout_ms() const;
  /// WARNINGs of the server since the last call.
  [[nodiscard]] std::vector<std::string> TakeWarnings();

 private:
  explicit PgSession(std::unique_ptr<PgLink> link);
  std::unique_ptr<PgLink> link_;
};

}  // namespace dbstow::postgres
