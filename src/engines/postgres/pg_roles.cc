#include "engines/postgres/pg_roles.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "engines/postgres/pg_apply_catalog.h"
#include "engines/postgres/pg_quote.h"

namespace dbstow::postgres {
namespace {

// Roles that the database refers to (`named`); who may act for one of them, through any number of
// groups (`user_of`): else nobody could log in after a restore on a new server; and, through any
// number of steps, what all these are members of. Who is in a superuser's role would become one
// where it is restored, a superuser needs no membership, and from 16 on one may be there only to
// give a role on (ADMIN): these bring nobody in, and neither do the roles of the server itself.
constexpr const char* kUsedRoles =
    "WITH RECURSIVE self AS (SELECT oid, datdba FROM pg_database"
    " WHERE datname = current_database()),"
    " named AS (SELECT refobjid AS oid FROM pg_shdepend"
    " WHERE refclassid = 'pg_authid'::regclass AND (dbid = (SELECT oid FROM self)"
    " OR classid = 'pg_database'::regclass AND objid = (SELECT oid FROM self))"
    " UNION SELECT datdba FROM self"
    " UNION SELECT setrole FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM self)),"
    " user_of AS (SELECT oid FROM named"
    " UNION SELECT m.member FROM user_of JOIN pg_auth_members m ON m.roleid = user_of.oid"
    " JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member"
    " WHERE NOT r.rolsuper AND NOT u.rolsuper AND r.rolname !~ '^pg_'"
    " AND NOT (to_jsonb(m)->>'inherit_option' IS NOT DISTINCT FROM 'false'"
    " AND to_jsonb(m)->>'set_option' IS NOT DISTINCT FROM 'false')),"
    " used AS (SELECT oid FROM user_of"
    " UNION SELECT m.roleid FROM used JOIN pg_auth_members m ON m.member = used.oid) ";

std::string RoleFilter(RoleScope scope) {
  return scope == RoleScope::kAll ? "true" : "r.oid IN (SELECT oid FROM used)";
}

Result<bool> MayReadHashes(PgSession& session) {
  DBSTOW_ASSIGN(const PgRows rows,
                session.Query("SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT')"));
  return rows.IsTrue(0, 0);
}

Result<std::vector<PgRole>> ReadRoles(PgSession& session, RoleScope scope, bool with_hashes) {
  const std::string hash = with_hashes ? "a.rolpassword" : "NULL";
  const std::string join = with_hashes ? " JOIN pg_authid a ON a.oid = r.oid" : "";
  DBSTOW_ASSIGN(
      const PgRows rows,
      session.Query(std::string(kUsedRoles) +
                    "SELECT r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb,"
                    " r.rolcanlogin, r.rolreplication, r.rolbypassrls, r.rolconnlimit,"
                    " r.rolvaliduntil, shobj_description(r.oid, 'pg_authid'), " +
                    hash + " FROM pg_roles r" + join + " WHERE r.rolname !~ '^pg_' AND " +
                    RoleFilter(scope) + " ORDER BY r.oid"));
  std::vector<PgRole> roles;
  for (int row = 0; row < rows.size(); ++row) {
    PgRole role;
    role.name = rows.String(row, 0);
    role.rights = {rows.IsTrue(row, 1), rows.IsTrue(row, 2), rows.IsTrue(row, 3),
                   rows.IsTrue(row, 4), rows.IsTrue(row, 5), rows.IsTrue(row, 6),
                   rows.IsTrue(row, 7)};
    role.connection_limit = rows.Integer(row, 8);
    role.valid_until = rows.String(row, 9);
    role.comment = rows.String(row, 10);
    role.password_hash = SecretString(rows.String(row, 11));
    roles.push_back(std::move(role));
  }
  return roles;
}

Result<void> ReadSettings(PgSession& session, std::vector<PgRole>& roles) {
  DBSTOW_ASSIGN(const PgRows rows,
                session.Query("SELECT r.rolname, split_part(c, '=', 1),"
                              " substr(c, strpos(c, '=') + 1) FROM pg_db_role_setting s"
                              " JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c"
                              " WHERE s.setdatabase = 0 ORDER BY 1, 2"));
  for (int row = 0; row < rows.size(); ++row) {
    const auto role = std::ranges::find(roles, rows.Text(row, 0), &PgRole::name);
    if (role != roles.end()) {
      role->settings.emplace_back(rows.String(row, 1), rows.String(row, 2));
    }
  }
  return {};
}

std::optional<bool> Option(const PgRows& rows, int row, int column) {
  if (rows.IsNull(row, column)) return std::nullopt;
  return rows.Text(row, column) == "true";
}

// As JSON, because the options of a membership are columns only from version 16 on.
Result<std::vector<PgMembership>> ReadMemberships(PgSession& session,
                                                  const std::vector<PgRole>& roles) {
  DBSTOW_ASSIGN(const PgRows rows,
                session.Query("SELECT DISTINCT r.rolname, u.rolname, m.admin_option,"
                              " to_jsonb(m)->>'inherit_option', to_jsonb(m)->>'set_option'"
                              " FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid"
                              " JOIN pg_roles u ON u.oid = m.member ORDER BY 1, 2"));
  std::set<std::string> known;
  for (const PgRole& role : roles) known.insert(role.name);
  std::vector<PgMembership> memberships;
  for (int row = 0; row < rows.size(); ++row) {
    const std::string role = rows.String(row, 0);
    const std::string member = rows.String(row, 1);
    if (!known.contains(member) || (!known.contains(role) && !role.starts_with("pg_"))) continue;
    memberships.push_back(
        {role, member, rows.IsTrue(row, 2), Option(rows, row, 3), Option(rows, row, 4)});
  }
  return memberships;
}

// A superuser, to whom the server's own grants go, needs none.
Result<std::vector<PgParameterGrant>> ReadParameterGrants(PgSession& session,
                                                          const std::vector<PgRole>& roles) {
  std::vector<PgParameterGrant> grants;
  if (session.version_number() < 150000) return grants;
  DBSTOW_ASSIGN(const PgRows rows,
                session.Query("SELECT DISTINCT p.parname, r.rolname, x.privilege_type,"
                              " x.is_grantable FROM pg_parameter_acl p, aclexplode(p.paracl) x"
                              " JOIN pg_roles r ON r.oid = x.grantee WHERE NOT r.rolsuper"
                              " ORDER BY 1, 2, 3"));
  for (int row = 0; row < rows.size(); ++row) {
    if (std::ranges::find(roles, rows.Text(row, 1), &PgRole::name) == roles.end()) continue;
    grants.push_back(
        {rows.String(row, 0), rows.String(row, 1), rows.String(row, 2), rows.IsTrue(row, 3)});
  }
  return grants;
}

Result<std::vector<PgTablespace>> ReadTablespaces(PgSession& session) {
  DBSTOW_ASSIGN(const PgRows rows, session.Query("SELECT spcname, pg_get_userbyid(spcowner),"
                                                 " pg_tablespace_location(oid) FROM pg_tablespace"
                                                 " WHERE spcname !~ '^pg_' ORDER BY 1"));
  std::vector<PgTablespace> tablespaces;
  for (int row = 0; row < rows.size(); ++row) {
    tablespaces.push_back({rows.String(row, 0), rows.String(row, 1), rows.String(row, 2)});
  }
  return tablespaces;
}

std::optional<bool> EitherOf(std::optional<bool> a, std::optional<bool> b) {
  if (!a || !b) return a ? a : b;
  return *a || *b;
}

std::string Word(bool yes, const std::string& word) { return (yes ? " " : " NO") + word; }

/// One merge of roles into a cluster.
class RoleMerge {
 public:
  RoleMerge(PgSession& session, const PgGlobals& globals) : session_(session), globals_(globals) {}

