#include "doubles/snowflake/auth/authenticator.h"

#include <chrono>

#include "doubles/snowflake/auth/jwt.h"

namespace dbstow::doubles::snowflake {
namespace {

constexpr int64_t kMostJwtLife = 3600;
constexpr int64_t kClockSkew = 60;

Error Refused(const char* number, std::string message) {
  Error error(ErrorCode::kAuthenticationFailed, std::move(message));
  error.WithNative({"snowflake", number, "08001"});
  return error;
}

Error BadLogin() { return Refused("390100", "Incorrect username or password was specified."); }
Error BadJwt(const Error& why) {
  return Refused("390144", "JWT token is invalid. [" + why.message() + "]");
}

std::string Upper(std::string text) {
  for (char& letter : text)
    letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return text;
}

// A token is issued by a client's own clock, which the virtual one has no power over.
int64_t SystemSeconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Result<const Object*> Authenticator::FindUser(const std::string& name) const {
  for (const Object* user : view_.Children(ObjectKind::kUser, kAccountId)) {
    if (Upper(user->Option("LOGIN_NAME", user->name())) != Upper(name)) continue;
    if (Upper(user->Option("DISABLED")) == "TRUE") {
      return Refused("390101", "User access disabled. Contact your local system administrator.");
    }
    return user;
  }
  return BadLogin();
}

Result<const Object*> Authenticator::Login(const LoginOffer& offer) const {
  const std::string kind = Upper(offer.authenticator);
  if (kind.empty() || kind == "SNOWFLAKE" || kind == "USERNAME_PASSWORD_MFA")
    return ByPassword(offer);
  if (kind == "SNOWFLAKE_JWT") return ByJwt(offer.token);
  if (kind == "OAUTH" || kind == "PROGRAMMATIC_ACCESS_TOKEN") return ByToken(offer.token, kind);
  return Refused("390190",
                 "Authenticator '" + offer.authenticator + "' is not supported by this account.");
}

Result<const Object*> Authenticator::ByPassword(const LoginOffer& offer) const {
  DBSTOW_ASSIGN(const Object* user, FindUser(offer.user));
  // A programmatic token may stand where a password is asked for.
  if (tokens_.count(offer.password) > 0)
    return ByToken(offer.password, "PROGRAMMATIC_ACCESS_TOKEN");
  const std::string passcode = user->Option("MFA_PASSCODE");
  std::string password = offer.password;
  std::string given = offer.passcode;
  if (offer.passcode_in_password && password.size() > passcode.size()) {
    given = password.substr(password.size() - passcode.size());
    password.resize(password.size() - passcode.size());
  }
  const std::string expected = user->Option("PASSWORD");
  if (expected.empty() || password != expected) return BadLogin();
  if (passcode.empty()) return user;
  if (given.empty()) {
    return Refused(
        "390197",
        "Multi-factor authentication is required for this account. Log in with a passcode.");
  }
  if (given != passcode) return Refused("390127", "Incorrect passcode was specified.");
  return user;
}

Result<const Object*> Authenticator::ByJwt(const std::string& token) const {
  const auto claims = DecodeJwt(token);
  if (!claims) return BadJwt(claims.error());
  const size_t account_end = claims->subject.find('.');
  if (account_end == std::string::npos)
    return BadJwt(Error(ErrorCode::kAuthenticationFailed, "sub"));
  const auto user = FindUser(claims->subject.substr(account_end + 1));
  if (!user) return BadJwt(user.error());
  const int64_t now = SystemSeconds();
  if (claims->expires_seconds < now - kClockSkew || claims->issued_seconds > now + kClockSkew ||
      claims->expires_seconds - claims->issued_seconds > kMostJwtLife) {
    return BadJwt(
        Error(ErrorCode::kAuthenticationFailed, "its time is over, not yet come, or too long"));
  }
  for (const char* option : {"RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2"}) {
    const std::string key = (*user)->Option(option);
    if (key.empty()) continue;
    const auto fingerprint = Fingerprint(key);
    if (fingerprint && claims->issuer == claims->subject + "." + *fingerprint &&
        VerifyJwt(*claims, key)) {
      return *user;
    }
  }
  return BadJwt(Error(ErrorCode::kAuthenticationFailed, "no key of the user fits"));
}

Result<const Object*> Authenticator::ByToken(const std::string& token,
                                             const std::string& kind) const {
  const auto found = tokens_.find(token);
  if (found == tokens_.end() || found->second.kind != kind) {
    return kind == "OAUTH" ? Refused("390303", "Invalid OAuth access token.")
                           : Refused("394400", "Programmatic access token is invalid.");
  }
  if (found->second.expires < now_) {
    return kind == "OAUTH" ? Refused("390318", "OAuth access token expired.")
                           : Refused("394400", "Programmatic access token is invalid.");
  }
  return FindUser(found->second.user);
}

Result<const Object*> Authenticator::Bearer(const std::string& token,
                                            const std::string& kind) const {
  const bool jwt = kind == "KEYPAIR_JWT" ||
                   (kind.empty() && token.starts_with("ey") && tokens_.count(token) == 0);
  if (jwt) return ByJwt(token);
  const auto found = tokens_.find(token);
  return ByToken(token,
                 !kind.empty() ? kind : (found == tokens_.end() ? "OAUTH" : found->second.kind));
}

std::string Authenticator::RoleOfToken(const std::string& token) const {
  const auto found = tokens_.find(token);
  return found == tokens_.end() ? "" : found->second.role;
}

}  // namespace dbstow::doubles::snowflake
