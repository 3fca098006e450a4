#include <algorithm>

#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/executor.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/model/journal.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

const std::string* Find(const Options& options, std::string_view name) {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const auto& option) { return option.first == name; });
  return found == options.end() ? nullptr : &found->second;
}

template <class T>
auto FindNamed(std::vector<T>& all, std::string_view name) {
  return std::find_if(all.begin(), all.end(),
                      [&](const T& one) { return SameName(one.name, name); });
}

SqlError Exists(const std::string& kind, const std::string& name) {
  return {15025, 16, "The " + kind + " '" + name + "' already exists."};
}
SqlError Absent(const std::string& kind, const std::string& name) {
  return {15151, 16,
          "Cannot find the " + kind + " '" + name +
              "', because it does not exist or you do not have permission."};
}

}  // namespace

Executor::OutcomeOr Executor::Execute(const PrincipalStatement& statement) {
  DBSTOW_TRY(Work([&]() -> SqlResult<void> {
    if (statement.kind == "LOGIN") return ChangeLogin(statement);
    if (statement.kind == "USER") return ChangeUser(statement);
    if (statement.kind == "CREDENTIAL") return ChangeCredential(statement);
    if (statement.kind == "ROLE") return NotSupportedHere("CREATE ROLE");
    return ChangeCertificate(statement);
  }));
  return Outcome{};
}

SqlResult<void> Executor::ChangeLogin(const PrincipalStatement& statement) {
  const Security security(engine_.instance());
  const bool own = SameName(statement.name, session_.login) && statement.verb == Ddl::kAlter;
  if (!own && !security.HasServer(session_.login, "ALTER ANY LOGIN")) return NoPermission();
  std::vector<Login>& logins = engine_.instance().MutableServer().logins;
  const auto found = FindNamed(logins, statement.name);
  if (statement.verb == Ddl::kCreate) {
    if (found != logins.end()) return Exists("server principal", statement.name);
    const std::string* password = Find(statement.options, "PASSWORD");
    if (password == nullptr) return NotSupportedHere("CREATE LOGIN without PASSWORD");
    Login login{statement.name, HashPassword(*password)};
    if (const auto* database = Find(statement.options, "DEFAULT_DATABASE")) {
      login.default_database = *database;
    }
    logins.push_back(std::move(login));
    return {};
  }
  if (found == logins.end()) return Absent("login", statement.name);
  if (statement.verb == Ddl::kDrop) {
    if (SameName(statement.name, "sa")) return NoPermission();
    for (const auto& [id, session] : engine_.sessions) {
      if (SameName(session->login, statement.name)) {
        return SqlError{
            15434, 16,
            "Could not drop login '" + statement.name + "' as the user is currently logged in."};
      }
    }
    logins.erase(found);
    return {};
  }
  if (const auto* password = Find(statement.options, "PASSWORD")) {
    found->password_hash = HashPassword(*password);
  }
  if (const auto* disabled = Find(statement.options, "DISABLED")) {
    found->disabled = *disabled == "1";
  }
  if (const auto* database = Find(statement.options, "DEFAULT_DATABASE")) {
    found->default_database = *database;
  }
  return {};
}

// Users live in the database, so that backups carry them.
SqlResult<void> Executor::ChangeUser(const PrincipalStatement& statement) {
  Instance& instance = engine_.instance();
  const Database& database = instance.databases().at(session_.database);
  const Security security(instance);
  if (!security.HasDatabase(session_.login, database, "ALTER ANY USER")) return NoPermission();
  std::vector<User> users = database.users;
  const auto found = FindNamed(users, statement.name);
  if (statement.verb == Ddl::kCreate) {
    if (found != users.end()) {
      return SqlError{15023, 16,
                      "User, group, or role '" + statement.name +
                          "' already exists in "
                          "the current database."};
    }
    const std::string* login = Find(statement.options, "LOGIN");
    User user{statement.name, login == nullptr ? statement.name : *login, {}, {}};
    if (!user.login.empty() && instance.FindLogin(user.login) == nullptr) {
      return SqlError{15007, 16,
                      "'" + user.login +
                          "' is not a valid login or you do not have "
                          "permission."};
    }
    users.push_back(std::move(user));
  } else {
    if (found == users.end()) return Absent("user", statement.name);
    if (statement.verb == Ddl::kDrop) {
      users.erase(found);
    } else if (const auto* login = Find(statement.options, "LOGIN")) {
      found->login = *login;
    } else {
      return NotSupportedHere("ALTER USER");
    }
  }
  Journal journal(instance, database.id);
  DBSTOW_ASSIGN(const std::int64_t transaction, journal.BeginTransaction());
  DBSTOW_TRY(journal.SetUsers(transaction, users));
  DBSTOW_TRY(journal.Commit(transaction));
  return journal.TruncateIfSimple();
}

