#include "engines/postgres/pg_rename.h"

#include "engines/postgres/pg_archive_sql.h"
#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_quote.h"

namespace dbstow::postgres {
namespace {

// No user can have chosen it: a name in the middle of a swap.
std::string Passing(std::size_t number) { return "dbstow passing " + std::to_string(number); }

// Through passing names, so that a new name may be another object's old one. ALTER TABLE renames
// every kind of relation.
Result<void> RenameTables(PgSession& session, const std::vector<TableRename>& tables) {
  std::size_t number = 0;
  for (const TableRename& table : tables) {
    DBSTOW_TRY(session.Run("ALTER TABLE " + QuoteQualified(table.schema, table.name) +
                           " RENAME TO " + QuoteIdentifier(Passing(number++))));
  }
  number = 0;
  for (const TableRename& table : tables) {
    DBSTOW_TRY(session.Run("ALTER TABLE " + QuoteQualified(table.schema, Passing(number++)) +
                           " RENAME TO " + QuoteIdentifier(table.new_name)));
  }
  return {};
}

Result<void> RenameSchemas(PgSession& session, const std::map<std::string, std::string>& schemas) {
  std::size_t number = 0;
  for (const auto& [from, to] : schemas) {
    DBSTOW_TRY(session.Run("ALTER SCHEMA " + QuoteIdentifier(from) + " RENAME TO " +
                           QuoteIdentifier(Passing(number++))));
  }
  number = 0;
  for (const auto& [from, to] : schemas) {
    DBSTOW_TRY(session.Run("ALTER SCHEMA " + QuoteIdentifier(Passing(number++)) + " RENAME TO " +
                           QuoteIdentifier(to)));
  }
  return {};
}

Result<void> MoveTables(PgSession& session, const RestoreMapping& mapping) {
  for (const TableRename& table : mapping.tables) {
    const auto renamed = mapping.schemas.find(table.schema);
    const std::string& now = renamed == mapping.schemas.end() ? table.schema : renamed->second;
    if (!table.new_schema || *table.new_schema == now) continue;
    // The old name of a renamed schema means that schema.
    const auto target = mapping.schemas.find(*table.new_schema);
    if (target != mapping.schemas.end() && target->second == now) continue;
    DBSTOW_TRY(session.Run("ALTER TABLE " + QuoteQualified(now, table.new_name) + " SET SCHEMA " +
                           QuoteIdentifier(*table.new_schema)));
  }
  return {};
}

// Where an expression names something as text, in a literal: nextval('shop.numbers'::text). What
// is more than text, such as 'shop.numbers'::regclass, shows the new name by now.
constexpr const char* kLiterals = R"sql(
WITH says AS (
  SELECT 'default of ' || d.adrelid::regclass || '.' || quote_ident(a.attname) AS what,
    pg_get_expr(d.adbin, d.adrelid) AS sql
  FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
  UNION ALL
  SELECT 'check ' || quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
  WHERE contype = 'c' AND oid >= 16384
  UNION ALL
  SELECT 'view ' || oid::regclass, pg_get_viewdef(oid) FROM pg_class
  WHERE relkind IN ('v', 'm') AND oid >= 16384
  UNION ALL
  SELECT 'index ' || indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index
  WHERE (indexprs IS NOT NULL OR indpred IS NOT NULL) AND indexrelid >= 16384
  UNION ALL
  SELECT 'policy ' || quote_ident(polname) || ' on ' || polrelid::regclass,
    concat(pg_get_expr(polqual, polrelid), ' ', pg_get_expr(polwithcheck, polrelid))
  FROM pg_policy
  UNION ALL
  SELECT 'trigger ' || quote_ident(tgname) || ' on ' || tgrelid::regclass, pg_get_triggerdef(oid)
  FROM pg_trigger WHERE NOT tgisinternal)
SELECT what FROM says WHERE EXISTS (
  SELECT FROM regexp_matches(sql, '''((?:[^'']|'''')*)''', 'g') AS literal
  WHERE literal[1] ~ ('(^|[^[:alnum:]_$])' || regexp_replace($1, '([^[:alnum:]_])', '\\\1', 'g')
                      || '([^[:alnum:]_$]|$)'))
ORDER BY 1)sql";

Result<void> WarnOfLiterals(PgSession& session, const std::string& old_name,
                            std::vector<std::string>& warnings) {
  DBSTOW_ASSIGN(const PgRows rows, session.Query(kLiterals, {old_name}));
  for (int row = 0; row < rows.size(); ++row) {
    warnings.push_back(rows.String(row, 0) + " still says '" + old_name +
                       "' in a text, which a rename does not change");
  }
  return {};
}

// Function bodies, and settings such as search_path, are text: they do not follow a rename.
Result<void> WarnOfText(PgSession& session, const std::string& old_name,
                        std::vector<std::string>& warnings) {
  DBSTOW_ASSIGN(
      const PgRows rows,
      session.Query("SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_language l "
                    "ON l.oid = prolang WHERE lanname NOT IN ('internal', 'c') "
                    "AND (position($1 IN prosrc) > 0 OR position($1 IN proconfig::text) > 0) "
                    "AND pronamespace <> 'pg_catalog'::regnamespace "
                    "AND pronamespace <> 'information_schema'::regnamespace "
                    "AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = "
                    "'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') ORDER BY 1",
                    {old_name}));
  for (int row = 0; row < rows.size(); ++row) {
    warnings.push_back("function " + rows.String(row, 0) + " still says '" + old_name +
                       "' in its text, which a rename does not change");
  }
  return WarnOfLiterals(session, old_name, warnings);
}

// CREATE EVENT TRIGGER … EXECUTE FUNCTION schema.name(). pg_dump quotes names that have to be.
std::string CallBySchema(const std::map<std::string, std::string>& schemas, std::string ddl) {
  static constexpr std::string_view kCall = " FUNCTION ";
  const std::size_t call = FindOutsideQuotes(ddl, kCall);
  if (call == std::string::npos) return ddl;
  const std::size_t begin = call + kCall.size();
  for (const auto& [from, to] : schemas) {
    for (const std::string& name : {from, QuoteIdentifier(from)}) {
      if (std::string_view(ddl).substr(begin).starts_with(name + ".")) {
        return ddl.replace(begin, name.size(), QuoteIdentifier(to));
      }
    }
  }
  return ddl;
}

Result<void> RenameAll(PgSession& session, const RestoreMapping& mapping) {
  DBSTOW_TRY(RenameTables(session, mapping.tables));
  DBSTOW_TRY(RenameSchemas(session, mapping.schemas));
  return MoveTables(session, mapping);
}

}  // namespace

