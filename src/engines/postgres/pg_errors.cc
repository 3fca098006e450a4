#include "engines/postgres/pg_errors.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <utility>

namespace dbstow::postgres {
namespace {

struct Row {
  std::string_view state;  // a whole SQLSTATE, or its first two characters for a class
  ErrorCode code;
  Retry retry;
  std::string_view hint;
};

// Whole states come first: the first match counts. Meanings: PostgreSQL manual, appendix A.
constexpr std::array kRows = {
    Row{"28P01", ErrorCode::kAuthenticationFailed, Retry::kNever,
        "check the user name and the secret that the instance refers to"},
    Row{"28000", ErrorCode::kAuthenticationFailed, Retry::kNever,
        "check the user name, sslmode, sslcert and the server's pg_hba.conf"},
    Row{"28", ErrorCode::kAuthenticationFailed, Retry::kNever, ""},
    Row{"3D000", ErrorCode::kNotFound, Retry::kNever, "list the databases with: psql -l"},
    Row{"3F000", ErrorCode::kNotFound, Retry::kNever, ""},
    Row{"42P01", ErrorCode::kNotFound, Retry::kNever, ""},
    Row{"42704", ErrorCode::kNotFound, Retry::kNever, ""},
    Row{"42P04", ErrorCode::kAlreadyExists, Retry::kNever, ""},
    Row{"42P06", ErrorCode::kAlreadyExists, Retry::kNever, ""},
    Row{"42P07", ErrorCode::kAlreadyExists, Retry::kNever, ""},
    Row{"42710", ErrorCode::kAlreadyExists, Retry::kNever, ""},
    Row{"42501", ErrorCode::kPermissionDenied, Retry::kNever,
        "grant the role what it lacks (from 14 on pg_read_all_data reads every table; BYPASSRLS "
        "reads "
        "every row), or use another role"},
    Row{"53100", ErrorCode::kOutOfSpace, Retry::kNever, "free space on the server's disk"},
    Row{"53200", ErrorCode::kUnavailable, Retry::kTransient,
        "the server is out of memory; max_locks_per_transaction may be too low for the number of "
        "tables"},
    Row{"53300", ErrorCode::kUnavailable, Retry::kTransient,
        "no connection is free: raise max_connections, or the CONNECTION LIMIT of the role or "
        "database, or lower the option jobs; a backup takes two sessions and one for each job"},
    Row{"53", ErrorCode::kUnavailable, Retry::kTransient, ""},
    Row{"57014", ErrorCode::kCancelled, Retry::kTransient, "somebody cancelled it on the server"},
    Row{"57P01", ErrorCode::kUnavailable, Retry::kTransient, ""},
    Row{"57P02", ErrorCode::kUnavailable, Retry::kTransient, ""},
    Row{"57P03", ErrorCode::kUnavailable, Retry::kTransient, "the server is starting or stopping"},
    Row{"57P04", ErrorCode::kNotFound, Retry::kNever, "the database was dropped"},
    Row{"57P05", ErrorCode::kUnavailable, Retry::kTransient, ""},
    Row{"08", ErrorCode::kUnavailable, Retry::kTransient, ""},
    Row{"40", ErrorCode::kConflict, Retry::kTransient, ""},
    Row{"55006", ErrorCode::kConflict, Retry::kTransient, "end the sessions that use it"},
    Row{"55P03", ErrorCode::kConflict, Retry::kTransient, "another session holds a lock on it"},
    Row{"58030", ErrorCode::kIoError, Retry::kNever, "look into the server's log"},
    Row{"58", ErrorCode::kIoError, Retry::kNever, "look into the server's log"},
    Row{"XX001", ErrorCode::kSourceDamaged, Retry::kNever, "check the database with pg_amcheck"},
    Row{"XX002", ErrorCode::kSourceDamaged, Retry::kNever, "rebuild the index with REINDEX"},
    Row{"0A", ErrorCode::kUnsupportedCapability, Retry::kNever, ""},
    Row{"25006", ErrorCode::kUnsupportedCapability, Retry::kNever,
        "the server is read-only (a standby?): use the primary"},
    Row{"22", ErrorCode::kIoError, Retry::kNever, ""},
    Row{"23", ErrorCode::kIoError, Retry::kNever, ""},
    Row{"", ErrorCode::kIoError, Retry::kNever, ""},
};

const Row& Classify(std::string_view sqlstate) {
  for (const Row& row : kRows) {
    if (sqlstate.starts_with(row.state)) return row;
  }
  return kRows.back();
}

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool IsSqlState(std::string_view text) {
  if (text.size() < 6 || text[5] != ':') return false;
  for (char c : text.substr(0, 5)) {
    if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))) return false;
  }
  return true;
}

