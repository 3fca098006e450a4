#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "doubles/mongodb/model/catalog.h"

namespace dbstow::doubles::mongodb {

struct UserName {
  std::string db;
  std::string user;
  auto operator<=>(const UserName&) const = default;
};

/// What an action may be done to.
struct Privilege {
  enum class Scope {
    kNamespace,  ///< `db` and `collection`, either empty for "every"; system collections only by
                 ///< name
    kCluster,
    kAny,  ///< everything
  };
  Scope scope = Scope::kNamespace;
  std::string db;
  std::string collection;
  std::set<std::string, std::less<>> actions;  ///< "*" is every action
};

/// The document of admin.system.users; empty when there is no such user.
[[nodiscard]] std::string StoredUser(Catalog& catalog, const UserName& user);
/// The array of roles `{role, db}` granted to a user.
[[nodiscard]] std::string RolesOfUser(Catalog& catalog, const UserName& user);
/// The document of admin.system.roles; empty when there is none.
[[nodiscard]] std::string StoredRole(Catalog& catalog, const std::string& role,
                                     const std::string& db);

/// All privileges of a user by its roles, the inherited ones included. Unknown roles give none.
[[nodiscard]] std::vector<Privilege> PrivilegesOf(Catalog& catalog, const UserName& user);

/// The privileges of one role, built in or of admin.system.roles.
[[nodiscard]] std::vector<Privilege> PrivilegesOfRole(Catalog& catalog, const std::string& role,
                                                      const std::string& db);
[[nodiscard]] bool IsBuiltInRole(std::string_view role);

[[nodiscard]] bool Allows(const std::vector<Privilege>& privileges, std::string_view action,
                          const Namespace& ns);
[[nodiscard]] bool AllowsOnCluster(const std::vector<Privilege>& privileges,
                                   std::string_view action);

}  // namespace dbstow::doubles::mongodb
