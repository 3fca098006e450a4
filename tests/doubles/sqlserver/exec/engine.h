#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "doubles/sqlserver/exec/faults.h"
#include "doubles/sqlserver/exec/functions.h"
#include "doubles/sqlserver/exec/session.h"
#include "doubles/sqlserver/model/instance.h"

namespace dbstow::doubles::sqlserver {

/// Exclusive locks on tables, held by sessions until their transaction ends.
class TableLocks {
 public:
  using Key = std::pair<int, int>;  ///< database, table

  /// The session that holds it, when it is another.
  [[nodiscard]] std::optional<int> HolderBeside(int session, const Key& key) const;
  void Take(int session, const Key& key) { holders_[key] = session; }
  void Release(int session);

  /// False when waiting would never end, because `holder` waits for `session`.
  [[nodiscard]] bool StartWaiting(int session, int holder);
  void StopWaiting(int session) { waits_.erase(session); }

 private:
  std::map<Key, int> holders_;
  std::map<int, int> waits_;
};

struct LoginRequest {
  std::string user;
  std::string password;
  std::string database;
  std::string host;
  std::string program;
};

/// The server without its network: an instance and the sessions on it. Members are for holders of
/// the instance's lock, but for `Login` and `Logout`, which take it.
class Engine {
 public:
  explicit Engine(std::unique_ptr<Instance> instance)
      : instance_(std::move(instance)), functions_(*instance_) {}

  [[nodiscard]] Instance& instance() { return *instance_; }
  [[nodiscard]] FunctionHost& functions() { return functions_; }

  /// Errors: 18456, 4060 with the state that tells why.
  [[nodiscard]] SqlResult<std::unique_ptr<Session>> Login(const LoginRequest& request);
  /// Rolls back what the session left open.
  void Logout(Session& session);

  /// Rolls back, releases locks; the session has no transaction then.
  [[nodiscard]] SqlResult<void> RollbackTransaction(Session& session);
  /// Ends other sessions that use the database; their threads notice soon.
  [[nodiscard]] SqlResult<void> KillUsersOf(int database, const Session& but);
  [[nodiscard]] bool InUse(int database, const Session& beside) const;
  /// Whether it keeps others waiting: by a transaction, or by a suspended database.
  [[nodiscard]] bool Holds(int session) const;

  std::map<int, Session*> sessions;
  TableLocks locks;
  Faults faults;
  /// By database: data backups, and log backups (true).
  std::set<std::pair<int, bool>> running_backups;

 private:
  std::unique_ptr<Instance> instance_;
  FunctionHost functions_;
  int next_session_ = 51;
};

}  // namespace dbstow::doubles::sqlserver
