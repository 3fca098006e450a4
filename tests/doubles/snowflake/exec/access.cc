#include "doubles/snowflake/exec/access.h"

#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

void Collect(const CatalogView& view, Id role, std::set<Id>& roles) {
  const Object* object = view.Find(role);
  if (object == nullptr || !object->live() || !roles.insert(role).second) return;
  if (const auto* detail = std::get_if<PrincipalDetail>(&object->detail)) {
    for (const Id granted : detail->roles) Collect(view, granted, roles);
  }
}

Error Denied(const Object& object) {
  std::string kind = ToString(object.kind);
  for (char& letter : kind)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return SqlError(codes::kDenied,
                  "SQL access control error:\nInsufficient privileges to operate on " + kind +
                      " '" + object.name() + "'");
}

}  // namespace

std::set<Id> RolesWithin(const CatalogView& view, Id role) {
  std::set<Id> roles;
  Collect(view, role, roles);
  if (const Object* everyone = view.FindChild(ObjectKind::kRole, kAccountId, "PUBLIC")) {
    Collect(view, everyone->id, roles);
  }
  return roles;
}

Access::Access(const CatalogView& view, const Session& session)
    : view_(view), roles_(RolesWithin(view, session.role)) {
  if (!session.secondary_roles) return;
  const Object* user = view.Find(session.user);
  if (user == nullptr) return;
  if (const auto* detail = std::get_if<PrincipalDetail>(&user->detail)) {
    for (const Id role : detail->roles) Collect(view, role, roles_);
  }
}

bool Access::Owns(const Object& object) const { return roles_.count(object.owner) > 0; }

bool Access::Has(const Object& object, const std::string& privilege) const {
  if (Owns(object)) return true;
  for (const Grant& grant : object.grants) {
    if (grant.privilege == privilege && roles_.count(grant.role) > 0) return true;
  }
  return false;
}

bool Access::HasAny(const Object& object) const {
  if (Owns(object)) return true;
  for (const Grant& grant : object.grants) {
    if (roles_.count(grant.role) > 0) return true;
  }
  return Has(view_.account(), "MANAGE GRANTS");
}

bool Access::MayGrant(const Object& object, const std::string& privilege) const {
  if (Has(view_.account(), "MANAGE GRANTS")) return true;
  const Object* schema = view_.Find(object.container());
  if (schema != nullptr && schema->kind == ObjectKind::kSchema && schema->managed_access) {
    return Owns(*schema);
  }
  if (Owns(object)) return true;
  for (const Grant& grant : object.grants) {
    if (grant.privilege == privilege && grant.with_option && roles_.count(grant.role) > 0)
      return true;
  }
  return false;
}

bool Access::IsAccountAdmin() const { return Owns(view_.account()); }

Result<void> Access::RequireMayGrant(const Object& object, const std::string& privilege) const {
  if (!MayGrant(object, privilege)) return Denied(object);
  return {};
}

Result<void> Access::Require(const Object& object, const std::string& privilege) const {
  if (!Has(object, privilege)) return Denied(object);
  return {};
}

Result<void> Access::RequireOwnership(const Object& object) const {
  if (!Owns(object)) return Denied(object);
  return {};
}

}  // namespace dbstow::doubles::snowflake
