#pragma once

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "dbstow/core/connection_info.h"
#include "dbstow/core/operation_context.h"

namespace dbstow::postgres {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using OwnedResult = std::unique_ptr<PGresult, ClearResult>;

/// The connection of a `PgSession`: libpq without blocking, under a deadline and a stop token. A
/// call that has to give up, and one that finds the server gone, closes it. Used by one thread at a
/// time.
class PgLink {
 public:
  PgLink(ConnectionInfo connection, const OperationContext& context, int lock_timeout_ms);
  ~PgLink();
  PgLink(const PgLink&) = delete;
  PgLink& operator=(const PgLink&) = delete;

  /// Errors: those of `PgSession::Open`. Where the database has turned the session away by itself,
  /// once more without event triggers, as `connection()` says then.
  [[nodiscard]] Result<void> Connect();
  /// Statements without parameters; their results are to be received.
  [[nodiscard]] Result<void> Send(const std::string& sql);
  /// One statement with `$1`, `$2`, … as text.
  [[nodiscard]] Result<void> Send(const std::string& sql,
                                  const std::vector<std::string>& parameters);
  /// The last result, or the first error; leaves the connection ready for the next command.
  [[nodiscard]] Result<OwnedResult> ReceiveAll();
  /// Starts a COPY; `expected` says which way.
  [[nodiscard]] Result<void> Begin(const std::string& sql, ExecStatusType expected);
  /// Waits for bytes of the server and takes them in.
  [[nodiscard]] Result<void> AwaitInput();
  /// Until the server has all that was put.
  [[nodiscard]] Result<void> Flush();
  /// Whether the server has answered the COPY that it is sent before its end.
  [[nodiscard]] bool HasRefused();
  /// Hangs up, and the server stops what it does for us.
  void Abandon();
  /// Closes what the server has closed; why.
  [[nodiscard]] Error Lost();

  /// Null once closed.
  [[nodiscard]] PGconn* conn() const { return conn_; }
  [[nodiscard]] const ConnectionInfo& connection() const { return connection_; }
  [[nodiscard]] int lock_timeout_ms() const { return lock_timeout_ms_; }
  [[nodiscard]] int version() const { return version_; }
  [[nodiscard]] const std::string& version_text() const { return version_text_; }
  /// The database does not know the encoding of its text.
  [[nodiscard]] bool is_raw() const { return is_raw_; }
  [[nodiscard]] std::vector<std::string> TakeWarnings() { return std::exchange(warnings_, {}); }

 private:
  struct Wake {
    int fd;
    void operator()() const;
  };

  void Close();
  Result<void> Sent(int accepted);
  Result<void> CheckUsable() const;
  Result<OwnedResult> Receive();
  Result<void> Wait(short events);
  Result<void> Poll(short events, Monotonic until, bool bounded);
  Result<void> ConnectOnce(const SecretString& password);
  Result<void> ConnectPastTriggers(const SecretString& password, Error refusal);
  Result<void> FinishConnecting(const std::string& where);
  Result<void> ApplySettings();
  Error Refused(const PGresult* result);
  static void OnNotice(void* self, const PGresult* notice);

  ConnectionInfo connection_;
  OperationContext context_;
  const int lock_timeout_ms_;
  PGconn* conn_ = nullptr;
  int version_ = 0;
  std::string version_text_;
  std::vector<std::string> warnings_;
  bool is_raw_ = false;
  bool refused_ = false;
  int wake_;
  std::optional<std::stop_callback<Wake>> on_stop_;
};

}  // namespace dbstow::postgres
