#pragma once

#include <map>
#include <string>

#include "dbstow/core/result.h"
#include "doubles/snowflake/model/catalog_view.h"

namespace dbstow::doubles::snowflake {

/// What a client offers at login; empty fields were not sent.
struct LoginOffer {
  std::string authenticator;
  std::string account;
  std::string user;
  std::string password;
  std::string passcode;
  std::string token;
  bool passcode_in_password = false;
};

/// A bearer token that was given out: OAuth or programmatic.
struct BearerToken {
  std::string kind;  ///< "OAUTH" or "PROGRAMMATIC_ACCESS_TOKEN"
  std::string user;
  std::string role;  ///< restricts to it when not empty
  Nanos expires = 0;
};

/// The number that a login failed with is in `Error::native()`.
/// Whoever proves to be a user of the account. Errors, with the vendor's number: 390100 wrong name
/// or password, 390144 a JWT that is not valid, 390303/390318 OAuth token invalid/expired, 390127
/// wrong passcode, 390197 a passcode is needed, 390101 disabled, 390190 unknown authenticator.
class Authenticator {
 public:
  Authenticator(const CatalogView& view, const std::map<std::string, BearerToken>& tokens,
                Nanos now)
      : view_(view), tokens_(tokens), now_(now) {}

  [[nodiscard]] Result<const Object*> Login(const LoginOffer& offer) const;
  /// `kind`: KEYPAIR_JWT, OAUTH, PROGRAMMATIC_ACCESS_TOKEN, or empty: the token's looks decide.
  [[nodiscard]] Result<const Object*> Bearer(const std::string& token,
                                             const std::string& kind) const;
  /// The role that the token is bound to, or "".
  [[nodiscard]] std::string RoleOfToken(const std::string& token) const;

 private:
  [[nodiscard]] Result<const Object*> FindUser(const std::string& name) const;
  [[nodiscard]] Result<const Object*> ByPassword(const LoginOffer& offer) const;
  [[nodiscard]] Result<const Object*> ByJwt(const std::string& token) const;
  [[nodiscard]] Result<const Object*> ByToken(const std::string& token,
                                              const std::string& kind) const;

  const CatalogView& view_;
  const std::map<std::string, BearerToken>& tokens_;
  const Nanos now_;
};

}  // namespace dbstow::doubles::snowflake
