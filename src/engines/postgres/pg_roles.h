#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/secret.h"
#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

/// What a role may do, as `pg_roles` has it.
struct PgRoleRights {
  bool superuser = false;
  bool inherit = true;
  bool create_role = false;
  bool create_database = false;
  bool login = false;
  bool replication = false;
  bool bypass_rls = false;
  friend bool operator==(const PgRoleRights&, const PgRoleRights&) = default;
};

struct PgRole {
  std::string name;
  PgRoleRights rights;
  std::int64_t connection_limit = -1;
  std::string valid_until;  ///< as the server writes it; empty: for ever
  std::string comment;
  /// The stored hash, never a password; empty when there is none or we may not read it.
  SecretString password_hash;
  std::vector<std::pair<std::string, std::string>> settings;  ///< ALTER ROLE … SET, all databases
};

struct PgMembership {
  std::string role;
  std::string member;
  bool admin = false;
  std::optional<bool> inherit;  ///< PostgreSQL 16 and later
  std::optional<bool> set;      ///< the same
};

/// A fact for people: tablespaces are folders of a server, which no restore makes.
struct PgTablespace {
  std::string name;
  std::string owner;
  std::string location;
};

/// What a role may do with a setting of the server (`GRANT SET ON PARAMETER …`, 15 and later).
struct PgParameterGrant {
  std::string parameter;
  std::string role;
  std::string privilege;
  bool grantable = false;
  friend auto operator<=>(const PgParameterGrant&, const PgParameterGrant&) = default;
};

/// What a database needs of its cluster: the item `globals.json` of a backup. Roles whose names
/// begin with `pg_` belong to the server and are not in it, memberships of them are.
struct PgGlobals {
  static constexpr std::string_view kItem = "globals.json";

  std::vector<PgRole> roles;
  std::vector<PgMembership> memberships;
  std::vector<PgParameterGrant> parameter_grants;
  std::vector<PgTablespace> tablespaces;
  bool has_password_hashes = false;  ///< whether the backup's role could read pg_authid

  /// Holds password hashes: to be written only into an encrypted backup.
  [[nodiscard]] SecretString ToJson() const;
  /// Errors: Corrupt.
  [[nodiscard]] static Result<PgGlobals> FromJson(std::string_view text);
};

/// Which roles a backup carries.
enum class RoleScope {
  kUsed,  ///< owners and grantees in the database, and the roles that these are members of
  kAll,
};

/// Reads them in the session's database.
[[nodiscard]] Result<PgGlobals> ReadGlobals(PgSession& session, RoleScope scope);

/// One for each role and member, with the options that any of its grantors gave (from 16 on there
/// may be several, and to have an option of one of them is to have it).
[[nodiscard]] std::vector<PgMembership> MergeGrantors(const std::vector<PgMembership>& memberships);

/// Merges roles into the session's cluster: creates those that are missing, with their attributes,
/// password hash, settings, comment, memberships and rights on parameters; never changes one that
/// exists. Returns warnings: each difference of an existing role, and each role or attribute that
/// the session may not give (its objects then belong to the role that restores). Errors: only a
/// broken session.
[[nodiscard]] Result<std::vector<std::string>> ApplyGlobals(PgSession& session,
                                                            const PgGlobals& globals);

}  // namespace dbstow::postgres
