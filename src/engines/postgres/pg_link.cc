#include "engines/postgres/pg_link.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "engines/postgres/pg_connection.h"
#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_raw_names.h"

namespace dbstow::postgres {
namespace {

// What the planner thinks of queries on a large catalog makes it compile them, which takes longer
// than they do. client_connection_check_interval (14+) makes a backend notice that its client was
// killed while it builds an index for an hour; idle_session_timeout is 14+, transaction_timeout
// 17+.
std::string SessionSettings(int version) {
  std::string sql =
      "SET search_path = pg_catalog; SET DateStyle = ISO; SET IntervalStyle = postgres;"
      "SET TimeZone = 'UTC'; SET extra_float_digits = 3; SET statement_timeout = 0;"
      "SET idle_in_transaction_session_timeout = 0;"
      "SET row_security = off; SET synchronize_seqscans = off; SET bytea_output = hex;"
      "SET xmloption = content; SET standard_conforming_strings = on; SET lc_monetary = 'C';"
      "SET array_nulls = on; SET transform_null_equals = off; SET quote_all_identifiers = off;"
      "SET default_transaction_read_only = off;"
      "SET jit = off; SET check_function_bodies = off; SET client_min_messages = warning;";
  if (version >= 140000) {
    sql += "SET client_connection_check_interval = '500ms'; SET idle_session_timeout = 0;";
  }
  if (version >= 170000) sql += "SET transaction_timeout = 0;";
  return sql;
}

std::string Field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

std::string Trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

ServerMessage MessageOf(const PGresult* result) {
  ServerMessage message{Field(result, PG_DIAG_SQLSTATE), Field(result, PG_DIAG_MESSAGE_PRIMARY),
                        Field(result, PG_DIAG_MESSAGE_DETAIL), Field(result, PG_DIAG_MESSAGE_HINT)};
  if (message.primary.empty()) message.primary = Trimmed(PQresultErrorMessage(result));
  message.primary = Showable(std::move(message.primary));
  message.detail = Showable(std::move(message.detail));
  return message;
}

// A backend that is told to go says why before it closes; to us both are a lost connection.
bool EndsTheConnection(const std::string& sqlstate) {
  return sqlstate == "57P01" || sqlstate == "57P02" || sqlstate == "57P03" || sqlstate == "57P05";
}

}  // namespace

PgLink::PgLink(ConnectionInfo connection, const OperationContext& context, int lock_timeout_ms)
    : connection_(std::move(connection)),
      context_(context),
      lock_timeout_ms_(lock_timeout_ms),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      on_stop_(std::in_place, context.stop, Wake{wake_}) {}

PgLink::~PgLink() {
  Close();
  on_stop_.reset();
  close(wake_);
}

void PgLink::Wake::operator()() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t ignored = write(fd, &one, sizeof one);
}

void PgLink::Close() {
  if (conn_ != nullptr) PQfinish(std::exchange(conn_, nullptr));
}

Error PgLink::Lost() {
  Error error = LostConnection(PQerrorMessage(conn_));
  Close();
  return Explain(error, Describe(connection_));
}

Error PgLink::Refused(const PGresult* result) {
  const ServerMessage message = MessageOf(result);
  if (EndsTheConnection(message.sqlstate) || PQstatus(conn_) == CONNECTION_BAD) {
    Error error =
        message.sqlstate.empty() ? LostConnection(PQerrorMessage(conn_)) : ServerError(message);
    Close();
    return Explain(error, Describe(connection_));
  }
  return ServerError(message);
}

void PgLink::OnNotice(void* self, const PGresult* notice) {
  // The untranslated severity: WARNING, NOTICE, …
  if (Field(notice, PG_DIAG_SEVERITY_NONLOCALIZED) != "WARNING") return;
  static_cast<PgLink*>(self)->warnings_.push_back(Showable(Field(notice, PG_DIAG_MESSAGE_PRIMARY)));
}

