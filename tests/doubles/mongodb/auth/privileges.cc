#include "doubles/mongodb/auth/privileges.h"

#include <algorithm>
#include <iterator>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/bson/order.h"

namespace dbstow::doubles::mongodb {
namespace {

using Actions = std::set<std::string, std::less<>>;

const Actions kRead = {"find",    "listCollections", "listIndexes", "collStats",
                       "dbStats", "dbHash",          "killCursors", "changeStream"};
const Actions kWrite = {"insert",           "update",          "remove",
                        "createCollection", "createIndex",     "dropCollection",
                        "dropIndex",        "convertToCapped", "renameCollectionSameDB"};
const Actions kDbAdmin = {"listCollections", "listIndexes",
                          "collStats",       "dbStats",
                          "collMod",         "createCollection",
                          "createIndex",     "dropCollection",
                          "dropDatabase",    "dropIndex",
                          "reIndex",         "renameCollectionSameDB",
                          "validate",        "bypassDocumentValidation",
                          "compact",         "planCacheRead"};
const Actions kUserAdmin = {"createUser", "dropUser", "createRole", "dropRole",      "grantRole",
                            "revokeRole", "viewUser", "viewRole",   "changePassword"};
const Actions kMonitor = {"serverStatus",
                          "replSetGetStatus",
                          "replSetGetConfig",
                          "getParameter",
                          "getCmdLineOpts",
                          "getLog",
                          "hostInfo",
                          "inprog",
                          "listDatabases",
                          "listSessions",
                          "connPoolStats",
                          "top",
                          "checkFreeMonitoringStatus",
                          "useUUID"};
const Actions kManage = {"fsync",
                         "unlock",
                         "appendOplogNote",
                         "replSetStateChange",
                         "replSetConfigure",
                         "setParameter",
                         "killop",
                         "killAnySession",
                         "killAnyCursor",
                         "shutdown",
                         "setFeatureCompatibilityVersion",
                         "applicationMessage",
                         "logRotate",
                         "flushRouterConfig"};
const Actions kRestore = {"bypassDocumentValidation",
                          "collMod",
                          "convertToCapped",
                          "createCollection",
                          "createIndex",
                          "dropCollection",
                          "dropIndex",
                          "insert",
                          "listCollections",
                          "listIndexes",
                          "collStats"};

Actions Join(Actions left, const Actions& right) {
  left.insert(right.begin(), right.end());
  return left;
}

Privilege On(const std::string& db, Actions actions, std::string collection = "") {
  return {Privilege::Scope::kNamespace, db, std::move(collection), std::move(actions)};
}
Privilege OnCluster(Actions actions) {
  return {Privilege::Scope::kCluster, "", "", std::move(actions)};
}

/// Roles of one database also give their rights on a few of its system collections.
std::vector<Privilege> WithSystemJs(const std::string& db, const Actions& actions) {
  return {On(db, actions), On(db, actions, "system.js")};
}

std::vector<Privilege> DatabaseRole(std::string_view role, const std::string& db) {
  if (role == "read") return WithSystemJs(db, kRead);
  if (role == "readWrite") return WithSystemJs(db, Join(kRead, kWrite));
  if (role == "dbAdmin") {
    return {On(db, kDbAdmin), On(db, Join(kRead, kDbAdmin), "system.profile"),
            On(db, Join(kRead, kDbAdmin), "system.views")};
  }
  if (role == "userAdmin") return {On(db, kUserAdmin)};
  if (role == "dbOwner") {
    auto all = WithSystemJs(db, Join(Join(Join(kRead, kWrite), kDbAdmin), kUserAdmin));
    all.push_back(On(db, Join(kRead, kDbAdmin), "system.views"));
    return all;
  }
  return {};
}

const std::vector<Privilege>& NoPrivileges() {
  static const std::vector<Privilege> none;
  return none;
}

/// backup may read everything, system collections included, but not write user data.
std::vector<Privilege> BackupRole() {
  std::vector<Privilege> all = {
      On("", kRead),
      On("admin", {"insert", "update", "find"}, "mms.backup"),
      OnCluster({"listDatabases", "appendOplogNote", "getParameter", "serverStatus", "listSessions",
                 "setUserWriteBlockMode"}),
  };
  for (const char* name : {"system.users", "system.roles", "system.version", "system.new_users",
                           "system.backup_users"}) {
    all.push_back(On("admin", {"find", "listIndexes", "collStats"}, name));
  }
  for (const char* name : {"system.js", "system.views", "system.profile"}) {
    all.push_back(On("", kRead, name));
  }
  all.push_back(On("local", kRead, "system.replset"));
  all.push_back(On("local", kRead));
  all.push_back(On("config", kRead));
  return all;
}

std::vector<Privilege> RestoreRole() {
  std::vector<Privilege> all = {
      On("", Join(kRestore, kUserAdmin)),
      OnCluster({"getParameter", "serverStatus", "listDatabases", "useUUID", "forceUUID"}),
  };
  for (const char* name :
       {"system.users", "system.roles", "system.version", "tempusers", "temproles"}) {
    all.push_back(On("admin", Join(kRestore, {"find", "update", "remove"}), name));
  }
  for (const char* name : {"system.js", "system.views"}) all.push_back(On("", kRestore, name));
  return all;
}

bool IsAnyDatabaseRole(std::string_view role, std::string_view suffix) {
  return role.size() > suffix.size() && role.substr(role.size() - suffix.size()) == suffix;
}

std::vector<Privilege> AdminRole(std::string_view role) {
  constexpr std::string_view kAnyDatabase = "AnyDatabase";
  if (IsAnyDatabaseRole(role, kAnyDatabase)) {
    auto all = DatabaseRole(role.substr(0, role.size() - kAnyDatabase.size()), "");
    if (!all.empty()) all.push_back(OnCluster({"listDatabases"}));
    if (role == "userAdminAnyDatabase") {
      for (const char* name : {"system.users", "system.roles"}) {
        all.push_back(On("admin", kRead, name));
      }
    }
    return all;
  }
  if (role == "clusterMonitor") {
    return {OnCluster(kMonitor), On("", {"collStats", "dbStats", "indexStats"}), On("local", kRead),
            On("config", kRead), On("local", kRead, "system.replset")};
  }
  if (role == "hostManager" || role == "clusterManager") return {OnCluster(kManage)};
  if (role == "clusterAdmin") {
    return {OnCluster(Join(kMonitor, kManage)), On("", {"dropDatabase", "collStats", "dbStats"}),
            On("local", kRead), On("config", kRead), On("local", kRead, "system.replset")};
  }
  if (role == "backup") return BackupRole();
  if (role == "restore") return RestoreRole();
  if (role == "root") {
    auto all = RestoreRole();
    for (std::vector<Privilege> more :
         {BackupRole(), AdminRole("readWriteAnyDatabase"), AdminRole("dbAdminAnyDatabase"),
          AdminRole("userAdminAnyDatabase"), AdminRole("clusterAdmin")}) {
      std::move(more.begin(), more.end(), std::back_inserter(all));
    }
    return all;
  }
  if (role == "__system") return {{Privilege::Scope::kAny, "", "", {"*"}}};
  return NoPrivileges();
}

Privilege ParsePrivilege(const Document& document) {
  const Document resource = document["resource"].AsDocument();
  Privilege privilege;
  if (resource["cluster"].Truthy()) privilege.scope = Privilege::Scope::kCluster;
  if (resource["anyResource"].Truthy()) privilege.scope = Privilege::Scope::kAny;
  privilege.db = resource["db"].AsString();
  privilege.collection = resource["collection"].AsString();
  for (const Element& action : document["actions"].AsDocument()) {
    privilege.actions.emplace(action.AsString());
  }
  return privilege;
}

std::string Lookup(Catalog& catalog, const std::string& collection, const std::string& id) {
  Collection* found = catalog.Find({"admin", collection});
  if (found == nullptr) return {};
  const std::string key = Builder().String("_id", id).Finish();
  const auto record = found->FindById(OrderKey(Document(key).First()));
  return record ? *found->Get(*record) : std::string();
}

void Collect(Catalog& catalog, const std::string& role, const std::string& db,
             std::set<std::string>& seen, std::vector<Privilege>& out) {
  if (!seen.insert(db + "." + role).second) return;
  std::vector<Privilege> built_in = DatabaseRole(role, db);
  if (built_in.empty() && db == "admin") built_in = AdminRole(role);
  std::move(built_in.begin(), built_in.end(), std::back_inserter(out));
  const std::string stored = StoredRole(catalog, role, db);
  if (stored.empty()) return;
  for (const Element& privilege : Document(stored)["privileges"].AsDocument()) {
    out.push_back(ParsePrivilege(privilege.AsDocument()));
  }
  for (const Element& inherited : Document(stored)["roles"].AsDocument()) {
    Collect(catalog, std::string(inherited.AsDocument()["role"].AsString()),
            std::string(inherited.AsDocument()["db"].AsString()), seen, out);
  }
}

bool Has(const Privilege& privilege, std::string_view action) {
  return privilege.actions.count(action) != 0 || privilege.actions.count("*") != 0;
}

}  // namespace

std::string StoredUser(Catalog& catalog, const UserName& user) {
  return Lookup(catalog, "system.users", user.db + "." + user.user);
}

std::string RolesOfUser(Catalog& catalog, const UserName& user) {
  const std::string stored = StoredUser(catalog, user);
  return stored.empty() ? Document().Copy() : Document(stored)["roles"].AsDocument().Copy();
}

std::string StoredRole(Catalog& catalog, const std::string& role, const std::string& db) {
  return Lookup(catalog, "system.roles", db + "." + role);
}

std::vector<Privilege> PrivilegesOf(Catalog& catalog, const UserName& user) {
  std::vector<Privilege> all;
  const std::string roles = RolesOfUser(catalog, user);
  std::set<std::string> seen;
  for (const Element& role : Document(roles)) {
    Collect(catalog, std::string(role.AsDocument()["role"].AsString()),
            std::string(role.AsDocument()["db"].AsString()), seen, all);
  }
  return all;
}

std::vector<Privilege> PrivilegesOfRole(Catalog& catalog, const std::string& role,
                                        const std::string& db) {
  std::vector<Privilege> all;
  std::set<std::string> seen;
  Collect(catalog, role, db, seen, all);
  return all;
}

bool IsBuiltInRole(std::string_view role) {
  return !DatabaseRole(role, "x").empty() || !AdminRole(role).empty();
}

bool Allows(const std::vector<Privilege>& privileges, std::string_view action,
            const Namespace& ns) {
  return std::any_of(privileges.begin(), privileges.end(), [&](const Privilege& privilege) {
    if (!Has(privilege, action)) return false;
    if (privilege.scope == Privilege::Scope::kAny) return true;
    if (privilege.scope == Privilege::Scope::kCluster) return false;
    if (!privilege.db.empty() && privilege.db != ns.db) return false;
    // "Every database" leaves out the two that belong to the cluster.
    const bool internal = ns.db == "local" || ns.db == "config";
    if (privilege.db.empty() && internal && privilege.collection.empty()) return false;
    if (!privilege.collection.empty()) return privilege.collection == ns.collection;
    const bool buckets = ns.collection.rfind(kBucketsPrefix, 0) == 0;
    return !ns.IsSystem() || buckets;
  });
}

bool AllowsOnCluster(const std::vector<Privilege>& privileges, std::string_view action) {
  return std::any_of(privileges.begin(), privileges.end(), [&](const Privilege& privilege) {
    return privilege.scope != Privilege::Scope::kNamespace && Has(privilege, action);
  });
}

}  // namespace dbstow::doubles::mongodb
