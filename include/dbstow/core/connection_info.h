#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dbstow/core/secret.h"

namespace dbstow {

enum class AuthType { kPassword, kKeyPair, kOAuth };
[[nodiscard]] std::string_view ToString(AuthType type);
[[nodiscard]] Result<AuthType> AuthTypeFromString(std::string_view text);

/// Who logs in, and where the secret for it is kept. An empty reference means that the server asks
/// for none (peer, trust, a local file).
struct Credentials {
  std::string username;
  SecretRef secret_ref;
  AuthType auth_type = AuthType::kPassword;
};

/// Where a database is and how to log in. A value; checked by `Validate` wherever one enters
/// (creating an instance), never changed afterwards.
struct ConnectionInfo {
  std::string host;
  std::uint16_t port = 0;  ///< 0: the engine's default
  std::string database;    ///< a name, or a path for engines that live in files
  Credentials credentials;
  std::map<std::string, std::string> properties;  ///< engine-specific; checked against its specs

  /// Errors: InvalidOptions (control characters, malformed secret reference).
  [[nodiscard]] Result<void> Validate() const;
};

/// `engine://user@host:port/database?property=value&secret=provider:key`, the URI form of an
/// instance. `engine:///path` for engines that live in files.
struct InstanceUri {
  std::string engine;
  ConnectionInfo connection;

  /// Errors: InvalidOptions. A password in the URI is refused with the way to reference one; it is
  /// never echoed.
  [[nodiscard]] static Result<InstanceUri> Parse(std::string_view text);
};

/// True when the text has the form `scheme://…`.
[[nodiscard]] bool LooksLikeUri(std::string_view text);
/// Percent-decodes; errors: InvalidOptions on a malformed escape.
[[nodiscard]] Result<std::string> PercentDecode(std::string_view text);
/// Percent-encodes everything but letters, digits, `-`, `_`, `.` and the characters in `keep`.
[[nodiscard]] std::string PercentEncode(std::string_view text, std::string_view keep = "");

}  // namespace dbstow
