#include "doubles/snowflake/exec/grants.h"

#include <algorithm>
#include <array>

#include "doubles/snowflake/exec/names.h"
#include "doubles/snowflake/exec/show.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

struct Allowed {
  ObjectKind kind;
  std::vector<std::string> privileges;
};

const std::vector<std::string>& PrivilegesOf(ObjectKind kind) {
  // Access control privileges, by object.
  static const std::array<Allowed, 9> kAllowed = {{
      {ObjectKind::kAccount,
       {"CREATE DATABASE", "CREATE WAREHOUSE", "CREATE ROLE", "CREATE USER", "MANAGE GRANTS",
        "MONITOR USAGE", "MONITOR EXECUTION", "EXECUTE TASK", "CREATE SHARE", "CREATE INTEGRATION",
        "APPLY MASKING POLICY"}},
      {ObjectKind::kDatabase, {"USAGE", "MONITOR", "MODIFY", "CREATE SCHEMA"}},
      {ObjectKind::kSchema,
       {"USAGE", "MONITOR", "MODIFY", "CREATE TABLE", "CREATE VIEW", "CREATE SEQUENCE",
        "CREATE STAGE", "CREATE FILE FORMAT"}},
      {ObjectKind::kTable,
       {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "REBUILD",
        "EVOLVE SCHEMA"}},
      {ObjectKind::kView, {"SELECT", "REFERENCES"}},
      {ObjectKind::kSequence, {"USAGE"}},
      {ObjectKind::kStage, {"USAGE", "READ", "WRITE"}},
      {ObjectKind::kFileFormat, {"USAGE"}},
      {ObjectKind::kWarehouse, {"USAGE", "OPERATE", "MONITOR", "MODIFY"}},
  }};
  static const std::vector<std::string> kNone;
  for (const Allowed& allowed : kAllowed) {
    if (allowed.kind == kind) return allowed.privileges;
  }
  return kNone;
}

ResultSet Done() {
  ResultSet result = StatusResult("Statement executed successfully.");
  result.statement_type = "GRANT";
  return result;
}

class Granting {
 public:
  Granting(const Execution& execution, const GrantStatement& statement)
      : execution_(execution),
        change_(execution.change),
        statement_(statement),
        names_(execution) {}

  Result<ResultSet> Run() {
    if (statement_.privileges.empty()) return GrantRole();
    DBSTOW_ASSIGN(const Object* role, names_.OfKind(ObjectKind::kRole, Name{{statement_.to_role}}));
    role_ = role->id;
    if (statement_.future_in_container) return GrantFuture();
    DBSTOW_ASSIGN(const auto objects, Targets());
    for (const Id id : objects) DBSTOW_TRY(GrantOn(id));
    return Done();
  }

 private:
  [[nodiscard]] bool grants() const { return statement_.verb == GrantStatement::Verb::kGrant; }

  Result<ResultSet> GrantRole() {
    DBSTOW_ASSIGN(const Object* role, names_.OfKind(ObjectKind::kRole, Name{{statement_.role}}));
    const bool to_user = !statement_.to_user.empty();
    DBSTOW_ASSIGN(const Object* grantee,
                  names_.OfKind(to_user ? ObjectKind::kUser : ObjectKind::kRole,
                                Name{{to_user ? statement_.to_user : statement_.to_role}}));
    DBSTOW_TRY(names_.access().RequireMayGrant(*role, "OWNERSHIP"));
    if (grants() && !to_user && RolesWithin(change_, role->id).count(grantee->id) > 0) {
      return CompilationError({"003027", "42501"}, "Granting role '" + role->name() + "' to '" +
                                                       grantee->name() + "' would make a cycle.");
    }
    auto& roles = std::get<PrincipalDetail>(change_.Edit(grantee->id).detail).roles;
    std::erase(roles, role->id);
    if (grants()) roles.push_back(role->id);
    return Done();
  }

  Result<std::vector<Id>> Targets() {
    if (!statement_.all_in_container) {
      DBSTOW_ASSIGN(const Object* object, names_.OfKind(statement_.on, statement_.on_name));
      return std::vector<Id>{object->id};
    }
    DBSTOW_ASSIGN(const Object* container,
                  names_.OfKind(statement_.container, statement_.container_name));
    std::vector<Id> ids;
    std::vector<const Object*> schemas = {container};
    if (container->kind == ObjectKind::kDatabase && statement_.on != ObjectKind::kSchema) {
      schemas = change_.Children(ObjectKind::kSchema, container->id);
    }
    for (const Object* schema : schemas) {
      for (const Object* object : change_.Children(statement_.on, schema->id))
        ids.push_back(object->id);
    }
    return ids;
  }

