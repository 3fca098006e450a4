#include <nlohmann/json.hpp>

#include "engines/postgres/pg_roles.h"

namespace dbstow::postgres {
namespace {

using Json = nlohmann::json;

Json RightsToJson(const PgRoleRights& rights) {
  return {{"superuser", rights.superuser},
          {"inherit", rights.inherit},
          {"createRole", rights.create_role},
          {"createDatabase", rights.create_database},
          {"login", rights.login},
          {"replication", rights.replication},
          {"bypassRls", rights.bypass_rls}};
}

PgRoleRights RightsFromJson(const Json& json) {
  return {json.at("superuser"),      json.at("inherit"), json.at("createRole"),
          json.at("createDatabase"), json.at("login"),   json.at("replication"),
          json.at("bypassRls")};
}

Json RoleToJson(const PgRole& role) {
  Json json{{"name", role.name},
            {"rights", RightsToJson(role.rights)},
            {"connectionLimit", role.connection_limit},
            {"validUntil", role.valid_until},
            {"comment", role.comment},
            {"settings", role.settings}};
  if (!role.password_hash.empty()) json["passwordHash"] = role.password_hash.Reveal();
  return json;
}

PgRole RoleFromJson(const Json& json) {
  PgRole role;
  role.name = json.at("name");
  role.rights = RightsFromJson(json.at("rights"));
  role.connection_limit = json.at("connectionLimit");
  role.valid_until = json.at("validUntil");
  role.comment = json.at("comment");
  role.settings = json.at("settings").get<std::vector<std::pair<std::string, std::string>>>();
  role.password_hash = SecretString(json.value("passwordHash", std::string()));
  return role;
}

Json MembershipToJson(const PgMembership& membership) {
  Json json{{"role", membership.role}, {"member", membership.member}, {"admin", membership.admin}};
  if (membership.inherit) json["inherit"] = *membership.inherit;
  if (membership.set) json["set"] = *membership.set;
  return json;
}

PgMembership MembershipFromJson(const Json& json) {
  PgMembership membership{json.at("role"), json.at("member"), json.at("admin"), {}, {}};
  if (json.contains("inherit")) membership.inherit = json.at("inherit").get<bool>();
  if (json.contains("set")) membership.set = json.at("set").get<bool>();
  return membership;
}

Json GrantToJson(const PgParameterGrant& grant) {
  return {{"parameter", grant.parameter},
          {"role", grant.role},
          {"privilege", grant.privilege},
          {"grantable", grant.grantable}};
}

PgGlobals GlobalsFromJson(const Json& json) {
  PgGlobals globals;
  for (const Json& role : json.at("roles")) globals.roles.push_back(RoleFromJson(role));
  for (const Json& membership : json.at("memberships")) {
    globals.memberships.push_back(MembershipFromJson(membership));
  }
  // Backups of before do not have it.
  for (const Json& grant : json.value("parameterGrants", Json::array())) {
    globals.parameter_grants.push_back(
        {grant.at("parameter"), grant.at("role"), grant.at("privilege"), grant.at("grantable")});
  }
  for (const Json& tablespace : json.at("tablespaces")) {
    globals.tablespaces.push_back(
        {tablespace.at("name"), tablespace.at("owner"), tablespace.at("location")});
  }
  globals.has_password_hashes = json.at("hasPasswordHashes");
  return globals;
}

}  // namespace

SecretString PgGlobals::ToJson() const {
  Json json{{"version", 1},
            {"hasPasswordHashes", has_password_hashes},
            {"roles", Json::array()},
            {"memberships", Json::array()},
            {"parameterGrants", Json::array()},
            {"tablespaces", Json::array()}};
  for (const PgRole& role : roles) json["roles"].push_back(RoleToJson(role));
  for (const PgMembership& membership : memberships) {
    json["memberships"].push_back(MembershipToJson(membership));
  }
  for (const PgParameterGrant& grant : parameter_grants) {
    json["parameterGrants"].push_back(GrantToJson(grant));
  }
  for (const PgTablespace& tablespace : tablespaces) {
    json["tablespaces"].push_back({{"name", tablespace.name},
                                   {"owner", tablespace.owner},
                                   {"location", tablespace.location}});
  }
  // Names need not be UTF-8 in a SQL_ASCII database.
  return SecretString(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Result<PgGlobals> PgGlobals::FromJson(std::string_view text) {
  try {
    return GlobalsFromJson(Json::parse(text));
  } catch (const Json::exception&) {
    // The text may hold password hashes; it and the library's message stay out of the error.
    return Error(ErrorCode::kCorrupt,
                 "the item '" + std::string(kItem) + "' of the backup cannot be read");
  }
}

}  // namespace dbstow::postgres
