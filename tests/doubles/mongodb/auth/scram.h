#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dbstow/core/result.h"

namespace dbstow::doubles::mongodb {

/// What a server keeps of a password for SCRAM-SHA-256.
struct ScramCredential {
  int iterations = 0;
  std::string salt;        ///< raw bytes
  std::string stored_key;  ///< raw bytes
  std::string server_key;  ///< raw bytes
};

/// `password` is taken as it is: ASCII, for which SASLprep changes nothing.
[[nodiscard]] ScramCredential MakeScramCredential(std::string_view password, std::string salt,
                                                  int iterations);

/// The server's side of one SCRAM-SHA-256 exchange (RFC 5802, RFC 7677).
class ScramServer {
 public:
  /// The user's name in the client's first message. Errors: AuthenticationFailed when malformed.
  [[nodiscard]] Result<std::string> ReadFirst(std::string_view message);
  /// The server's first message. An absent credential (no such user) goes on as if there were one,
  /// and fails at the end.
  [[nodiscard]] std::string Challenge(const std::optional<ScramCredential>& credential,
                                      std::string_view server_nonce);
  /// The server's final message. Errors: AuthenticationFailed.
  [[nodiscard]] Result<std::string> ReadFinal(std::string_view message) const;

 private:
  std::string client_first_bare_;
  std::string client_nonce_;
  std::string server_first_;
  std::string nonce_;
  std::optional<ScramCredential> credential_;
};

[[nodiscard]] std::string Base64(std::string_view bytes);
/// Errors: AuthenticationFailed.
[[nodiscard]] Result<std::string> FromBase64(std::string_view text);

}  // namespace dbstow::doubles::mongodb
