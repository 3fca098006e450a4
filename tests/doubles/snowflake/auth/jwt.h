#pragma once

#include <string>

#include "dbstow/core/result.h"

namespace dbstow::doubles::snowflake {

/// What a key-pair token says, before anything of it is believed.
struct JwtClaims {
  std::string issuer;   ///< ACCOUNT.USER.SHA256:fingerprint
  std::string subject;  ///< ACCOUNT.USER
  int64_t issued_seconds = 0;
  int64_t expires_seconds = 0;
  bool in_milliseconds = false;  ///< npm's driver writes its times so
  std::string signed_part;
  std::string signature;
};

/// In which unit a token that was accepted wrote its times, for tests to see.
struct JwtLogin {
  std::string subject;
  bool in_milliseconds = false;
};

/// Takes a token apart. Errors: AuthenticationFailed for what is no RS256 token. Safe for any
/// bytes.
[[nodiscard]] Result<JwtClaims> DecodeJwt(const std::string& token);
/// Whether the token was signed with the private half of a public key, given as PEM or as the
/// base64 between its lines. Errors: AuthenticationFailed.
[[nodiscard]] Result<void> VerifyJwt(const JwtClaims& claims, const std::string& public_key);
/// "SHA256:<base64>" of a public key. Errors: InvalidOptions.
[[nodiscard]] Result<std::string> Fingerprint(const std::string& public_key);

}  // namespace dbstow::doubles::snowflake