  Result<std::vector<std::string>> Run() {
    DBSTOW_TRY(ReadCluster());
    for (const PgRole& role : globals_.roles) {
      if (const auto there = existing_.find(role.name); there != existing_.end()) {
        Compare(role, there->second);
      } else {
        DBSTOW_TRY(Create(role));
      }
    }
    // A second grant by this session would replace the options of the first.
    for (const PgMembership& membership : MergeGrantors(globals_.memberships)) {
      DBSTOW_TRY(Grant(membership));
    }
    for (const PgParameterGrant& each : globals_.parameter_grants) DBSTOW_TRY(Grant(each));
    CompareTablespaces();
    return std::move(warnings_);
  }

 private:
  Result<void> ReadCluster() {
    DBSTOW_ASSIGN(const bool hashes, MayReadHashes(session_));
    DBSTOW_ASSIGN(PgGlobals now, ReadGlobals(session_, RoleScope::kAll));
    for (PgRole& role : now.roles) {
      std::string name = role.name;
      existing_.emplace(std::move(name), std::move(role));
    }
    for (const PgMembership& membership : now.memberships) {
      members_.insert({membership.role, membership.member});
    }
    parameter_grants_.insert(now.parameter_grants.begin(), now.parameter_grants.end());
    for (const PgTablespace& tablespace : now.tablespaces) tablespaces_.insert(tablespace.name);
    reads_hashes_ = hashes;
    DBSTOW_ASSIGN(const PgRows rows,
                  session_.Query("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"));
    superuser_ = rows.size() > 0 && rows.IsTrue(0, 0);
    return {};
  }

