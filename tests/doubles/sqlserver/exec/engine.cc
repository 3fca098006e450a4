#include "doubles/sqlserver/exec/engine.h"

#include <algorithm>

#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/exec/snapshot.h"
#include "doubles/sqlserver/model/journal.h"

namespace dbstow::doubles::sqlserver {
namespace {

SqlError LoginFailed(const std::string& user, int state) {
  return {18456, 14, "Login failed for user '" + user + "'.", state};
}

SqlError CannotOpen(const std::string& database) {
  return {4060, 11,
          "Cannot open database \"" + database + "\" requested by the login. The login failed."};
}

}  // namespace

std::optional<int> TableLocks::HolderBeside(int session, const Key& key) const {
  const auto found = holders_.find(key);
  if (found == holders_.end() || found->second == session) return std::nullopt;
  return found->second;
}

void TableLocks::Release(int session) {
  std::erase_if(holders_, [session](const auto& lock) { return lock.second == session; });
}

bool TableLocks::StartWaiting(int session, int holder) {
  for (int next = holder;;) {
    if (next == session) return false;
    const auto waits = waits_.find(next);
    if (waits == waits_.end()) break;
    next = waits->second;
  }
  waits_[session] = holder;
  return true;
}

SqlResult<std::unique_ptr<Session>> Engine::Login(const LoginRequest& request) {
  const std::scoped_lock lock(instance_->mutex());
  const auto* login = instance_->FindLogin(request.user);
  if (login == nullptr) return LoginFailed(request.user, 5);
  if (login->disabled) return LoginFailed(request.user, 7);
  if (login->password_hash != HashPassword(request.password)) return LoginFailed(request.user, 8);
  const std::string name = request.database.empty() ? login->default_database : request.database;
  const Database* database = instance_->Find(name);
  const Security security(*instance_);
  if (database == nullptr || database->state != DatabaseState::kOnline ||
      !security.UserIn(login->name, *database) ||
      (database->access == UserAccess::kRestricted &&
       !security.MayEnterRestricted(login->name, *database))) {
    return CannotOpen(name);
  }
  auto session = std::make_unique<Session>();
  if (database->access == UserAccess::kSingle && InUse(database->id, *session)) {
    return CannotOpen(name);
  }
  session->id = next_session_++;
  session->login = login->name;
  session->host = request.host;
  session->program = request.program;
  session->database = database->id;
  session->login_time = instance_->Now();
  sessions[session->id] = session.get();
  return session;
}

void Engine::Logout(Session& session) {
  const std::scoped_lock lock(instance_->mutex());
  // What cannot be rolled back now is rolled back by the next start's recovery.
  static_cast<void>(RollbackTransaction(session));
  const std::map<int, Suspension> suspended = instance_->suspended;
  for (const auto& [database, suspension] : suspended) {
    // A data file that cannot be emptied is no reason to stay frozen.
    if (suspension.session == session.id) static_cast<void>(Resume(*this, session, database));
  }
  sessions.erase(session.id);
  instance_->released().notify_all();
}

SqlResult<void> Engine::RollbackTransaction(Session& session) {
  const SessionTransaction transaction = std::exchange(session.transaction, {});
  SqlResult<void> outcome;
  if (!transaction.parts.empty()) {
    UnitOfWork work(*instance_);
    for (const auto& [database, part] : transaction.parts) {
      if (!instance_->databases().contains(database)) continue;
      Journal journal(*instance_, database);
      outcome = journal.Abort(part);
      if (outcome) outcome = journal.TruncateIfSimple();
      if (!outcome) break;
    }
    if (outcome) outcome = work.Commit();
  }
  locks.Release(session.id);
  instance_->released().notify_all();
  return outcome;
}

SqlResult<void> Engine::KillUsersOf(int database, const Session& but) {
  for (const auto& [id, session] : sessions) {
    const bool changes = session->transaction.parts.contains(database);
    if (session == &but || (session->database != database && !changes)) continue;
    session->killed = true;
    DBSTOW_TRY(RollbackTransaction(*session));
  }
  instance_->released().notify_all();
  return {};
}

bool Engine::Holds(int session) const {
  const auto found = sessions.find(session);
  if (found != sessions.end() && found->second->transaction.depth > 0) return true;
  const auto& suspended = instance_->suspended;
  return std::any_of(suspended.begin(), suspended.end(),
                     [&](const auto& entry) { return entry.second.session == session; });
}

bool Engine::InUse(int database, const Session& beside) const {
  if (instance_->suspended.contains(database)) return true;
  return std::any_of(sessions.begin(), sessions.end(), [&](const auto& entry) {
    const Session& session = *entry.second;
    return &session != &beside && !session.killed &&
           (session.database == database || session.transaction.parts.contains(database));
  });
}

}  // namespace dbstow::doubles::sqlserver