  Result<std::vector<std::string>> Privileges(ObjectKind kind) {
    const auto& allowed = PrivilegesOf(kind);
    if (statement_.privileges[0] == "ALL") return allowed;
    for (const std::string& privilege : statement_.privileges) {
      if (std::find(allowed.begin(), allowed.end(), privilege) == allowed.end()) {
        return CompilationError({"003008", "42501"}, "Invalid object type '" + ToString(kind) +
                                                         "' for privilege '" + privilege + "'");
      }
    }
    return statement_.privileges;
  }

  Result<void> GrantOn(Id id) {
    const Object& object = *change_.Find(id);
    if (statement_.privileges[0] == "OWNERSHIP") return GrantOwnership(object);
    DBSTOW_ASSIGN(const auto privileges, Privileges(object.kind));
    for (const std::string& privilege : privileges) {
      DBSTOW_TRY(names_.access().RequireMayGrant(object, privilege));
      Object& edited = change_.Edit(id);
      std::erase_if(edited.grants, [&](const Grant& grant) {
        return grant.privilege == privilege && grant.role == role_;
      });
      if (grants()) {
        edited.grants.push_back(Grant{privilege, role_, statement_.with_grant_option,
                                      execution_.session.role, execution_.now()});
      }
    }
    return {};
  }

  // Ownership leaves nothing to the old owner; other privileges must be copied or revoked by
  // choice.
  Result<void> GrantOwnership(const Object& object) {
    if (!grants()) return Unsupported("REVOKE OWNERSHIP");
    DBSTOW_TRY(names_.access().RequireMayGrant(object, "OWNERSHIP"));
    if (object.owner == role_) return {};
    Object& edited = change_.Edit(object.id);
    using CurrentGrants = GrantStatement::CurrentGrants;
    if (statement_.current_grants == CurrentGrants::kRevoke) edited.grants.clear();
    if (!edited.grants.empty() && statement_.current_grants == CurrentGrants::kMustBeNone) {
      return SqlError(
          {"003036", "42501"},
          "SQL execution error: Dependent grant of privilege '" + edited.grants[0].privilege +
              "' exists. It must be revoked first. More than one dependent grant may exist: use "
              "'SHOW GRANTS' command to view them. To revoke all dependent grants while "
              "transferring "
              "object ownership, use convenience command 'GRANT OWNERSHIP ON <target_objects> TO "
              "<target_role> REVOKE CURRENT GRANTS'.");
    }
    edited.owner = role_;
    return {};
  }

  Result<ResultSet> GrantFuture() {
    DBSTOW_ASSIGN(const Object* container,
                  names_.OfKind(statement_.container, statement_.container_name));
    DBSTOW_TRY(names_.access().RequireMayGrant(*container, "MANAGE GRANTS"));
    std::vector<std::string> privileges = statement_.privileges;
    if (privileges[0] != "OWNERSHIP") {
      DBSTOW_ASSIGN(privileges, Privileges(statement_.on));
    }
    auto& future = change_.Edit(container->id).future_grants;
    for (const std::string& privilege : privileges) {
      std::erase_if(future, [&](const FutureGrant& each) {
        return each.kind == statement_.on && each.grant.privilege == privilege &&
               each.grant.role == role_;
      });
      if (grants()) {
        future.push_back({statement_.on, Grant{privilege, role_, statement_.with_grant_option,
                                               execution_.session.role, execution_.now()}});
      }
    }
    return Done();
  }

  const Execution& execution_;
  Change& change_;
  const GrantStatement& statement_;
  const Names names_;
  Id role_ = 0;
};

std::string NameOfRole(const CatalogView& view, Id id) {
  const Object* role = view.Find(id);
  return role == nullptr ? "" : role->name();
}

ResultSet GrantColumns() {
  return ShowResult({"ltz:created_on", "privilege", "granted_on", "name", "granted_to",
                     "grantee_name", "grant_option", "granted_by"});
}

void AddGrantRows(const CatalogView& view, const Object& object, std::optional<Id> only_role,
                  ResultSet& result) {
  const std::string name =
      object.kind == ObjectKind::kAccount ? "ACCOUNT" : ToString(view.QualifiedName(object));
  std::string kind = ToString(object.kind);
  std::replace(kind.begin(), kind.end(), ' ', '_');
  if (object.owner != 0 && (!only_role || *only_role == object.owner)) {
    result.rows.push_back({LtzValue(object.created), "OWNERSHIP", kind, name, "ROLE",
                           NameOfRole(view, object.owner), "true", NameOfRole(view, object.owner)});
  }
  for (const Grant& grant : object.grants) {
    if (only_role && *only_role != grant.role) continue;
    result.rows.push_back({LtzValue(grant.created), grant.privilege, kind, name, "ROLE",
                           NameOfRole(view, grant.role), grant.with_option ? "true" : "false",
                           NameOfRole(view, grant.granted_by)});
  }
}

}  // namespace

