#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/commands/command.h"
#include "doubles/mongodb/commands/role_list.h"
#include "doubles/mongodb/model/ids.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr int kIterations = 15000;
constexpr std::size_t kSaltBytes = 28;
constexpr int kUserExists = 51003;

std::string Credentials(std::string_view password) {
  const ScramCredential credential =
      MakeScramCredential(password, RandomBytes(kSaltBytes), kIterations);
  const std::string scram = Builder()
                                .Add("iterationCount", credential.iterations)
                                .String("salt", Base64(credential.salt))
                                .String("storedKey", Base64(credential.stored_key))
                                .String("serverKey", Base64(credential.server_key))
                                .Finish();
  return Builder().Add("SCRAM-SHA-256", Document(scram)).Finish();
}

Result<void> CheckMechanisms(const Document& command) {
  if (command.Has("digestPassword") && !command["digestPassword"].Truthy()) {
    return CommandFailure(kBadValue, "Use of SCRAM-SHA-256 requires undigested passwords");
  }
  for (const Element& mechanism : command["mechanisms"].AsDocument()) {
    if (mechanism.AsString() != "SCRAM-SHA-256") {
      return CommandFailure(kBadValue,
                            "Unknown auth mechanism '" + std::string(mechanism.AsString()) + "'");
    }
  }
  return {};
}

Result<void> CreateUser(Context& context, Builder&) {
  const Document& command = context.command;
  const UserName name{context.db, std::string(command["createUser"].AsString())};
  if (name.user.empty()) return CommandFailure(kBadValue, "Username must not be empty");
  if (!command["pwd"].Is(BsonType::kString) || command["pwd"].AsString().empty()) {
    return CommandFailure(kBadValue, "Must provide a 'pwd' field for all user documents");
  }
  DBSTOW_TRY(CheckMechanisms(command));
  DBSTOW_TRY(RefuseOptions(command, {"authenticationRestrictions"}));
  if (!StoredUser(context.catalog(), name).empty()) {
    return CommandFailure(kUserExists, "User \"" + name.user + "@" + name.db + "\" already exists");
  }
  DBSTOW_ASSIGN(const std::string roles, ParseRoles(context, command["roles"]));
  const std::string credentials = Credentials(command["pwd"].AsString());
  Builder user;
  user.String("_id", name.db + "." + name.user)
      .Add("userId", Uuid{NewUuid()})
      .String("user", name.user)
      .String("db", name.db)
      .Add("credentials", Document(credentials));
  if (const Element data = command["customData"]) user.Add(data);
  user.Add("roles", Array{Document(roles)});
  DBSTOW_ASSIGN(Collection* const users,
                context.node.writer().FindOrCreate({"admin", "system.users"}));
  DBSTOW_TRY(context.node.writer().Insert(*users, user.Finish(), {}));
  return {};
}

/// Puts `changed` in the place of a stored user. Errors: UserNotFound.
Result<void> ReplaceUser(Context& context, const UserName& name, std::string changed) {
  Collection* users = context.catalog().Find({"admin", "system.users"});
  const auto found = View().FindById(*users, OrderKey(Document(changed)["_id"]));
  if (!found) return CommandFailure(kUserNotFound, "User '" + name.user + "' not found");
  return context.node.writer().Update(*users, found->first, std::move(changed),
                                      Writer::LogAs::kDiff);
}

Result<std::string> ExistingUser(Context& context) {
  const UserName name{context.db, std::string(context.target().AsString())};
  std::string stored = StoredUser(context.catalog(), name);
  if (stored.empty()) {
    return CommandFailure(kUserNotFound, "User '" + name.user + "@" + name.db + "' not found");
  }
  return stored;
}

std::string WithField(const Document& document, std::string_view name, const Element& value,
                      BsonType type) {
  Builder out;
  for (const Element& field : document) {
    if (field.name() == name) {
      out.Raw(type, name, value.value());
    } else {
      out.Add(field);
    }
  }
  if (!document.Has(name)) out.Raw(type, name, value.value());
  return out.Finish();
}

Result<void> UpdateUser(Context& context, Builder&) {
  DBSTOW_ASSIGN(std::string user, ExistingUser(context));
  DBSTOW_TRY(CheckMechanisms(context.command));
  if (!context.command.Has("pwd") && !context.command.Has("roles") &&
      !context.command.Has("customData")) {
    return CommandFailure(kBadValue, "Must specify at least one field to update in updateUser");
  }
  if (const Element data = context.command["customData"]) {
    user = WithField(user, "customData", data, data.type());
  }
  if (const Element password = context.command["pwd"]) {
    const std::string made = Credentials(password.AsString());
    user = WithField(user, "credentials", Element(BsonType::kObject, "", made), BsonType::kObject);
  }
  if (const Element roles = context.command["roles"]) {
    DBSTOW_ASSIGN(const std::string parsed, ParseRoles(context, roles));
    user = WithField(user, "roles", Element(BsonType::kArray, "", parsed), BsonType::kArray);
  }
  return ReplaceUser(context, {context.db, std::string(context.target().AsString())},
                     std::move(user));
}

