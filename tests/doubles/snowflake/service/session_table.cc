#include "doubles/snowflake/service/session_table.h"

#include <nlohmann/json.hpp>

#include "doubles/snowflake/exec/access.h"
#include "doubles/snowflake/exec/session_statements.h"
#include "doubles/snowflake/stage/client_encryption.h"

namespace dbstow::doubles::snowflake {
namespace {

using Tree = nlohmann::json;

Error Refused(const char* number, std::string message) {
  Error error(ErrorCode::kAuthenticationFailed, std::move(message));
  error.WithNative({"snowflake", number, "08001"});
  return error;
}

std::string EncodeSession(const Session& session) {
  return Tree({{"id", session.id},
               {"token", session.token},
               {"master_token", session.master_token},
               {"times", {session.token_expires, session.master_expires}},
               {"user", session.user},
               {"role", session.role},
               {"secondary_roles", session.secondary_roles},
               {"database", session.database},
               {"schema", session.schema},
               {"warehouse", session.warehouse},
               {"parameters", session.parameters},
               {"last_query_id", session.last_query_id}})
      .dump(-1, ' ', false, Tree::error_handler_t::replace);
}

Result<Session> DecodeSession(const std::string& text) {
  try {
    const Tree tree = Tree::parse(text);
    Session session;
    session.id = tree.at("id");
    session.token = tree.at("token");
    session.master_token = tree.at("master_token");
    session.token_expires = tree.at("times").at(0);
    session.master_expires = tree.at("times").at(1);
    session.user = tree.at("user");
    session.role = tree.at("role");
    session.secondary_roles = tree.at("secondary_roles");
    session.database = tree.at("database");
    session.schema = tree.at("schema");
    session.warehouse = tree.at("warehouse");
    session.parameters = tree.at("parameters").get<std::map<std::string, std::string>>();
    session.last_query_id = tree.at("last_query_id");
    return session;
  } catch (const Tree::exception& reason) {
    return Error(ErrorCode::kCorrupt,
                 std::string("a session that was never written: ") + reason.what());
  }
}

std::string Folded(const std::string& name) {
  if (name.size() > 1 && name.front() == '"' && name.back() == '"')
    return name.substr(1, name.size() - 2);
  std::string upper = name;
  for (char& letter : upper)
    letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return upper;
}

std::string NewToken(const char* kind) {
  return std::string("ver:3-") + kind + Base64(RandomBytes(33));
}

bool MayUse(const CatalogView& view, const Object& user, const Object& role) {
  if (role.name() == "PUBLIC") return true;
  for (const Id granted : std::get<PrincipalDetail>(user.detail).roles) {
    if (RolesWithin(view, granted).count(role.id) > 0) return true;
  }
  return false;
}

}  // namespace

Result<void> SessionTable::Load() {
  const std::lock_guard lock(mutex_);
  return engine_.Locked([&](const Engine::Parts& parts) -> Result<void> {
    DBSTOW_ASSIGN(const auto sessions, parts.file.LoadValues("session/"));
    for (const auto& [key, text] : sessions) {
      DBSTOW_ASSIGN(Session session, DecodeSession(text));
      ids_by_token_[session.token] = session.id;
      ids_by_master_[session.master_token] = session.id;
      auto loaded = std::make_shared<Session>(std::move(session));
      by_id_[loaded->id] = loaded;
    }
    DBSTOW_ASSIGN(const auto tokens, parts.file.LoadValues("token/"));
    for (const auto& [key, text] : tokens) {
      const Tree tree = Tree::parse(text, nullptr, false);
      if (!tree.is_array() || tree.size() != 4) return Error(ErrorCode::kCorrupt, "a bearer token");
      tokens_[key.substr(6)] = BearerToken{tree[0], tree[1], tree[2], tree[3]};
    }
    return {};
  });
}

void SessionTable::AddToken(const std::string& token, const BearerToken& bearer) {
  const std::lock_guard lock(mutex_);
  tokens_[token] = bearer;
  engine_.Locked([&](const Engine::Parts& parts) {
    static_cast<void>(parts.file.SaveValue(
        "token/" + token, Tree({bearer.kind, bearer.user, bearer.role, bearer.expires}).dump()));
  });
}

void SessionTable::NoteLogin(const std::string& token) {
  constexpr std::size_t kKept = 1000;
  const auto claims = DecodeJwt(token);
  if (!claims) return;
  jwt_logins_.push_back({claims->subject, claims->in_milliseconds});
  if (jwt_logins_.size() > kKept) jwt_logins_.pop_front();
}

std::vector<JwtLogin> SessionTable::jwt_logins() const {
  const std::lock_guard lock(mutex_);
  return {jwt_logins_.begin(), jwt_logins_.end()};
}

void SessionTable::GiveTokens(Session& session, Nanos now) {
  session.token = NewToken("hint:");
  session.master_token = NewToken("master:");
  session.token_expires = now + kSessionSeconds * kNanosPerSecond;
  session.master_expires = now + kMasterSeconds * kNanosPerSecond;
}

Result<std::shared_ptr<Session>> SessionTable::Start(const CatalogView& view, const Object& user,
                                                     const SessionWishes& wishes) {
  auto session = std::make_shared<Session>();
  const auto choose = [&](const std::string& wish, const char* option) {
    return Folded(wish.empty() ? user.Option(option) : wish);
  };
  session->user = user.id;
  session->database = choose(wishes.database, "DEFAULT_NAMESPACE");
  if (const size_t dot = session->database.find('.'); dot != std::string::npos) {
    session->schema = session->database.substr(dot + 1);
    session->database.resize(dot);
  }
  if (!wishes.schema.empty()) session->schema = Folded(wishes.schema);
  if (session->schema.empty() && !session->database.empty()) session->schema = "PUBLIC";
  session->warehouse = choose(wishes.warehouse, "DEFAULT_WAREHOUSE");
  std::string role_name = choose(wishes.role, "DEFAULT_ROLE");
  if (role_name.empty()) role_name = "PUBLIC";
  const Object* role = view.FindChild(ObjectKind::kRole, kAccountId, role_name);
  if (role == nullptr || !MayUse(view, user, *role)) {
    return Refused(
        "390189",
        "Role '" + role_name +
            "' specified in the connect string does not exist or not authorized. Contact your "
            "local system administrator, or attempt to login with another role, e.g. PUBLIC.");
  }
  session->role = role->id;
  session->secondary_roles = user.Option("DEFAULT_SECONDARY_ROLES", "ALL") == "ALL";
  for (const auto& [key, value] : wishes.parameters) {
    // What a driver tells about itself here and this double does not know changes nothing.
    static_cast<void>(SetSessionParameter(*session, key, value));
  }
  return session;
}

Result<std::shared_ptr<Session>> SessionTable::Login(const LoginOffer& offer,
                                                     const SessionWishes& wishes) {
  const std::lock_guard lock(mutex_);
  return engine_.Locked([&](const Engine::Parts& parts) -> Result<std::shared_ptr<Session>> {
    const Nanos now = parts.clock.Now();
    const Authenticator authenticator(parts.catalog, tokens_, now);
    DBSTOW_ASSIGN(const Object* user, authenticator.Login(offer));
    SessionWishes wanted = wishes;
    const std::string bound = authenticator.RoleOfToken(offer.token);
    if (!bound.empty()) wanted.role = bound;
    DBSTOW_ASSIGN(auto session, Start(parts.catalog, *user, wanted));
    session->id = std::to_string(now / 1000) + std::to_string(by_id_.size() % 1000);
    GiveTokens(*session, now);
    ids_by_token_[session->token] = session->id;
    ids_by_master_[session->master_token] = session->id;
    by_id_[session->id] = session;
    SaveLocked(*session, parts.file);
    NoteLogin(offer.token);
    return session;
  });
}

Result<std::shared_ptr<Session>> SessionTable::Bearer(const std::string& token,
                                                      const std::string& kind,
                                                      const SessionWishes& wishes) {
  const std::lock_guard lock(mutex_);
  return engine_.Locked([&](const Engine::Parts& parts) -> Result<std::shared_ptr<Session>> {
    const Authenticator authenticator(parts.catalog, tokens_, parts.clock.Now());
    DBSTOW_ASSIGN(const Object* user, authenticator.Bearer(token, kind));
    SessionWishes wanted = wishes;
    const std::string bound = authenticator.RoleOfToken(token);
    if (!bound.empty()) wanted.role = bound;
    DBSTOW_ASSIGN(auto session, Start(parts.catalog, *user, wanted));
    session->id = "api" + std::to_string(parts.clock.Now() / 1000);
    NoteLogin(token);
    return session;
  });
}

Result<std::shared_ptr<Session>> SessionTable::Find(const std::string& token) {
  const Nanos now = engine_.Now();
  const std::lock_guard lock(mutex_);
  const auto id = ids_by_token_.find(token);
  if (id == ids_by_token_.end()) return Refused("390104", "Invalid session token was specified.");
  const auto session = by_id_.find(id->second);
  if (session == by_id_.end())
    return Refused("390111", "Session no longer exists. New login required to access the service.");
  if (session->second->token != token || session->second->token_expires < now) {
    return Refused("390112", "Your session has expired. Please login again.");
  }
  return session->second;
}

Result<std::shared_ptr<Session>> SessionTable::Renew(const std::string& master_token) {
  const Nanos now = engine_.Now();
  const std::lock_guard lock(mutex_);
  const auto id = ids_by_master_.find(master_token);
  if (id == ids_by_master_.end()) return Refused("390104", "Invalid session token was specified.");
  const auto found = by_id_.find(id->second);
  if (found == by_id_.end())
    return Refused("390111", "Session no longer exists. New login required to access the service.");
  if (found->second->master_token != master_token || found->second->master_expires < now) {
    return Refused("390114",
                   "Authentication token has expired.  The user must authenticate again.");
  }
  Session& session = *found->second;
  GiveTokens(session, now);
  ids_by_token_[session.token] = session.id;
  ids_by_master_[session.master_token] = session.id;
  engine_.Locked([&](const Engine::Parts& parts) { SaveLocked(session, parts.file); });
  return found->second;
}

void SessionTable::End(const std::string& token) {
  const std::lock_guard lock(mutex_);
  const auto id = ids_by_token_.find(token);
  if (id == ids_by_token_.end()) return;
  const std::string session = id->second;
  by_id_.erase(session);
  engine_.Locked([&](const Engine::Parts& parts) {
    static_cast<void>(parts.file.RemoveValue("session/" + session));
    Change change(parts.catalog, parts.clock.Now());
    std::vector<Id> temporary;
    for (const auto& [object_id, object] : change.objects()) {
      if (object->live() && object->session == session) temporary.push_back(object_id);
    }
    for (const Id object_id : temporary) change.Drop(object_id);
    if (!change.empty()) static_cast<void>(parts.catalog.Commit(std::move(change), QueryRecord{}));
  });
}

Result<void> SessionTable::Heartbeat(const std::string& token) {
  DBSTOW_ASSIGN(const auto session, Find(token));
  const Nanos now = engine_.Now();
  const std::lock_guard lock(mutex_);
  session->token_expires = now + kSessionSeconds * kNanosPerSecond;
  session->master_expires = now + kMasterSeconds * kNanosPerSecond;
  return {};
}

void SessionTable::Save(const Session& session) {
  const std::lock_guard lock(mutex_);
  if (by_id_.count(session.id) == 0) return;
  engine_.Locked([&](const Engine::Parts& parts) { SaveLocked(session, parts.file); });
}

void SessionTable::SaveLocked(const Session& session, StateFile& file) {
  static_cast<void>(file.SaveValue("session/" + session.id, EncodeSession(session)));
}

void SessionTable::ExpireTokens() {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, session] : by_id_) session->token_expires = 0;
}

void SessionTable::ExpireMasterTokens() {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, session] : by_id_) session->token_expires = session->master_expires = 0;
}

size_t SessionTable::size() const {
  const std::lock_guard lock(mutex_);
  return by_id_.size();
}

}  // namespace dbstow::doubles::snowflake
