#include "engines/postgres/pg_definition_guard.h"

#include <map>
#include <string>

#include "engines/postgres/pg_errors.h"

namespace dbstow::postgres {
namespace {

// Kind and oid, name, version. A changed row of a catalog has another xmin. Rows of views change
// when they are analysed or refreshed: for them their name and the version of their rule, and of an
// index, which may be renamed under our lock on its table, the name. Types of tables and their
// arrays go with their tables, which are locked.
constexpr const char* kDefinitions = R"sql(
WITH space AS (
  SELECT oid, nspname, xmin AS version FROM pg_namespace
  WHERE nspname !~ '^pg_(toast|temp)' AND nspname NOT IN ('pg_catalog', 'information_schema'))
SELECT 'schema', oid, quote_ident(nspname), version::text FROM space WHERE oid >= 16384
UNION ALL
SELECT 'function', p.oid, quote_ident(nspname) || '.' || quote_ident(proname), p.xmin::text
FROM pg_proc p JOIN space s ON s.oid = pronamespace
UNION ALL
SELECT 'type', t.oid, quote_ident(nspname) || '.' || quote_ident(typname), t.xmin::text
FROM pg_type t JOIN space s ON s.oid = typnamespace LEFT JOIN pg_class c ON c.oid = typrelid
WHERE typrelid = 0 AND typelem = 0 OR c.relkind = 'c'
UNION ALL
SELECT 'view', c.oid, quote_ident(nspname) || '.' || quote_ident(relname), r.xmin::text
FROM pg_class c JOIN space s ON s.oid = relnamespace JOIN pg_rewrite r ON r.ev_class = c.oid
WHERE relkind IN ('v', 'm') AND rulename = '_RETURN'
UNION ALL
SELECT 'index', c.oid, quote_ident(nspname) || '.' || quote_ident(relname), ''
FROM pg_class c JOIN space s ON s.oid = relnamespace JOIN pg_index i ON i.indexrelid = c.oid
WHERE i.indisvalid
UNION ALL
SELECT 'operator', o.oid, quote_ident(nspname) || '.' || oprname, o.xmin::text
FROM pg_operator o JOIN space s ON s.oid = oprnamespace
UNION ALL
SELECT 'collation', c.oid, quote_ident(nspname) || '.' || quote_ident(collname), c.xmin::text
FROM pg_collation c JOIN space s ON s.oid = collnamespace
UNION ALL
SELECT 'operator class', o.oid, quote_ident(nspname) || '.' || quote_ident(opcname), o.xmin::text
FROM pg_opclass o JOIN space s ON s.oid = opcnamespace
UNION ALL
SELECT 'text search configuration', c.oid, quote_ident(nspname) || '.' || quote_ident(cfgname),
  c.xmin::text
FROM pg_ts_config c JOIN space s ON s.oid = cfgnamespace
UNION ALL
SELECT 'text search dictionary', d.oid, quote_ident(nspname) || '.' || quote_ident(dictname),
  d.xmin::text
FROM pg_ts_dict d JOIN space s ON s.oid = dictnamespace
)sql";

// "function 16402" → ("public.f", "763").
using Definitions = std::map<std::string, std::pair<std::string, std::string>>;

Result<Definitions> Read(PgSession& session) {
  DBSTOW_ASSIGN(const PgRows rows, session.Query(kDefinitions));
  Definitions definitions;
  for (int row = 0; row < rows.size(); ++row) {
    definitions[rows.String(row, 0) + " " + rows.String(row, 1)] = {rows.String(row, 2),
                                                                    rows.String(row, 3)};
  }
  return definitions;
}

}  // namespace

Result<void> CheckDefinitionsStand(PgSession& snapshot, const OperationContext& context) {
  DBSTOW_ASSIGN(const Definitions then, Read(snapshot));
  DBSTOW_ASSIGN(const auto session,
                PgSession::Open(snapshot.connection(), context, snapshot.lock_timeout_ms()));
  DBSTOW_ASSIGN(const Definitions now, Read(*session));
  for (const auto& [key, definition] : then) {
    const auto found = now.find(key);
    if (found != now.end() && found->second == definition) continue;
    return ChangedMeanwhile(key.substr(0, key.rfind(' ')) + " " + definition.first +
                            " was dropped or altered while the schema was read");
  }
  return {};
}

}  // namespace dbstow::postgres