Result<std::vector<std::string>> RenameObjects(PgSession& session, const RestoreMapping& mapping) {
  std::vector<std::string> warnings;
  if (!mapping.renames()) return warnings;
  DBSTOW_TRY(session.Run("BEGIN"));
  auto renamed = RenameAll(session, mapping);
  if (!renamed) {
    (void)session.Run("ROLLBACK");  // the first error is what matters
    Error error = Explain(renamed.error(), "rename what was restored");
    if (error.code() == ErrorCode::kAlreadyExists) {
      error.WithHint(
          "the backup itself has something of that name: map to a name that is free, or "
          "rename that one, too (--map schema:OLD=NEW)");
    }
    return error;
  }
  DBSTOW_TRY(session.Commit());
  for (const auto& [from, to] : mapping.schemas) DBSTOW_TRY(WarnOfText(session, from, warnings));
  for (const TableRename& table : mapping.tables) {
    DBSTOW_TRY(WarnOfText(session, table.name, warnings));
  }
  return warnings;
}

void RenameInEventTriggers(const std::map<std::string, std::string>& schemas, PgArchive& archive) {
  for (PgArchiveEntry& entry : archive.entries) {
    if (entry.desc == "EVENT TRIGGER") entry.defn = CallBySchema(schemas, std::move(entry.defn));
  }
}

}  // namespace dbstow::postgres