Result<void> GrantOrRevoke(Context& context, bool grant) {
  DBSTOW_ASSIGN(const std::string user, ExistingUser(context));
  DBSTOW_ASSIGN(const std::string named, ParseRoles(context, context.command["roles"]));
  const auto names = [&](const Element& role) {
    for (const Element& other : Document(named)) {
      if (CompareValues(other, role) == 0) return true;
    }
    return false;
  };
  ArrayBuilder roles;
  for (const Element& role : Document(user)["roles"].AsDocument()) {
    if (!names(role)) roles.Add(role);
  }
  if (grant) {
    for (const Element& role : Document(named)) roles.Add(role);
  }
  const std::string list = roles.Finish();
  return ReplaceUser(
      context, {context.db, std::string(context.target().AsString())},
      WithField(user, "roles", Element(BsonType::kArray, "", list), BsonType::kArray));
}

Result<void> GrantRoles(Context& context, Builder&) { return GrantOrRevoke(context, true); }
Result<void> RevokeRoles(Context& context, Builder&) { return GrantOrRevoke(context, false); }

Result<void> DropUser(Context& context, Builder&) {
  DBSTOW_ASSIGN(const std::string user, ExistingUser(context));
  Collection* users = context.catalog().Find({"admin", "system.users"});
  const auto found = View().FindById(*users, OrderKey(Document(user)["_id"]));
  return context.node.writer().Remove(*users, found->first);
}

bool Selects(const Element& asked, const Document& user, const std::string& db) {
  const auto one = [&](const Element& wanted) {
    if (wanted.Is(BsonType::kString)) {
      return wanted.AsString() == user["user"].AsString() && user["db"].AsString() == db;
    }
    return wanted.AsDocument()["user"].AsString() == user["user"].AsString() &&
           wanted.AsDocument()["db"].AsString() == user["db"].AsString();
  };
  if (asked.IsNumber()) return user["db"].AsString() == db;
  if (asked.AsDocument()["forAllDBs"].Truthy()) return true;
  if (!asked.Is(BsonType::kArray)) return one(asked);
  for (const Element& wanted : asked.AsDocument()) {
    if (one(wanted)) return true;
  }
  return false;
}

Result<void> UsersInfo(Context& context, Builder& reply) {
  DBSTOW_TRY(RefuseOptions(context.command, {"showPrivileges"}));
  DBSTOW_ASSIGN(const Matcher filter, Matcher::Parse(context.command["filter"].AsDocument()));
  const bool credentials = context.command["showCredentials"].Truthy();
  const Element custom = context.command["showCustomData"];
  const auto is_shown = [&](std::string_view name) {
    if (name == "credentials") return credentials;
    return name != "customData" || !custom || custom.Truthy();
  };
  ArrayBuilder users;
  if (const Collection* stored = context.catalog().Find({"admin", "system.users"})) {
    for (const auto& [id, record] : stored->ids()) {
      const Body body = stored->Get(record);
      const Document user(*body);
      if (!Selects(context.target(), user, context.db)) continue;
      Builder shown;
      for (const Element& field : user) {
        if (is_shown(field.name())) shown.Add(field);
      }
      ArrayBuilder mechanisms;
      mechanisms.String("SCRAM-SHA-256");
      const std::string list = mechanisms.Finish();
      const std::string made = shown.Add("mechanisms", Array{Document(list)}).Finish();
      if (filter.Matches(made)) users.Add(Document(made));
    }
  }
  const std::string list = users.Finish();
  reply.Add("users", Array{Document(list)});
  return {};
}

using Access = CommandSpec::Access;
constexpr unsigned kWrites = CommandSpec::kWrites;
constexpr CommandSpec kCommands[] = {
    {"createUser", Access::kDatabase, "createUser", kWrites,
     "pwd customData roles mechanisms digestPassword authenticationRestrictions", CreateUser},
    {"updateUser", Access::kDatabase, "changePassword", kWrites,
     "pwd customData roles mechanisms digestPassword", UpdateUser},
    {"grantRolesToUser", Access::kDatabase, "grantRole", kWrites, "roles", GrantRoles},
    {"revokeRolesFromUser", Access::kDatabase, "revokeRole", kWrites, "roles", RevokeRoles},
    {"dropUser", Access::kDatabase, "dropUser", kWrites, "", DropUser},
    {"usersInfo", Access::kDatabase, "viewUser", CommandSpec::kReads,
     "showCredentials showPrivileges showCustomData filter", UsersInfo},
};

}  // namespace

std::span<const CommandSpec> UserCommands() { return kCommands; }

}  // namespace dbstow::doubles::mongodb
