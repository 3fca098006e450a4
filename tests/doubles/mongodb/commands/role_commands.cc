#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/commands/command.h"
#include "doubles/mongodb/commands/role_list.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr int kRoleExists = 51002;

Result<void> CreateRole(Context& context, Builder&) {
  const Document& command = context.command;
  DBSTOW_TRY(RefuseOptions(command, {"authenticationRestrictions"}));
  const std::string name(command["createRole"].AsString());
  if (name.empty()) return CommandFailure(kBadValue, "Role name must be non-empty");
  if (!command["privileges"].Is(BsonType::kArray)) {
    return CommandFailure(kBadValue, "\"createRole\" command requires \"privileges\" array");
  }
  for (const Element& privilege : command["privileges"].AsDocument()) {
    if (!privilege.AsDocument()["resource"].Is(BsonType::kObject) ||
        !privilege.AsDocument()["actions"].Is(BsonType::kArray)) {
      return CommandFailure(kFailedToParse, "a privilege needs a resource and actions");
    }
  }
  if (IsBuiltInRole(name) || !StoredRole(context.catalog(), name, context.db).empty()) {
    return CommandFailure(kRoleExists, "Role \"" + name + "@" + context.db + "\" already exists");
  }
  DBSTOW_ASSIGN(const std::string roles, ParseRoles(context, command["roles"]));
  DBSTOW_ASSIGN(Collection* const stored,
                context.node.writer().FindOrCreate({"admin", "system.roles"}));
  const std::string role = Builder()
                               .String("_id", context.db + "." + name)
                               .String("role", name)
                               .String("db", context.db)
                               .Add(command["privileges"])
                               .Add("roles", Array{Document(roles)})
                               .Finish();
  DBSTOW_TRY(context.node.writer().Insert(*stored, role));
  return {};
}

Result<void> DropRole(Context& context, Builder&) {
  const std::string name(context.target().AsString());
  const std::string role = StoredRole(context.catalog(), name, context.db);
  if (role.empty()) {
    return CommandFailure(kRoleNotFound, "Role '" + name + "@" + context.db + "' not found");
  }
  Collection* roles = context.catalog().Find({"admin", "system.roles"});
  const auto found = View().FindById(*roles, OrderKey(Document(role)["_id"]));
  return context.node.writer().Remove(*roles, found->first);
}

bool Selects(const Element& asked, const Document& role, const std::string& db) {
  const auto one = [&](const Element& wanted) {
    if (wanted.Is(BsonType::kString)) {
      return wanted.AsString() == role["role"].AsString() && role["db"].AsString() == db;
    }
    return wanted.AsDocument()["role"].AsString() == role["role"].AsString() &&
           wanted.AsDocument()["db"].AsString() == role["db"].AsString();
  };
  if (asked.IsNumber()) return role["db"].AsString() == db;
  if (!asked.Is(BsonType::kArray)) return one(asked);
  for (const Element& wanted : asked.AsDocument()) {
    if (one(wanted)) return true;
  }
  return false;
}

Result<void> RolesInfo(Context& context, Builder& reply) {
  DBSTOW_TRY(
      RefuseOptions(context.command, {"showBuiltinRoles", "showAuthenticationRestrictions"}));
  ArrayBuilder roles;
  if (const Collection* stored = context.catalog().Find({"admin", "system.roles"})) {
    for (const auto& [id, record] : stored->ids()) {
      const Body body = stored->Get(record);
      const Document role(*body);
      if (!Selects(context.target(), role, context.db)) continue;
      Builder shown;
      for (const Element& field : role) {
        if (field.name() != "privileges" || context.command["showPrivileges"].Truthy()) {
          shown.Add(field);
        }
      }
      const std::string made = shown.Add("isBuiltin", false).Finish();
      roles.Add(Document(made));
    }
  }
  const std::string list = roles.Finish();
  reply.Add("roles", Array{Document(list)});
  return {};
}

