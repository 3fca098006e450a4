#include "engines/postgres/pg_definition_queries.h"

#include <string_view>
#include <utility>

#include "engines/postgres/pg_definition_sql.h"

namespace dbstow::postgres {
namespace {

// What all queries look at. `relation` is what may have columns, indexes, constraints, triggers.
constexpr std::string_view kCommon = R"sql(
WITH space AS (
  SELECT oid, nspname, quote_ident(nspname) AS schema FROM pg_namespace
  WHERE nspname !~ '^pg_(toast|temp)' AND nspname NOT IN ('pg_catalog', 'information_schema')),
member AS (
  SELECT classid, objid FROM pg_depend
  WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'),
relation AS (
  SELECT c.*, s.schema FROM pg_class c JOIN space s ON s.oid = c.relnamespace
  WHERE c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
    AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_class'::regclass AND objid = c.oid))
)sql";

}  // namespace

std::vector<std::string> DefinitionQueries(int version) {
  std::vector<std::string> queries;
  for (auto part : {RelationQueries, SchemaObjectQueries, DatabaseObjectQueries}) {
    for (const std::string& body : part(version)) queries.push_back(std::string(kCommon) + body);
  }
  return queries;
}

}  // namespace dbstow::postgres
