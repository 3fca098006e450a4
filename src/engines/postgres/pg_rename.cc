#include "engines/postgres/pg_rename.h"

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
  return {};
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

}  // namespace dbstow::postgres
