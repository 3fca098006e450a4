#include "engines/postgres/pg_connection.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>

namespace dbstow::postgres {
namespace {

constexpr std::string_view kMaintenanceDatabase = "maintenanceDatabase";
constexpr std::string_view kConnectTimeout = "connect_timeout";
constexpr std::chrono::seconds kLongestTimeout = std::chrono::hours(24);

std::string PropertyOr(const ConnectionInfo& connection, std::string_view key,
                       std::string_view fallback) {
  const auto found = connection.properties.find(std::string(key));
  return found == connection.properties.end() ? std::string(fallback) : found->second;
}

}  // namespace

std::vector<OptionSpec> ConnectionProperties() {
  using enum OptionSpec::Kind;
  return {
      {"sslmode",
       kChoice,
       {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"},
       "prefer",
       "how much the connection is protected"},
      {"sslrootcert", kText, {}, "", "file with the certificates of trusted authorities"},
      {"sslcert", kText, {}, "", "file with the client's certificate"},
      {"sslkey", kText, {}, "", "file with the client's private key"},
      {"sslcrl", kText, {}, "", "file with revoked certificates"},
      {"channel_binding",
       kChoice,
       {"disable", "prefer", "require"},
       "prefer",
       "bind the password exchange to the encrypted channel"},
      {"target_session_attrs",
       kChoice,
       {"any", "read-write", "read-only", "primary", "standby", "prefer-standby"},
       "any",
       "which of several hosts will do"},
      {"connect_timeout", kInteger, {}, "10", "seconds to wait for a connection"},
      {"tcp_user_timeout",
       kInteger,
       {},
       "30000",
       "milliseconds that sent data may stay unacknowledged"},
      {std::string(kMaintenanceDatabase),
       kName,
       {},
       "postgres",
       "database to connect to while others are created, renamed or dropped"},
  };
}

std::string ApplicationName(const OperationContext& context) {
  return "dbstow " + context.trace.hex();
}

ConnectionParameters ParametersOf(const ConnectionInfo& connection,
                                  const OperationContext& context) {
  ConnectionParameters parameters;
  const auto add = [&parameters](std::string_view key, std::string value) {
    if (!value.empty()) parameters.emplace_back(key, std::move(value));
  };
  add("host", connection.host);
  if (connection.port != 0) add("port", std::to_string(connection.port));
  add("dbname", connection.database.empty() ? "postgres" : connection.database);
  add("user", connection.credentials.username);
  add("application_name", ApplicationName(context));
  add("client_encoding", "UTF8");
  add(kConnectTimeout, PropertyOr(connection, kConnectTimeout, "10"));
  add("tcp_user_timeout", PropertyOr(connection, "tcp_user_timeout", "30000"));
  // Who only reads never has unacknowledged data: without these a dead network goes unnoticed for
  // two hours.
  add("keepalives_idle", "20");
  add("keepalives_interval", "5");
  add("keepalives_count", "3");
  for (const auto& [key, value] : connection.properties) {
    if (key != kMaintenanceDatabase && key != kConnectTimeout && key != "tcp_user_timeout") {
      add(key, value);
    }
  }
  return parameters;
}

std::string ConninfoOf(const ConnectionParameters& parameters) {
  std::string text;
  for (const auto& [key, value] : parameters) {
    text += (text.empty() ? "" : " ") + key + "='";
    for (char c : value) {
      if (c == '\'' || c == '\\') text += '\\';
      text += c;
    }
    text += "'";
  }
  return text;
}

Result<void> CheckLimits(const ConnectionInfo& connection) {
  const std::string text = PropertyOr(connection, kConnectTimeout, "10");
  int seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool read = failure == std::errc() && end == text.data() + text.size();
  if (read && seconds >= 1 && seconds <= kLongestTimeout.count()) return {};
  return Error(ErrorCode::kInvalidOptions, "property 'connect_timeout' cannot be '" + text + "'")
      .WithHint("allowed: seconds, from 1 to " + std::to_string(kLongestTimeout.count()));
}

Result<void> CheckFiles(const ConnectionInfo& connection) {
  for (const char* property : {"sslrootcert", "sslcert", "sslkey", "sslcrl"}) {
    const std::string path = PropertyOr(connection, property, "");
    // Others are no paths: the system's authorities, keys that a token holds.
    if (!path.starts_with('/') && !path.starts_with('.')) continue;
    if (access(path.c_str(), R_OK) == 0) continue;
    return Error(ErrorCode::kInvalidOptions, std::string("property '") + property + "' names '" +
                                                 path +
                                                 "', which cannot be read: " + std::strerror(errno))
        .WithHint("name a file of the machine that dbstow runs on");
  }
  return {};
}

Result<SecretString> ResolvePassword(const ConnectionInfo& connection,
                                     const OperationContext& context) {
  const Credentials& credentials = connection.credentials;
  if (credentials.auth_type == AuthType::kOAuth) {
    return Error(ErrorCode::kInvalidOptions, "PostgreSQL connections do not log in by OAuth here")
        .WithHint("use auth=password with a secret, or auth=keypair with sslcert and sslkey");
  }
  if (credentials.secret_ref.empty()) return SecretString();
  return context.secrets.Resolve(credentials.secret_ref, context.deadline, context.stop);
}

SecretString PasswordFile(const SecretString& password) {
  std::string line = "*:*:*:*:";
  for (char c : password.Reveal()) {
    if (c == ':' || c == '\\') line += '\\';
    line += c;
  }
  line += '\n';
  return SecretString(std::move(line));
}

std::string Describe(const ConnectionInfo& connection) {
  const std::string host = connection.host.empty() ? "the local socket" : connection.host;
  const std::string port = connection.port == 0 ? "" : ":" + std::to_string(connection.port);
  return "database '" + connection.database + "' at " + host + port;
}

ConnectionInfo WithDatabase(ConnectionInfo connection, std::string database) {
  connection.database = std::move(database);
  return connection;
}

ConnectionInfo WithServerOptions(ConnectionInfo connection, const std::string& options) {
  std::string& all = connection.properties["options"];
  const char* of_caller = std::getenv("PGOPTIONS");
  if (all.empty() && of_caller != nullptr) all = of_caller;
  all += (all.empty() ? "" : " ") + options;
  return connection;
}

ConnectionInfo WithoutEventTriggers(ConnectionInfo connection) {
  return WithServerOptions(std::move(connection), "-c event_triggers=off");
}

ConnectionInfo MaintenanceConnection(const ConnectionInfo& connection) {
  return WithDatabase(connection, PropertyOr(connection, kMaintenanceDatabase, "postgres"));
}

}  // namespace dbstow::postgres