std::string FirstLine(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

// Verbose libpq texts read "… FATAL:  28P01: password authentication failed\nLOCATION: …".
ServerMessage Dissect(std::string_view text) {
  ServerMessage message;
  for (std::string_view severity : {"FATAL:  ", "ERROR:  ", "PANIC:  "}) {
    const std::size_t at = text.rfind(severity);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = text.substr(at + severity.size());
    if (!IsSqlState(rest)) continue;
    message.sqlstate = rest.substr(0, 5);
    message.primary = FirstLine(rest.substr(7));
    return message;
  }
  message.primary = FirstLine(text);
  return message;
}

// What libpq says behind "connection to server at "db" (10.0.0.7), port 5432 failed: ".
std::string SaidOf(std::string_view line) {
  static constexpr std::string_view kFailed = " failed: ";
  const std::size_t at = line.find(kFailed);
  if (!line.starts_with("connection to server") || at == std::string_view::npos) {
    return std::string(line);
  }
  return std::string(line.substr(at + kFailed.size()));
}

// libpq tries every address of a host and tells of each in a line. The first with one of `parts`;
// empty when there is none.
std::string LineWith(std::string_view text, std::initializer_list<std::string_view> parts) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    for (std::string_view part : parts) {
      if (Has(line, part)) return SaidOf(line);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return "";
}

// Why there is no encrypted connection, where that is the reason. The texts are libpq's of 12 to
// 18 (fe-secure-openssl.c, fe-secure-common.c, fe-connect.c).
std::optional<Error> NotEncrypted(std::string_view text, const std::string& place) {
  const auto refuse = [&place](const std::string& why, std::string hint) {
    return Error(ErrorCode::kAuthenticationFailed,
                 "no encrypted connection to " + place + ": " + why)
        .WithHint(std::move(hint));
  };
  if (!LineWith(text, {"certificate verify failed"}).empty()) {
    return refuse("the server's certificate is not trusted",
                  "sslrootcert names the file with the authority that signed it, or with the "
                  "certificate itself when that is self-signed; it may also have expired or been "
                  "revoked");
  }
  if (const auto said = LineWith(text, {"does not match host name"}); !said.empty()) {
    return refuse(
        said, "connect by the name in the certificate; sslmode=verify-ca does not compare names");
  }
  if (const auto said = LineWith(text, {"root certificate file", "root.crt"}); !said.empty()) {
    return refuse(
        said,
        "name a PEM file with the trusted authorities: sslrootcert=/path; sslmode=require "
        "encrypts without knowing whom it talks to");
  }
  if (const auto said = LineWith(text, {"certificate file", "private key file"}); !said.empty()) {
    return refuse(said,
                  "check sslcert and sslkey; the key's file must be closed to others: chmod 600");
  }
  if (!LineWith(text, {"server does not support SSL"}).empty()) {
    return refuse("the server does not offer it, and sslmode asks for it",
                  "set ssl = on at the server, or sslmode=prefer where the network is trusted");
  }
  if (const auto said = LineWith(text, {"channel binding"}); !said.empty()) {
    return refuse(said,
                  "channel_binding=require needs sslmode=require or stronger, and a server "
                  "that asks for the password by scram-sha-256");
  }
  if (const auto said = LineWith(text, {"SSL error"}); !said.empty()) {
    return refuse(said, "check sslmode, sslrootcert, sslcert and sslkey");
  }
  return std::nullopt;
}

Error Unreachable(std::string_view text, std::string_view where) {
  const std::string place(where);
  if (const auto tls = NotEncrypted(text, place)) return *tls;
  if (Has(text, "could not translate host name")) {
    return Error(ErrorCode::kUnavailable, "no address is known for the host of " + place)
        .WithHint("check the host name and the name service");
  }
  if (Has(text, "Connection refused") || Has(text, "No such file or directory")) {
    return Error(ErrorCode::kUnavailable, "nothing listens at " + place)
        .WithHint("is the server running, and are host and port right?");
  }
  if (Has(text, "timeout") || Has(text, "timed out") || Has(text, "No route to host") ||
      Has(text, "Network is unreachable")) {
    return Error(ErrorCode::kUnavailable, "no answer from " + place)
        .WithHint("check the network, firewalls and the address");
  }
  if (Has(text, "fe_sendauth: no password supplied")) {
    return Error(ErrorCode::kAuthenticationFailed,
                 "the server at " + place + " asks for a password")
        .WithHint("name where it is kept: ?secret=env:NAME, file:/path or exec:/program");
  }
  return Error(ErrorCode::kUnavailable, "cannot connect to " + place);
}

}  // namespace