/// Moves the documents of a temporary collection to `target`: those of `db` (all when empty);
/// with `drop`, what the temporary collection does not hold goes.
Result<void> MergeInto(Context& context, const std::string& temporary, const Namespace& target,
                       const std::string& db, bool drop) {
  if (temporary.empty()) return {};
  DBSTOW_ASSIGN(const Namespace from, ParseNamespace(temporary));
  const Collection* source = context.catalog().Find(from);
  if (source == nullptr) return {};
  Writer& writer = context.node.writer();
  DBSTOW_ASSIGN(Collection* const stored, writer.FindOrCreate(target));
  const auto of_db = [&](const Document& document) {
    return db.empty() || document["db"].AsString() == db;
  };
  if (drop) {
    std::vector<RecordId> obsolete;
    for (const auto& [id, record] : stored->ids()) {
      if (of_db(*stored->Get(record)) && !source->FindById(id)) obsolete.push_back(record);
    }
    for (const RecordId& record : obsolete) DBSTOW_TRY(writer.Remove(*stored, record));
  }
  for (const auto& [id, record] : source->ids()) {
    const Body body = source->Get(record);
    if (!of_db(*body)) continue;
    if (const auto held = stored->FindById(id)) {
      DBSTOW_TRY(writer.Update(*stored, *held, *body, Writer::LogAs::kReplacement));
    } else {
      DBSTOW_TRY(writer.Insert(*stored, *body));
    }
  }
  return {};
}

Result<void> MergeAuthzCollections(Context& context, Builder&) {
  const Document& command = context.command;
  const std::string users(command["tempUsersCollection"].AsString());
  const std::string roles(command["tempRolesCollection"].AsString());
  if (users.empty() && roles.empty()) {
    return CommandFailure(kBadValue,
                          "Must provide at least one of \"tempUsersCollection\" and "
                          "\"tempRolescollection\"");
  }
  for (const char* action : {"createUser", "createRole", "grantRole", "dropUser", "dropRole"}) {
    DBSTOW_TRY(context.Authorize(action, {"admin", ""}));
  }
  const std::string db(command["db"].AsString());
  const bool drop = command["drop"].Truthy();
  DBSTOW_TRY(MergeInto(context, users, {"admin", "system.users"}, db, drop));
  return MergeInto(context, roles, {"admin", "system.roles"}, db, drop);
}

using Access = CommandSpec::Access;
constexpr unsigned kWrites = CommandSpec::kWrites;
constexpr CommandSpec kCommands[] = {
    {"createRole", Access::kDatabase, "createRole", kWrites,
     "privileges roles authenticationRestrictions", CreateRole},
    {"dropRole", Access::kDatabase, "dropRole", kWrites, "", DropRole},
    {"rolesInfo", Access::kDatabase, "viewRole", CommandSpec::kReads,
     "showPrivileges showBuiltinRoles showAuthenticationRestrictions", RolesInfo},
    {"_mergeAuthzCollections", Access::kOwn, "", kWrites | CommandSpec::kAdminOnly,
     "tempUsersCollection tempRolesCollection db drop", MergeAuthzCollections},
};

}  // namespace

Result<std::string> ParseRoles(Context& context, const Element& roles) {
  if (!roles.Is(BsonType::kArray)) {
    return CommandFailure(kBadValue, "\"" + std::string(context.target().name()) +
                                         "\" command requires a \"roles\" array");
  }
  ArrayBuilder list;
  for (const Element& role : roles.AsDocument()) {
    std::string name(role.AsString());
    std::string db = context.db;
    if (role.Is(BsonType::kObject)) {
      name = role.AsDocument()["role"].AsString();
      db = role.AsDocument()["db"].AsString();
    }
    if (name.empty() || db.empty()) return CommandFailure(kFailedToParse, "malformed role");
    const bool built_in = IsBuiltInRole(name) &&
                          !(db != "admin" && PrivilegesOfRole(context.catalog(), name, db).empty());
    if (!built_in && StoredRole(context.catalog(), name, db).empty()) {
      return CommandFailure(kRoleNotFound, "Could not find role: " + name + "@" + db);
    }
    const std::string made = Builder().String("role", name).String("db", db).Finish();
    list.Add(Document(made));
  }
  return list.Finish();
}

std::span<const CommandSpec> RoleCommands() { return kCommands; }

}  // namespace dbstow::doubles::mongodb
