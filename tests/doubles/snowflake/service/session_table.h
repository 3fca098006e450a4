#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "doubles/snowflake/auth/authenticator.h"
#include "doubles/snowflake/auth/jwt.h"
#include "doubles/snowflake/exec/session.h"
#include "doubles/snowflake/service/engine.h"

namespace dbstow::doubles::snowflake {

/// What a session starts with, as the login asks for it.
struct SessionWishes {
  std::string database;
  std::string schema;
  std::string warehouse;
  std::string role;
  std::map<std::string, std::string> parameters;
};

/// Sessions by their tokens; they and the bearer tokens survive a restart. Thread-safe.
/// Errors carry the vendor's number in `native()`: 390104 token not known, 390112 expired, 390114
/// master token expired, 390111 session gone, 390189 role.
class SessionTable {
 public:
  explicit SessionTable(Engine& engine) : engine_(engine) {}
  [[nodiscard]] Result<void> Load();

  [[nodiscard]] Result<std::shared_ptr<Session>> Login(const LoginOffer& offer,
                                                       const SessionWishes& wishes);
  /// A session for one request of the SQL API, in no table.
  [[nodiscard]] Result<std::shared_ptr<Session>> Bearer(const std::string& token,
                                                        const std::string& kind,
                                                        const SessionWishes& wishes);
  [[nodiscard]] Result<std::shared_ptr<Session>> Find(const std::string& token);
  /// New tokens for a session, against its master token.
  [[nodiscard]] Result<std::shared_ptr<Session>> Renew(const std::string& master_token);
  void End(const std::string& token);
  /// Keeps both tokens alive.
  [[nodiscard]] Result<void> Heartbeat(const std::string& token);
  /// Writes what statements may have changed in the session.
  void Save(const Session& session);
  /// Makes every session token expired now, as if its time had passed.
  void ExpireTokens();
  void ExpireMasterTokens();
  [[nodiscard]] size_t size() const;

  void AddToken(const std::string& token, const BearerToken& bearer);
  /// Every login by key pair since the process began, the last thousand of them.
  [[nodiscard]] std::vector<JwtLogin> jwt_logins() const;

 private:
  [[nodiscard]] Result<std::shared_ptr<Session>> Start(const CatalogView& view, const Object& user,
                                                       const SessionWishes& wishes);
  void GiveTokens(Session& session, Nanos now);
  void NoteLogin(const std::string& token);
  void SaveLocked(const Session& session, StateFile& file);

  Engine& engine_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Session>> by_id_;
  std::map<std::string, std::string> ids_by_token_;  ///< also of tokens that were renewed
  std::map<std::string, std::string> ids_by_master_;
  std::map<std::string, BearerToken> tokens_;
  std::deque<JwtLogin> jwt_logins_;
};

inline constexpr int64_t kSessionSeconds = 3600;
inline constexpr int64_t kMasterSeconds = 14400;

}  // namespace dbstow::doubles::snowflake