Result<ResultSet> ExecuteGrant(const Execution& execution, const GrantStatement& grant) {
  return Granting(execution, grant).Run();
}

Result<ResultSet> ShowGrants(const Execution& execution, const ShowStatement& show) {
  const CatalogView& view = execution.change;
  const Names names(execution);
  if (show.preposition == "ON") {
    const Object* object = &view.account();
    for (const ObjectKind kind : {ObjectKind::kDatabase, ObjectKind::kSchema, ObjectKind::kTable,
                                  ObjectKind::kView, ObjectKind::kWarehouse, ObjectKind::kStage,
                                  ObjectKind::kSequence, ObjectKind::kRole, ObjectKind::kUser}) {
      if (show.scope != ToString(kind)) continue;
      DBSTOW_ASSIGN(object, names.OfKind(kind, show.scope_name));
    }
    ResultSet result = GrantColumns();
    AddGrantRows(view, *object, std::nullopt, result);
    return result;
  }
  if (show.preposition == "OF" && show.scope == "ROLE") {
    DBSTOW_ASSIGN(const Object* role, names.OfKind(ObjectKind::kRole, show.scope_name));
    ResultSet result =
        ShowResult({"ltz:created_on", "role", "granted_to", "grantee_name", "granted_by"});
    for (const auto& [id, object] : view.objects()) {
      const auto* detail = std::get_if<PrincipalDetail>(&object->detail);
      if (detail == nullptr || !object->live()) continue;
      if (std::find(detail->roles.begin(), detail->roles.end(), role->id) == detail->roles.end())
        continue;
      result.rows.push_back(
          {LtzValue(object->created), role->name(), ToString(object->kind), object->name(), ""});
    }
    return result;
  }
  const bool to_user = show.scope == "USER" || show.preposition.empty();
  Name grantee = show.scope_name;
  if (grantee.empty()) {
    const Object* user = view.Find(execution.session.user);
    grantee.parts = {user == nullptr ? "" : user->name()};
  }
  DBSTOW_ASSIGN(const Object* principal,
                names.OfKind(to_user ? ObjectKind::kUser : ObjectKind::kRole, grantee));
  if (to_user) {
    ResultSet result =
        ShowResult({"ltz:created_on", "role", "granted_to", "grantee_name", "granted_by"});
    for (const Id role : std::get<PrincipalDetail>(principal->detail).roles) {
      result.rows.push_back(
          {LtzValue(principal->created), NameOfRole(view, role), "USER", principal->name(), ""});
    }
    return result;
  }
  ResultSet result = GrantColumns();
  for (const Id role : std::get<PrincipalDetail>(principal->detail).roles) {
    result.rows.push_back({LtzValue(principal->created), "USAGE", "ROLE", NameOfRole(view, role),
                           "ROLE", principal->name(), "false", ""});
  }
  for (const auto& [id, object] : view.objects()) {
    if (object->live()) AddGrantRows(view, *object, principal->id, result);
  }
  return result;
}

Result<ResultSet> ShowFutureGrants(const Execution& execution, const ShowStatement& show) {
  const CatalogView& view = execution.change;
  if (show.scope != "DATABASE" && show.scope != "SCHEMA")
    return Unsupported("SHOW FUTURE GRANTS TO");
  const ObjectKind kind = show.scope == "DATABASE" ? ObjectKind::kDatabase : ObjectKind::kSchema;
  DBSTOW_ASSIGN(const Object* container, Names(execution).OfKind(kind, show.scope_name));
  ResultSet result = ShowResult({"ltz:created_on", "privilege", "grant_on", "name", "grant_to",
                                 "grantee_name", "grant_option"});
  for (const FutureGrant& future : container->future_grants) {
    const std::string on = ToString(future.kind);
    result.rows.push_back({LtzValue(future.grant.created), future.grant.privilege, on,
                           ToString(view.QualifiedName(*container)) + ".<" + on + ">", "ROLE",
                           NameOfRole(view, future.grant.role),
                           future.grant.with_option ? "true" : "false"});
  }
  return result;
}

}  // namespace dbstow::doubles::snowflake
