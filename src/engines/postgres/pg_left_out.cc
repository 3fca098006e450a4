#include "engines/postgres/pg_left_out.h"

#include <algorithm>
#include <iterator>

#include "engines/postgres/pg_errors.h"

namespace dbstow::postgres {
namespace {

// The connection string of a subscription is for superusers only, and pg_dump leaves all
// subscriptions out for others, with a remark that nobody sees.
constexpr const char* kLeftOut = R"sql(
WITH self AS (SELECT * FROM pg_database WHERE datname = current_database()),
super AS (SELECT rolsuper AS yes FROM pg_roles WHERE rolname = current_user)
SELECT 1, 'foreign table ' || c.oid::regclass
  || ': its definition is backed up, its rows live elsewhere'
FROM pg_class c WHERE c.relkind = 'f' AND NOT EXISTS (
  SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
    AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e')
UNION ALL
SELECT 2, 'subscription ' || quote_ident(subname) || CASE WHEN (SELECT yes FROM super)
  THEN ': its definition is backed up; a restore makes it disabled, without tables and position'
  ELSE ' is not backed up: only a superuser may read it' END
FROM pg_subscription WHERE subdbid = (SELECT oid FROM self)
UNION ALL
SELECT 3, 'replication slot ' || quote_ident(slot_name)
  || ' of the database is not backed up: its consumer starts anew after a restore'
FROM pg_replication_slots WHERE database = current_database() AND NOT temporary
UNION ALL
SELECT 4, 'prepared transaction ' || quote_literal(gid)
  || ' is not committed: what it changed is not in the backup'
FROM pg_prepared_xacts WHERE database = current_database()
UNION ALL
SELECT 5, 'security labels of the database and of roles (provider ' || provider
  || ') are not backed up; those of objects in the database are'
FROM pg_shseclabel WHERE classoid = 'pg_authid'::regclass
  OR classoid = 'pg_database'::regclass AND objoid = (SELECT oid FROM self) GROUP BY provider
UNION ALL
SELECT 6, 'the database is a template (IS_TEMPLATE): a restored one is not'
FROM self WHERE datistemplate
ORDER BY 1, 2)sql";

constexpr const char* kChecksOff = R"sql(
SELECT DISTINCT 'checks of foreign keys are off on ' || g.tgrelid::regclass
  || ' (DISABLE TRIGGER ALL): what is made of it, a restore or a clone, has them on'
FROM pg_trigger g JOIN pg_constraint o ON o.oid = g.tgconstraint
WHERE g.tgisinternal AND o.contype = 'f' AND g.tgenabled IN ('D', 'R') AND NOT EXISTS (
  SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = g.tgrelid
    AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e')
ORDER BY 1)sql";

Result<std::vector<std::string>> ReadColumn(PgSession& session, const std::string& query,
                                            int column) {
  auto rows = session.Query(query);
  if (!rows) return Explain(rows.error(), "look for what a backup leaves out");
  std::vector<std::string> texts;
  for (int row = 0; row < rows->size(); ++row) texts.push_back(rows->String(row, column));
  return texts;
}

}  // namespace

Result<std::vector<std::string>> ReadSubscriptions(PgSession& session, SubscriptionState state) {
  const std::string which = state == SubscriptionState::kDisabled ? " AND NOT subenabled" : "";
  return ReadColumn(session,
                    "SELECT quote_ident(subname) FROM pg_subscription WHERE subdbid ="
                    " (SELECT oid FROM pg_database WHERE datname = current_database())" +
                        which + " ORDER BY 1",
                    0);
}

Result<std::vector<std::string>> ListLeftOut(PgSession& session) {
  DBSTOW_ASSIGN(auto left_out, ReadColumn(session, kLeftOut, 1));
  DBSTOW_ASSIGN(auto checks, ListChecksThatAreOff(session));
  std::ranges::move(checks, std::back_inserter(left_out));
  return left_out;
}

Result<std::vector<std::string>> ListChecksThatAreOff(PgSession& session) {
  return ReadColumn(session, kChecksOff, 0);
}

}  // namespace dbstow::postgres
