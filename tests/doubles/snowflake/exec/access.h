#pragma once

#include <set>
#include <string>

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/session.h"
#include "doubles/snowflake/model/catalog_view.h"

namespace dbstow::doubles::snowflake {

/// All roles that a role brings with it: itself, what it has been granted, PUBLIC.
[[nodiscard]] std::set<Id> RolesWithin(const CatalogView& view, Id role);

/// What the roles that are active in a session may do.
class Access {
 public:
  Access(const CatalogView& view, const Session& session);

  [[nodiscard]] bool Owns(const Object& object) const;
  /// Ownership includes every privilege.
  [[nodiscard]] bool Has(const Object& object, const std::string& privilege) const;
  [[nodiscard]] bool HasAny(const Object& object) const;
  [[nodiscard]] bool HasRole(Id role) const { return roles_.count(role) > 0; }
  [[nodiscard]] bool IsAccountAdmin() const;

  /// Errors: 003001 naming kind and object.
  [[nodiscard]] Result<void> Require(const Object& object, const std::string& privilege) const;
  [[nodiscard]] Result<void> RequireOwnership(const Object& object) const;
  /// That it may give this privilege on this object to others.
  [[nodiscard]] Result<void> RequireMayGrant(const Object& object,
                                             const std::string& privilege) const;

 private:
  [[nodiscard]] bool MayGrant(const Object& object, const std::string& privilege) const;

  const CatalogView& view_;
  std::set<Id> roles_;
};

}  // namespace dbstow::doubles::snowflake