Result<void> PgLink::Connect() {
  DBSTOW_TRY(context_.CheckAlive("connecting to " + Describe(connection_)));
  DBSTOW_TRY(CheckFiles(connection_));
  DBSTOW_ASSIGN(const SecretString password, ResolvePassword(connection_, context_));
  auto connected = ConnectOnce(password);
  if (!connected && MayBeOfALoginTrigger(connected.error())) {
    connected = ConnectPastTriggers(password, std::move(connected).error());
  }
  DBSTOW_TRY(std::move(connected));
  PQsetErrorVerbosity(conn_, PQERRORS_DEFAULT);
  if (PQsetnonblocking(conn_, 1) != 0) {
    return ConnectionError(PQerrorMessage(conn_), Describe(connection_));
  }
  version_ = PQserverVersion(conn_);
  const char* text = PQparameterStatus(conn_, "server_version");
  version_text_ = text == nullptr ? "" : text;
  return ApplySettings();
}

// A login trigger (17 and later) may turn away whom it should not: a backup at night, or who comes
// to mend it. Who may turn event triggers off is let in; to all others the answer stays the same.
Result<void> PgLink::ConnectPastTriggers(const SecretString& password, Error refusal) {
  ConnectionInfo before = std::exchange(connection_, WithoutEventTriggers(connection_));
  auto connected = ConnectOnce(password);
  if (connected) return connected;
  connection_ = std::move(before);
  // Before 17 the server does not know the setting.
  if (IsNotPermitted(connected.error())) {
    refusal.WithHint("where a login trigger of the database refuses it: a superuser is let in");
  }
  return refusal;
}

Result<void> PgLink::ConnectOnce(const SecretString& password) {
  Close();
  const ConnectionParameters parameters = ParametersOf(connection_, context_);
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : parameters) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  if (!password.empty()) {
    keys.push_back("password");
    values.push_back(password.Reveal().c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  conn_ = PQconnectStartParams(keys.data(), values.data(), 0);
  if (conn_ == nullptr) return Error(ErrorCode::kUnavailable, "out of memory while connecting");
  PQsetNoticeReceiver(conn_, &PgLink::OnNotice, this);
  PQsetErrorVerbosity(conn_, PQERRORS_VERBOSE);
  return FinishConnecting(Describe(connection_));
}

Result<void> PgLink::FinishConnecting(const std::string& where) {
  const std::string limit = connection_.properties.contains("connect_timeout")
                                ? connection_.properties.at("connect_timeout")
                                : "10";
  int seconds = 10;
  std::from_chars(limit.data(), limit.data() + limit.size(), seconds);
  const Monotonic until =
      context_.clock.MonotonicNow() + std::chrono::seconds(std::max(seconds, 1));
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK) {
    if (status == PGRES_POLLING_FAILED || PQstatus(conn_) == CONNECTION_BAD) {
      return ConnectionError(PQerrorMessage(conn_), where);
    }
    if (context_.clock.MonotonicNow() >= until) {
      // The operation's own deadline may have passed in the same moment: then that is the reason.
      DBSTOW_TRY(context_.CheckAlive("connecting to " + where));
      return ConnectionError("timeout expired", where);
    }
    DBSTOW_TRY(Poll(status == PGRES_POLLING_READING ? POLLIN : POLLOUT, until, true));
    status = PQconnectPoll(conn_);
  }
  return {};
}

Result<void> PgLink::ApplySettings() {
  const char* encoding = PQparameterStatus(conn_, "server_encoding");
  is_raw_ = encoding != nullptr && std::string_view(encoding) == "SQL_ASCII";
  const std::string raw = is_raw_ ? "SET client_encoding = SQL_ASCII;" : "";
  const std::string patience = "SET lock_timeout = " + std::to_string(lock_timeout_ms_) + ";";
  DBSTOW_TRY(Send(patience + raw + SessionSettings(version_)));
  DBSTOW_ASSIGN(const OwnedResult last, ReceiveAll());
  return {};
}

// Waits until the socket is ready, the caller wants to stop, or `until`.
Result<void> PgLink::Poll(short events, Monotonic until, bool bounded) {
  if (context_.deadline.at() && (!bounded || *context_.deadline.at() < until)) {
    until = *context_.deadline.at();
    bounded = true;
  }
  int timeout_ms = -1;
  if (bounded) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - context_.clock.MonotonicNow());
    timeout_ms = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
  }
  std::array<pollfd, 2> waits{pollfd{PQsocket(conn_), events, 0}, pollfd{wake_, POLLIN, 0}};
  if (poll(waits.data(), waits.size(), timeout_ms) < 0 && errno != EINTR) {
    return Error(ErrorCode::kIoError, "cannot wait for " + Describe(connection_));
  }
  return context_.CheckAlive("waiting for " + Describe(connection_));
}