  void Compare(const PgRole& wanted, const PgRole& there) {
    const std::string who = "role " + wanted.name + " exists and was left as it is";
    if (wanted.rights != there.rights) {
      warnings_.push_back(who + ": its rights are" + Rights(there.rights) + ", in the backup" +
                          Rights(wanted.rights));
    }
    if (wanted.connection_limit != there.connection_limit) {
      warnings_.push_back(who + ": its connection limit is " +
                          std::to_string(there.connection_limit) + ", in the backup " +
                          std::to_string(wanted.connection_limit));
    }
    if (wanted.valid_until != there.valid_until) {
      warnings_.push_back(who + ": its expiry is '" + there.valid_until + "', in the backup '" +
                          wanted.valid_until + "'");
    }
    if (wanted.settings != there.settings) {
      warnings_.push_back(who + ": its settings are not those of the backup");
    }
    if (globals_.has_password_hashes && reads_hashes_ &&
        wanted.password_hash.Reveal() != there.password_hash.Reveal()) {
      warnings_.push_back(who + ": its password is not that of the backup");
    }
  }

  static std::string Rights(const PgRoleRights& rights) {
    return Word(rights.superuser, "SUPERUSER") + Word(rights.inherit, "INHERIT") +
           Word(rights.create_role, "CREATEROLE") + Word(rights.create_database, "CREATEDB") +
           Word(rights.login, "LOGIN") + Word(rights.replication, "REPLICATION") +
           Word(rights.bypass_rls, "BYPASSRLS");
  }

  // Only a superuser may give these away (from 16 on also who has them; we do not try).
  PgRoleRights Allowed(const PgRole& role) {
    PgRoleRights rights = role.rights;
    if (superuser_) return rights;
    rights.superuser = rights.replication = rights.bypass_rls = false;
    if (rights != role.rights) {
      warnings_.push_back("role " + role.name +
                          " was created without SUPERUSER, REPLICATION and BYPASSRLS, which only "
                          "a superuser can give");
    }
    return rights;
  }

  Result<void> Create(const PgRole& role) {
    const std::string name = QuoteIdentifier(role.name);
    std::string sql = "CREATE ROLE " + name + Rights(Allowed(role)) + " CONNECTION LIMIT " +
                      std::to_string(role.connection_limit);
    if (!role.valid_until.empty()) sql += " VALID UNTIL " + QuoteLiteral(role.valid_until);
    DBSTOW_ASSIGN(const bool made, Try([&] { return CreateWithPassword(sql, role); },
                                       "role " + role.name + " could not be created"));
    if (!made) return {};
    created_.insert(role.name);
    if (role.rights.login && role.password_hash.empty() && !globals_.has_password_hashes) {
      warnings_.push_back("role " + role.name +
                          " was created without a password, because the backup holds none");
    }
    for (const auto& [setting, value] : role.settings) {
      DBSTOW_TRY(Try("ALTER ROLE " + name + " SET " + QuoteIdentifier(setting) + " TO " +
                         SettingValue(setting, value),
                     "the setting " + setting + " of role " + role.name + " could not be made"));
    }
    if (!role.comment.empty()) {
      DBSTOW_TRY(Try("COMMENT ON ROLE " + name + " IS " + QuoteLiteral(role.comment),
                     "the comment of role " + role.name + " could not be made"));
    }
    return {};
  }

  // In one transaction, so that no killed run leaves a role that has lost its password.
  Result<void> CreateWithPassword(const std::string& create, const PgRole& role) {
    if (role.password_hash.empty()) return session_.Run(create);
    DBSTOW_TRY(session_.Run("BEGIN"));
    auto created = CreateQuietly(create, role);
    if (!created && !session_.broken()) DBSTOW_TRY(session_.Run("ROLLBACK"));
    return created;
  }

  // A server that logs statements must not write the hash down; only a superuser can ask for that.
  Result<void> CreateQuietly(const std::string& create, const PgRole& role) {
    DBSTOW_TRY(session_.Run(create));
    if (superuser_) {
      DBSTOW_TRY(
          session_.Run("SET LOCAL log_statement = 'none';"
                       "SET LOCAL log_min_error_statement = 'panic';"
                       "SET LOCAL log_min_duration_statement = -1;"
                       "SET LOCAL log_min_duration_sample = -1;"
                       "SET LOCAL log_transaction_sample_rate = 0"));
    }
    DBSTOW_TRY(session_.Run("ALTER ROLE " + QuoteIdentifier(role.name) + " PASSWORD " +
                            QuoteLiteral(role.password_hash.Reveal())));
    return session_.Commit();
  }

