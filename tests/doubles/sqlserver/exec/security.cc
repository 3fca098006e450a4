#include "doubles/sqlserver/exec/security.h"

#include <algorithm>
#include <array>

namespace dbstow::doubles::sqlserver {
namespace {

struct RoleRight {
  std::string_view role;
  std::string_view permission;
};

// What the fixed roles may do, as far as the double has a use for it.
constexpr std::array kServerRights{
    RoleRight{"dbcreator", "CREATE ANY DATABASE"},
    RoleRight{"dbcreator", "ALTER ANY DATABASE"},
    RoleRight{"dbcreator", "RESTORE"},
    RoleRight{"securityadmin", "ALTER ANY LOGIN"},
    RoleRight{"serveradmin", "VIEW SERVER STATE"},
    RoleRight{"processadmin", "ALTER ANY CONNECTION"},
    RoleRight{"processadmin", "VIEW SERVER STATE"},
};

constexpr std::array kDatabaseRights{
    RoleRight{"db_backupoperator", "BACKUP DATABASE"},
    RoleRight{"db_backupoperator", "BACKUP LOG"},
    RoleRight{"db_backupoperator", "CHECKPOINT"},
    RoleRight{"db_datareader", "SELECT"},
    RoleRight{"db_datawriter", "INSERT"},
    RoleRight{"db_datawriter", "UPDATE"},
    RoleRight{"db_datawriter", "DELETE"},
    RoleRight{"db_ddladmin", "CREATE TABLE"},
    RoleRight{"db_ddladmin", "ALTER"},
    RoleRight{"db_securityadmin", "ALTER ANY USER"},
};

constexpr std::array<std::string_view, 9> kServerRoles{
    "sysadmin",   "dbcreator", "securityadmin", "serveradmin", "processadmin",
    "setupadmin", "diskadmin", "bulkadmin",     "public"};
constexpr std::array<std::string_view, 10> kDatabaseRoles{"db_owner",          "db_backupoperator",
                                                          "db_datareader",     "db_datawriter",
                                                          "db_ddladmin",       "db_securityadmin",
                                                          "db_accessadmin",    "db_denydatareader",
                                                          "db_denydatawriter", "public"};

template <std::size_t N>
bool HasName(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view one) { return SameName(one, name); });
}

bool HasName(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& one) { return SameName(one, name); });
}

// 'G', 'D', or 0 when nothing was said.
char Said(const Permissions& permissions, const std::string& key) {
  const auto found = permissions.find(key);
  return found == permissions.end() ? '\0' : found->second.front();
}

template <std::size_t N>
bool ByRole(const std::array<RoleRight, N>& rights, const std::vector<std::string>& roles,
            std::string_view permission) {
  return std::any_of(rights.begin(), rights.end(), [&](const RoleRight& right) {
    return right.permission == permission && HasName(roles, right.role);
  });
}

}  // namespace

bool IsServerRole(std::string_view role) { return HasName(kServerRoles, role); }
bool IsDatabaseRole(std::string_view role) { return HasName(kDatabaseRoles, role); }

bool Security::IsServerMember(const std::string& login, std::string_view role) const {
  const Login* found = instance_.FindLogin(login);
  return found != nullptr && (SameName(role, "public") || HasName(found->roles, role));
}

bool Security::HasServer(const std::string& login, std::string_view permission) const {
  const Login* found = instance_.FindLogin(login);
  if (found == nullptr) return false;
  if (IsSysadmin(login)) return true;
  const std::string key(permission);
  if (Said(found->permissions, key) == 'D') return false;
  if (Said(found->permissions, key) == 'G' || Said(found->permissions, "CONTROL SERVER") == 'G') {
    return true;
  }
  if (ByRole(kServerRights, found->roles, permission)) return true;
  // Implied by wider permissions.
  if (permission == "CREATE ANY DATABASE" || permission == "RESTORE") {
    return Said(found->permissions, "ALTER ANY DATABASE") == 'G' ||
           Said(found->permissions, "CREATE ANY DATABASE") == 'G';
  }
  if (permission == "VIEW SERVER PERFORMANCE STATE") {
    return Said(found->permissions, "VIEW SERVER STATE") == 'G' ||
           ByRole(kServerRights, found->roles, "VIEW SERVER STATE");
  }
  return permission == "VIEW ANY DATABASE";  // granted to public
}

std::optional<std::string> Security::UserIn(const std::string& login,
                                            const Database& database) const {
  if (IsSysadmin(login) || SameName(database.owner, login)) return "dbo";
  for (const User& user : database.users) {
    const bool denied = Said(user.permissions, "CONNECT") == 'D';
    if (SameName(user.login, login)) return denied ? std::nullopt : std::optional(user.name);
  }
  // The guest user is enabled in these three.
  if (database.id == 1 || database.id == 2 || database.id == 4) return "guest";
  return std::nullopt;
}

bool Security::IsMember(const std::string& login, const Database& database,
                        std::string_view role) const {
  const std::optional<std::string> user = UserIn(login, database);
  if (!user) return false;
  if (*user == "dbo") return SameName(role, "db_owner") || SameName(role, "public");
  if (SameName(role, "public")) return true;
  const User* found = database.FindUser(*user);
  return found != nullptr && HasName(found->roles, role);
}

bool Security::HasDatabase(const std::string& login, const Database& database,
                           std::string_view permission, std::string_view object) const {
  const std::optional<std::string> name = UserIn(login, database);
  if (!name) return false;
  if (*name == "dbo") return true;
  const User* user = database.FindUser(*name);
  if (user == nullptr) return false;  // guest
  const std::string key(permission);
  const std::string object_key = key + ":" + ToLower(object);
  const bool reads = permission == "SELECT";
  const bool writes = permission == "INSERT" || permission == "UPDATE" || permission == "DELETE";
  if (Said(user->permissions, key) == 'D') return false;
  if (!object.empty() && Said(user->permissions, object_key) == 'D') return false;
  if (reads && HasName(user->roles, "db_denydatareader")) return false;
  if (writes && HasName(user->roles, "db_denydatawriter")) return false;
  if (HasName(user->roles, "db_owner") || Said(user->permissions, "CONTROL") == 'G') return true;
  if (Said(user->permissions, key) == 'G') return true;
  if (!object.empty() && Said(user->permissions, object_key) == 'G') return true;
  return ByRole(kDatabaseRights, user->roles, permission);
}

}  // namespace dbstow::doubles::sqlserver