SqlResult<void> Executor::ChangeCredential(const PrincipalStatement& statement) {
  const Security security(engine_.instance());
  if (!security.HasServer(session_.login, "ALTER ANY CREDENTIAL")) return NoPermission();
  std::vector<Credential>& all = engine_.instance().MutableServer().credentials;
  const auto found = FindNamed(all, statement.name);
  if (statement.verb == Ddl::kCreate && found != all.end()) {
    return SqlError{15028, 16, "The credential '" + statement.name + "' already exists."};
  }
  if (statement.verb != Ddl::kCreate && found == all.end()) {
    return Absent("credential", statement.name);
  }
  if (statement.verb == Ddl::kDrop) {
    all.erase(found);
    return {};
  }
  const std::string* identity = Find(statement.options, "IDENTITY");
  const std::string* secret = Find(statement.options, "SECRET");
  if (identity == nullptr) return SqlError{102, 15, "Incorrect syntax near 'CREDENTIAL'."};
  Credential credential{statement.name, *identity, secret == nullptr ? "" : *secret,
                        engine_.instance().Now()};
  if (statement.verb == Ddl::kAlter) {
    *found = std::move(credential);
  } else {
    all.push_back(std::move(credential));
  }
  return {};
}

SqlResult<void> Executor::ChangeCertificate(const PrincipalStatement& statement) {
  Instance& instance = engine_.instance();
  if (!Security(instance).IsSysadmin(session_.login)) return NoPermission();
  ServerState& server = instance.MutableServer();
  if (statement.kind == "MASTER KEY") {
    if (server.has_master_key) {
      return SqlError{15578, 16, "There is already a master key in the database."};
    }
    server.has_master_key = true;
    return {};
  }
  const auto found = FindNamed(server.certificates, statement.name);
  if (statement.verb == Ddl::kDrop) {
    if (found == server.certificates.end()) return Absent("certificate", statement.name);
    server.certificates.erase(found);
    return {};
  }
  if (statement.verb == Ddl::kAlter) return NotSupportedHere("ALTER CERTIFICATE");
  if (found != server.certificates.end()) {
    return SqlError{15232, 16, "A certificate with name '" + statement.name + "' already exists."};
  }
  if (!server.has_master_key) {
    return SqlError{15581, 16,
                    "Please create a master key in the database or open the master key in the "
                    "session before performing this operation."};
  }
  const std::string key = HashPassword(instance.NewGuid());
  server.certificates.push_back({statement.name, HashPassword(key).substr(0, 40), key});
  return {};
}

Executor::OutcomeOr Executor::Execute(const RoleMemberStatement& statement) {
  Instance& instance = engine_.instance();
  const Security security(instance);
  const auto change = [&](std::vector<std::string>& roles) {
    std::erase_if(roles, [&](const std::string& role) { return SameName(role, statement.role); });
    if (statement.adds) roles.push_back(ToLower(statement.role));
  };
  if (statement.server_role) {
    if (!security.IsSysadmin(session_.login)) return NoPermission();
    if (!IsServerRole(statement.role)) return Absent("server role", statement.role);
    DBSTOW_TRY(Work([&]() -> SqlResult<void> {
      std::vector<Login>& logins = instance.MutableServer().logins;
      const auto found = FindNamed(logins, statement.member);
      if (found == logins.end()) return Absent("login", statement.member);
      change(found->roles);
      return {};
    }));
    return Outcome{};
  }
  const Database& database = instance.databases().at(session_.database);
  if (!security.IsMember(session_.login, database, "db_owner")) return NoPermission();
  if (!IsDatabaseRole(statement.role)) return Absent("role", statement.role);
  std::vector<User> users = database.users;
  const auto found = FindNamed(users, statement.member);
  if (found == users.end()) return Absent("user", statement.member);
  change(found->roles);
  DBSTOW_TRY(Logged(database.id, [&](std::int64_t transaction) {
    return Journal(instance, database.id).SetUsers(transaction, users);
  }));
  return Outcome{};
}

SqlResult<void> Executor::ChangePermission(const PermissionStatement& statement,
                                           const std::string& principal) {
  Instance& instance = engine_.instance();
  const auto change = [&](Permissions& permissions) {
    for (const std::string& permission : statement.permissions) {
      const std::string key =
          permission + (statement.object.empty() ? "" : ":" + ToLower(statement.object));
      if (statement.verb == "REVOKE") {
        permissions.erase(key);
      } else {
        permissions[key] = statement.verb == "GRANT" ? "G" : "D";
      }
    }
  };
  const Database& database = instance.databases().at(session_.database);
  const bool server =
      database.id == 1 && statement.object.empty() && instance.FindLogin(principal) != nullptr;
  if (server) {
    return Work([&]() -> SqlResult<void> {
      change(FindNamed(instance.MutableServer().logins, principal)->permissions);
      return {};
    });
  }
  std::vector<User> users = database.users;
  const auto found = FindNamed(users, principal);
  if (found == users.end()) return Absent("user", principal);
  change(found->permissions);
  return Logged(database.id, [&](std::int64_t transaction) {
    return Journal(instance, database.id).SetUsers(transaction, users);
  });
}

Executor::OutcomeOr Executor::Execute(const PermissionStatement& statement) {
  Instance& instance = engine_.instance();
  const Security security(instance);
  const Database& database = instance.databases().at(session_.database);
  const bool allowed = database.id == 1 ? security.IsSysadmin(session_.login)
                                        : security.IsMember(session_.login, database, "db_owner");
  if (!allowed) {
    return SqlError{4613, 16, "Grantor does not have GRANT permission."};
  }
  for (const std::string& principal : statement.principals) {
    DBSTOW_TRY(ChangePermission(statement, principal));
  }
  return Outcome{};
}

}  // namespace dbstow::doubles::sqlserver