Result<void> PgLink::Wait(short events) {
  auto waited = Poll(events, {}, false);
  if (!waited) Abandon();
  return waited;
}

// From 14 on the server looks for its client itself. Older ones are told, at the price that libpq's
// way to tell blocks while the network is dead.
void PgLink::Abandon() {
  if (conn_ == nullptr) return;
  if (PGcancel* cancel = version_ < 140000 ? PQgetCancel(conn_) : nullptr) {
    std::array<char, 256> ignored{};
    PQcancel(cancel, ignored.data(), static_cast<int>(ignored.size()));
    PQfreeCancel(cancel);
  }
  Close();
}

Result<void> PgLink::Flush() {
  for (;;) {
    const int left = PQflush(conn_);
    if (left == 0) return {};
    if (left < 0) return Lost();
    // Reading too: a server blocked on writing to us would never read what we send.
    DBSTOW_TRY(Wait(POLLIN | POLLOUT));
    refused_ = HasRefused();
    if (PQconsumeInput(conn_) == 0) return Lost();
  }
}

// libpq shows an error in the middle of COPY IN only after its end; without this look at the first
// byte of the next message ('E': ErrorResponse) we would send a whole table to a full disk.
bool PgLink::HasRefused() {
  char type = 0;
  if (PQsslInUse(conn_) == 0 && recv(PQsocket(conn_), &type, 1, MSG_PEEK | MSG_DONTWAIT) == 1 &&
      type == 'E') {
    refused_ = true;
  }
  return refused_;
}

Result<void> PgLink::CheckUsable() const {
  if (conn_ == nullptr) {
    return Error(ErrorCode::kUnavailable, "the connection to " + Describe(connection_) + " is gone")
        .WithRetry(Retry::kTransient);
  }
  return context_.CheckAlive("working on " + Describe(connection_));
}

Result<void> PgLink::Sent(int accepted) {
  if (accepted == 0) return Lost();
  return Flush();
}

Result<void> PgLink::Send(const std::string& sql) {
  DBSTOW_TRY(CheckUsable());
  return Sent(PQsendQuery(conn_, sql.c_str()));
}

Result<void> PgLink::Send(const std::string& sql, const std::vector<std::string>& parameters) {
  DBSTOW_TRY(CheckUsable());
  std::vector<const char*> values;
  for (const std::string& value : parameters) values.push_back(value.c_str());
  return Sent(PQsendQueryParams(conn_, sql.c_str(), static_cast<int>(values.size()), nullptr,
                                values.data(), nullptr, nullptr, 0));
}

Result<void> PgLink::AwaitInput() {
  DBSTOW_TRY(Wait(POLLIN));
  if (PQconsumeInput(conn_) == 0) return Lost();
  return {};
}

// The next result; null after the last.
Result<OwnedResult> PgLink::Receive() {
  while (PQisBusy(conn_) != 0) DBSTOW_TRY(AwaitInput());
  return OwnedResult(PQgetResult(conn_));
}

Result<OwnedResult> PgLink::ReceiveAll() {
  OwnedResult last;
  std::optional<Error> failure;
  for (;;) {
    DBSTOW_ASSIGN(OwnedResult result, Receive());
    if (result == nullptr) break;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
      if (!failure) failure = Refused(result.get());
      if (conn_ == nullptr) break;
    }
    last = std::move(result);
  }
  if (failure) return std::move(*failure);
  return last;
}

Result<void> PgLink::Begin(const std::string& sql, ExecStatusType expected) {
  refused_ = false;
  DBSTOW_TRY(Send(sql));
  DBSTOW_ASSIGN(const OwnedResult result, Receive());
  if (result != nullptr && PQresultStatus(result.get()) == expected) return {};
  if (result == nullptr) return Lost();
  Error error = Refused(result.get());
  if (conn_ != nullptr) DBSTOW_TRY(ReceiveAll());
  return error;
}

}  // namespace dbstow::postgres