Error ServerError(const ServerMessage& message) {
  const Row& row = Classify(message.sqlstate);
  std::string text = message.primary;
  if (!message.detail.empty()) text += " (" + message.detail + ")";
  return Error(row.code, text)
      .WithRetry(row.retry)
      .WithHint(row.hint.empty() ? message.hint : std::string(row.hint))
      .WithNative({"postgres", message.sqlstate, message.primary});
}

Error ConnectionError(std::string_view libpq_text, std::string_view where) {
  const ServerMessage message = Dissect(libpq_text);
  if (!message.sqlstate.empty()) {
    return Explain(ServerError(message), "connect to " + std::string(where));
  }
  Error error = Unreachable(libpq_text, where).WithNative({"libpq", "", message.primary});
  if (error.code() == ErrorCode::kUnavailable) error.WithRetry(Retry::kTransient);
  return error;
}

Error LostConnection(std::string_view libpq_text) {
  const ServerMessage message = Dissect(libpq_text);
  if (message.sqlstate == "57P04" || message.sqlstate == "3D000") return ServerError(message);
  const std::string why = message.primary.empty() ? "the server closed it" : message.primary;
  return Error(ErrorCode::kUnavailable, "the connection was lost: " + why)
      .WithRetry(Retry::kTransient)
      .WithHint("look into the server's log: it may have been stopped, or the session ended")
      .WithNative({"postgres", message.sqlstate.empty() ? "08006" : message.sqlstate, why});
}

bool IsNotPermitted(const Error& error) {
  return error.native() && error.native()->code == "42501";
}

bool IsAboutARole(const Error& error) {
  return IsNotPermitted(error) || (error.native() && error.native()->code == "42704");
}

Error ChangedMeanwhile(std::string message) {
  return Error(ErrorCode::kConflict, std::move(message))
      .WithRetry(Retry::kTransient)
      .WithHint("run it again");
}

bool IsLockRefusal(const Error& error) {
  return error.native() && error.native()->system == "postgres" && error.native()->code == "55P03";
}

bool IsAboutTheStatement(const Error& error) {
  if (!error.native() || error.native()->system != "postgres") return false;
  // Connection, transaction state and rollback, resources, intervention, I/O, damage.
  static constexpr std::array<std::string_view, 8> kOthers = {"08", "25", "40",    "53",
                                                              "57", "58", "XX001", "XX002"};
  const std::string& state = error.native()->code;
  return !state.empty() && std::ranges::none_of(kOthers, [&state](std::string_view other) {
    return state.starts_with(other);
  });
}

bool MayBeOfALoginTrigger(const Error& error) {
  if (!error.native() || error.native()->system != "postgres") return false;
  const std::string& state = error.native()->code;
  if (state == "25006") return true;  // it writes, and this is a standby
  return IsAboutTheStatement(error) && !state.starts_with("28") && !state.starts_with("3D");
}

Error Explain(const Error& error, std::string_view doing) {
  Error explained(error.code(), std::string(doing) + ": " + error.message());
  explained.WithHint(error.hint()).WithRetry(error.retry());
  if (error.native()) explained.WithNative(*error.native());
  if (error.cause() != nullptr) explained.WithCause(*error.cause());
  return explained;
}

}  // namespace dbstow::postgres