  Result<void> Grant(const PgMembership& membership) {
    if (members_.contains({membership.role, membership.member})) return {};
    const std::string what = "the membership of " + membership.member + " in " + membership.role;
    if (!created_.contains(membership.role) && !created_.contains(membership.member)) {
      if (existing_.contains(membership.member)) {
        warnings_.push_back(what + " is in the backup, but both exist and were left as they are");
      }
      return {};
    }
    DBSTOW_TRY(Try("GRANT " + QuoteIdentifier(membership.role) + " TO " +
                       QuoteIdentifier(membership.member) + OptionsOf(membership),
                   what + " could not be granted"));
    return {};
  }

  Result<void> Grant(const PgParameterGrant& grant) {
    if (parameter_grants_.contains(grant)) return {};
    const std::string right = grant.privilege + " ON PARAMETER " + QuoteIdentifier(grant.parameter);
    if (!created_.contains(grant.role)) {
      if (existing_.contains(grant.role)) {
        warnings_.push_back("role " + grant.role +
                            " exists and was left as it is: it lacks the right " + right);
      }
      return {};
    }
    DBSTOW_TRY(Try("GRANT " + right + " TO " + QuoteIdentifier(grant.role) +
                       (grant.grantable ? " WITH GRANT OPTION" : ""),
                   "role " + grant.role + " could not be granted " + right));
    return {};
  }

  [[nodiscard]] std::string OptionsOf(const PgMembership& membership) const {
    if (session_.version_number() < 160000 || !membership.inherit || !membership.set) {
      return membership.admin ? " WITH ADMIN OPTION" : "";
    }
    const auto word = [](bool yes) { return yes ? "TRUE" : "FALSE"; };
    return std::string(" WITH ADMIN ") + word(membership.admin) + ", INHERIT " +
           word(*membership.inherit) + ", SET " + word(*membership.set);
  }

  void CompareTablespaces() {
    for (const PgTablespace& tablespace : globals_.tablespaces) {
      if (tablespaces_.contains(tablespace.name)) continue;
      warnings_.push_back("tablespace " + tablespace.name + " (" + tablespace.location +
                          ") of the source does not exist here");
    }
  }

  Result<bool> Try(const std::string& sql, const std::string& complaint) {
    return Try([&] { return session_.Run(sql); }, complaint);
  }

  // What the server refuses is a warning; the statement itself may hold a hash and is not told.
  Result<bool> Try(const std::function<Result<void>()>& act, const std::string& complaint) {
    const auto done = act();
    if (done) return true;
    if (session_.broken()) return done.error();
    warnings_.push_back(complaint + ": " + done.error().message());
    return false;
  }

  PgSession& session_;
  const PgGlobals& globals_;
  std::map<std::string, PgRole> existing_;
  std::set<std::pair<std::string, std::string>> members_;
  std::set<PgParameterGrant> parameter_grants_;
  std::set<std::string> tablespaces_;
  std::set<std::string> created_;
  std::vector<std::string> warnings_;
  bool superuser_ = false;
  bool reads_hashes_ = false;
};

}  // namespace

Result<PgGlobals> ReadGlobals(PgSession& session, RoleScope scope) {
  PgGlobals globals;
  DBSTOW_ASSIGN(globals.has_password_hashes, MayReadHashes(session));
  DBSTOW_ASSIGN(globals.roles, ReadRoles(session, scope, globals.has_password_hashes));
  DBSTOW_TRY(ReadSettings(session, globals.roles));
  DBSTOW_ASSIGN(globals.memberships, ReadMemberships(session, globals.roles));
  DBSTOW_ASSIGN(globals.parameter_grants, ReadParameterGrants(session, globals.roles));
  DBSTOW_ASSIGN(globals.tablespaces, ReadTablespaces(session));
  return globals;
}

std::vector<PgMembership> MergeGrantors(const std::vector<PgMembership>& memberships) {
  std::vector<PgMembership> merged;
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for (const PgMembership& each : memberships) {
    const auto [place, is_new] = places.try_emplace({each.role, each.member}, merged.size());
    if (is_new) {
      merged.push_back(each);
      continue;
    }
    PgMembership& known = merged[place->second];
    known.admin = known.admin || each.admin;
    known.inherit = EitherOf(known.inherit, each.inherit);
    known.set = EitherOf(known.set, each.set);
  }
  return merged;
}

Result<std::vector<std::string>> ApplyGlobals(PgSession& session, const PgGlobals& globals) {
  return RoleMerge(session, globals).Run();
}

}  // namespace dbstow::postgres
