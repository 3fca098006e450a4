#include "doubles/sqlserver/exec/properties.h"

#include <algorithm>
#include <array>

#include "doubles/sqlserver/exec/functions.h"
#include "doubles/sqlserver/exec/security.h"

namespace dbstow::doubles::sqlserver {
namespace {

std::string TextOf(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? "" : *text;
}

Value ServerProperty(const Instance& instance, std::string_view asked) {
  const std::string name = ToUpper(asked);
  const InstanceSettings& settings = instance.settings();
  const Edition edition = settings.edition;
  if (name == "PRODUCTVERSION") return Text(instance.Version());
  if (name == "PRODUCTMAJORVERSION") return Text(std::to_string(settings.major));
  if (name == "PRODUCTMINORVERSION") return Text("0");
  if (name == "PRODUCTBUILD") return Text(std::to_string(instance.Build()));
  if (name == "PRODUCTLEVEL") return Text("RTM");
  if (name == "PRODUCTUPDATELEVEL") return Text("CU1");
  if (name == "EDITION") return Text(instance.EditionName());
  if (name == "ENGINEEDITION") {
    return Int(edition == Edition::kExpress ? 4 : edition == Edition::kStandard ? 2 : 3);
  }
  if (name == "EDITIONID") {
    return Int(edition == Edition::kExpress    ? -1592396055
               : edition == Edition::kStandard ? -1534726760
                                               : 1804890536);
  }
  if (name == "ISHADRENABLED") return Int(instance.ReplicaRole().empty() ? 0 : 1);
  if (name == "ISCLUSTERED" || name == "ISSINGLEUSER" || name == "ISINTEGRATEDSECURITYONLY" ||
      name == "ISSERVERSUSPENDEDFORSNAPSHOTBACKUP") {
    return Int(0);
  }
  if (name == "SUSPENDEDDATABASECOUNT") return Int(static_cast<int>(instance.suspended.size()));
  if (name == "INSTANCEDEFAULTDATAPATH" || name == "INSTANCEDEFAULTLOGPATH") {
    return Text(instance.DataFolder() + "/");
  }
  if (name == "INSTANCEDEFAULTBACKUPPATH") return Text(instance.BackupFolder());
  if (name == "MACHINENAME" || name == "SERVERNAME" || name == "COMPUTERNAMEPHYSICALNETBIOS") {
    return Text(settings.server_name);
  }
  if (name == "ERRORLOGFILENAME") return Text(instance.ErrorLog());
  if (name == "COLLATION") return Text("SQL_Latin1_General_CP1_CI_AS");
  return {};  // InstanceName of a default instance, and what is not known
}

Value DatabaseProperty(const Instance& instance, const Database& database, std::string_view asked) {
  const std::string name = ToUpper(asked);
  if (name == "STATUS") return Text(std::string(StateName(database)));
  if (name == "RECOVERY") return Text(std::string(ToString(database.recovery_model)));
  if (name == "USERACCESS") return Text(std::string(AccessName(database)));
  if (name == "UPDATEABILITY") {
    return Text(database.ReadsOnly() ? "READ_ONLY" : "READ_WRITE");
  }
  if (name == "COLLATION") return Text(database.collation);
  if (name == "VERSION") {
    return database.state == DatabaseState::kOnline ? Int(database.version) : Value();
  }
  if (name == "ISINSTANDBY") return Int(database.standby ? 1 : 0);
  if (name == "ISCLONE") return database.clone ? Int(1) : Value();
  if (name == "ISVERIFIEDCLONE") return database.verified_clone ? Int(1) : Value();
  if (name == "ISDATABASESUSPENDEDFORSNAPSHOTBACKUP") {
    return Int(instance.suspended.contains(database.id) ? 1 : 0);
  }
  return {};
}

// HAS_PERMS_BY_NAME: NULL when the securable or the permission cannot be.
Value HasPermission(const Instance& instance, const Session& session, const Value& securable,
                    const Value& kind, std::string_view permission) {
  const Security security(instance);
  const std::string upper = ToUpper(permission);
  if (IsNull(kind) || SameName(TextOf(kind), "SERVER")) {
    return Int(security.HasServer(session.login, upper) ? 1 : 0);
  }
  if (SameName(TextOf(kind), "DATABASE")) {
    const Database* database = IsNull(securable) ? &instance.databases().at(session.database)
                                                 : instance.Find(TextOf(securable));
    if (database == nullptr) return {};
    return Int(security.HasDatabase(session.login, *database, upper) ? 1 : 0);
  }
  if (SameName(TextOf(kind), "OBJECT")) {
    std::string object = TextOf(securable);
    if (const auto dot = object.rfind('.'); dot != std::string::npos) object.erase(0, dot + 1);
    return Int(security.HasDatabase(session.login, instance.databases().at(session.database), upper,
                                    object)
                   ? 1
                   : 0);
  }
  return {};
}

Value ObjectId(const Instance& instance, const Session& session, std::string name) {
  std::erase(name, '[');
  std::erase(name, ']');
  std::vector<std::string> parts(1);
  for (const char c : name) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  const Database* database = &instance.databases().at(session.database);
  if (parts.size() > 2) database = instance.Find(parts[parts.size() - 3]);
  if (database == nullptr) return {};
  const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : "";
  for (const auto& [id, table] : database->tables) {
    if (SameName(table.name, parts.back()) && (schema.empty() || SameName(schema, table.schema))) {
      return Int(id);
    }
  }
  return {};
}

constexpr std::array<std::string_view, 13> kIntProperties{"ENGINEEDITION",
                                                          "EDITIONID",
                                                          "ISHADRENABLED",
                                                          "ISCLUSTERED",
                                                          "ISSINGLEUSER",
                                                          "ISINSTANDBY",
                                                          "ISCLONE",
                                                          "ISVERIFIEDCLONE",
                                                          "VERSION",
                                                          "ISINTEGRATEDSECURITYONLY",
                                                          "SUSPENDEDDATABASECOUNT",
                                                          "ISSERVERSUSPENDEDFORSNAPSHOTBACKUP",
                                                          "ISDATABASESUSPENDEDFORSNAPSHOTBACKUP"};

}  // namespace

SqlType PropertyType(std::string_view property) {
  const std::string upper = ToUpper(property);
  const bool number =
      std::find(kIntProperties.begin(), kIntProperties.end(), upper) != kIntProperties.end();
  return number ? IntType() : NVarChar(128);
}

std::string_view StateName(const Database& database) {
  switch (database.state) {
    case DatabaseState::kRestoring: return "RESTORING";
    case DatabaseState::kOffline: return "OFFLINE";
    case DatabaseState::kPending: return "RECOVERY_PENDING";
    case DatabaseState::kRecovering: return "RECOVERING";
    case DatabaseState::kSuspect: return "SUSPECT";
    case DatabaseState::kEmergency: return "EMERGENCY";
    case DatabaseState::kOnline: break;
  }
  return "ONLINE";
}

int StateNumber(const Database& database) {
  switch (database.state) {
    case DatabaseState::kOnline: return 0;
    case DatabaseState::kRestoring: return 1;
    case DatabaseState::kRecovering: return 2;
    case DatabaseState::kPending: return 3;
    case DatabaseState::kSuspect: return 4;
    case DatabaseState::kEmergency: return 5;
    case DatabaseState::kOffline: break;
  }
  return 6;
}

SqlResult<void> CheckOpen(const Database& database) {
  const std::string cannot = "Database '" + database.name + "' cannot be opened";
  switch (database.state) {
    case DatabaseState::kRestoring:
      return SqlError{927, 14, cannot + ". It is in the middle of a restore."};
    case DatabaseState::kOffline: return SqlError{942, 14, cannot + " because it is offline."};
    case DatabaseState::kPending:
      return SqlError{945, 14,
                      cannot + " due to inaccessible files or insufficient memory or disk space."};
    case DatabaseState::kRecovering:
      return SqlError{922, 14,
                      "Database '" + database.name +
                          "' is being recovered. Waiting until recovery is finished."};
    case DatabaseState::kSuspect:
      return SqlError{926, 14, cannot + ". It has been marked SUSPECT by recovery."};
    case DatabaseState::kEmergency:
    case DatabaseState::kOnline: break;
  }
  return {};
}

std::string_view AccessName(const Database& database) {
  switch (database.access) {
    case UserAccess::kSingle: return "SINGLE_USER";
    case UserAccess::kRestricted: return "RESTRICTED_USER";
    case UserAccess::kMulti: break;
  }
  return "MULTI_USER";
}

SqlResult<std::optional<Value>> SessionFunction(const Instance& instance, const Session& session,
                                                std::string_view name,
                                                const std::vector<Value>& a) {
  using Answer = std::optional<Value>;
  const Security security(instance);
  const Database& current = instance.databases().at(session.database);
  const auto bit = [](bool is) { return Answer(Int(is ? 1 : 0)); };
  if (name == "SERVERPROPERTY") return Answer(ServerProperty(instance, TextOf(a[0])));
  if (name == "DATABASEPROPERTYEX") {
    const Database* database = instance.Find(TextOf(a[0]));
    return Answer(database == nullptr ? Value()
                                      : DatabaseProperty(instance, *database, TextOf(a[1])));
  }
  if (name == "DB_ID") {
    const Database* database = a.empty() ? &current : instance.Find(TextOf(a[0]));
    return Answer(database == nullptr ? Value() : Int(database->id));
  }
  if (name == "DB_NAME") {
    const auto* id = a.empty() ? nullptr : std::get_if<std::int64_t>(&a[0]);
    if (a.empty()) return Answer(Text(current.name));
    const auto found = id == nullptr ? instance.databases().end()
                                     : instance.databases().find(static_cast<int>(*id));
    return Answer(found == instance.databases().end() ? Value() : Text(found->second.name));
  }
  if (name == "SUSER_NAME" || name == "SUSER_SNAME" || name == "SYSTEM_USER" ||
      name == "ORIGINAL_LOGIN") {
    return Answer(Text(session.login));
  }
  if (name == "USER_NAME" || name == "CURRENT_USER") {
    return Answer(Text(security.UserIn(session.login, current).value_or("guest")));
  }
  if (name == "SCHEMA_NAME") return Answer(Text("dbo"));
  if (name == "HOST_NAME") return Answer(Text(session.host));
  if (name == "APP_NAME") return Answer(Text(session.program));
  if (name == "IS_SRVROLEMEMBER") {
    if (!IsServerRole(TextOf(a[0]))) return Answer(Value());
    const std::string login = a.size() > 1 ? TextOf(a[1]) : session.login;
    return bit(security.IsServerMember(login, TextOf(a[0])));
  }
  if (name == "IS_MEMBER" || name == "IS_ROLEMEMBER") {
    if (!IsDatabaseRole(TextOf(a[0]))) return Answer(Value());
    return bit(security.IsMember(session.login, current, TextOf(a[0])));
  }
  if (name == "HAS_DBACCESS") {
    const Database* database = instance.Find(TextOf(a[0]));
    if (database == nullptr) return Answer(Value());
    return bit(database->state == DatabaseState::kOnline &&
               security.UserIn(session.login, *database).has_value());
  }
  if (name == "HAS_PERMS_BY_NAME") {
    return Answer(HasPermission(instance, session, a[0], a[1], TextOf(a[2])));
  }
  if (name == "OBJECT_ID") return Answer(ObjectId(instance, session, TextOf(a[0])));
  if (name == "XACT_STATE") return bit(session.transaction.depth > 0);
  if (name == "SYS.FN_HADR_BACKUP_IS_PREFERRED_REPLICA") {
    // The group prefers a secondary.
    const Database* database = instance.Find(TextOf(a[0]));
    return bit(database == nullptr || database->replica_role != "PRIMARY");
  }
  return Answer();
}

}  // namespace dbstow::doubles::sqlserver
