#include "engines/postgres/pg_definition_sql.h"

namespace dbstow::postgres {

std::string Sorted(const std::string& array) {
  return "(SELECT array_agg(o ORDER BY o COLLATE \"C\") FROM unnest(" + array + ") o)";
}

std::string ColumnNames(const std::string& relation, const std::string& array) {
  return "(SELECT array_agg(coalesce(a.attname, '(expression)') ORDER BY k.place) FROM unnest(" +
         array +
         ") WITH ORDINALITY k(number, place) LEFT JOIN pg_attribute a"
         " ON a.attrelid = " +
         relation + " AND a.attnum = k.number)";
}

std::string Grants(const std::string& acl, const std::string& kind, const std::string& owner) {
  // Those on large objects we give ourselves, as their owner.
  const std::string grantor = kind == "'L'" ? ""
                                            : " || CASE WHEN x.grantor <> " + owner +
                                                  " THEN ' by ' || quote_ident(pg_get_userbyid("
                                                  "x.grantor)) ELSE '' END";
  const std::string one =
      "CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END"
      " || ' ' || x.privilege_type || CASE WHEN x.is_grantable THEN ' with grant option'"
      " ELSE '' END" +
      grantor;
  return "coalesce((SELECT string_agg(DISTINCT " + one + ", ', ' ORDER BY " + one +
         ") FROM aclexplode(coalesce(" + acl + ", acldefault(" + kind + ", " + owner +
         "))) x WHERE x.privilege_type <> 'MAINTAIN'), '')";
}

std::string NotMember(const std::string& catalog, const std::string& oid) {
  return "NOT EXISTS (SELECT FROM member WHERE classid = '" + catalog +
         "'::regclass AND objid = " + oid + ")";
}

std::string Owner(const std::string& role) { return "pg_get_userbyid(" + role + ")"; }

}  // namespace dbstow::postgres
