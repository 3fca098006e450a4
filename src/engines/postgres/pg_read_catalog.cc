#include "engines/postgres/pg_read_catalog.h"

#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_quote.h"

namespace dbstow::postgres {
namespace {

constexpr int kSequencesPerQuery = 200;

// Columns from `column` on: the ACL as text, grantee, privilege, grant option.
void AddPrivilege(const PgRows& rows, int row, int column, PgAcl& acl) {
  if (rows.IsNull(row, column)) return;
  acl.is_default = false;
  if (rows.IsNull(row, column + 1)) return;
  acl.privileges.push_back(
      {rows.String(row, column + 1), rows.String(row, column + 2), rows.IsTrue(row, column + 3)});
}

Result<std::vector<PgNamedObject>> ReadNamed(PgSession& session, const std::string& condition) {
  DBSTOW_ASSIGN(
      const PgRows rows,
      session.Query(
          "SELECT c.oid, n.nspname, c.relname FROM pg_class c"
          " JOIN pg_namespace n ON n.oid = c.relnamespace"
          " LEFT JOIN (SELECT unnest(extconfig) AS oid FROM pg_extension) g ON g.oid = c.oid"
          " WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')"
          " AND n.nspname !~ '^pg_(toast|temp)'"
          " AND (g.oid IS NOT NULL OR NOT EXISTS (SELECT FROM pg_depend d"
          "   WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid"
          "   AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'))"
          " AND " +
          condition + " ORDER BY c.oid"));
  std::vector<PgNamedObject> objects;
  for (int row = 0; row < rows.size(); ++row) {
    objects.push_back({static_cast<std::uint32_t>(rows.Integer(row, 0)), rows.String(row, 1),
                       rows.String(row, 2)});
  }
  return objects;
}

// Their names are of the snapshot, but no lock keeps sequences as they were then.
Error SequenceFailure(const Error& error) {
  if (error.code() != ErrorCode::kNotFound) {
    return Explain(error, "read the sequences");
  }
  return Error(ErrorCode::kConflict,
               "a sequence was dropped or renamed while the backup began: " + error.message())
      .WithRetry(Retry::kTransient)
      .WithHint("run the backup again");
}

Result<std::vector<PgLargeObject>> ReadLargeObjects(PgSession& session) {
  DBSTOW_ASSIGN(
      const PgRows rows,
      session.Query(
          "SELECT m.oid, pg_get_userbyid(m.lomowner),"
          " coalesce(obj_description(m.oid, 'pg_largeobject'), ''),"
          " m.lomacl::text, CASE WHEN x.grantee IS NOT NULL THEN coalesce(r.rolname, '') END,"
          " x.privilege_type, x.is_grantable"
          " FROM pg_largeobject_metadata m LEFT JOIN LATERAL aclexplode(m.lomacl) x ON true"
          " LEFT JOIN pg_roles r ON r.oid = x.grantee ORDER BY m.oid"));
  std::vector<PgLargeObject> objects;
  for (int row = 0; row < rows.size(); ++row) {
    const auto oid = static_cast<std::uint32_t>(rows.Integer(row, 0));
    if (objects.empty() || objects.back().oid != oid) {
      objects.push_back({oid, rows.String(row, 1), rows.String(row, 2), {}});
    }
    AddPrivilege(rows, row, 3, objects.back().acl);
  }
  return objects;
}

// A standby does not have the values of unlogged sequences: they are those of new ones, as the
// unlogged tables that they belong to are empty.
Result<std::vector<PgSequenceValue>> UnloggedSequencesOfStandby(PgSession& session) {
  DBSTOW_ASSIGN(
      const std::vector<PgNamedObject> names,
      ReadNamed(session, "c.relkind = 'S' AND c.relpersistence = 'u' AND pg_is_in_recovery()"));
  std::vector<PgSequenceValue> values;
  for (const PgNamedObject& name : names) {
    DBSTOW_ASSIGN(const PgRows rows,
                  session.Query("SELECT seqstart FROM pg_sequence WHERE seqrelid = $1::oid",
                                {std::to_string(name.oid)}));
    values.push_back({name.oid, name.schema, name.name, rows.size() > 0 ? rows.Integer(0, 0) : 1});
  }
  return values;
}

}  // namespace

Result<std::vector<PgSequenceValue>> ReadSequences(PgSession& session) {
  DBSTOW_ASSIGN(const std::vector<PgNamedObject> names,
                ReadNamed(session,
                          "c.relkind = 'S' AND (c.relpersistence = 'p'"
                          " OR (c.relpersistence = 'u' AND NOT pg_is_in_recovery()))"));
  DBSTOW_ASSIGN(std::vector<PgSequenceValue> values, UnloggedSequencesOfStandby(session));
  for (std::size_t begin = 0; begin < names.size(); begin += kSequencesPerQuery) {
    std::string sql;
    for (std::size_t i = begin; i < names.size() && i < begin + kSequencesPerQuery; ++i) {
      sql += (sql.empty() ? "SELECT " : " UNION ALL SELECT ") + std::to_string(i) +
             ", last_value, is_called FROM " + QuoteQualified(names[i].schema, names[i].name);
    }
    auto rows = session.Query(sql);
    if (!rows) return SequenceFailure(rows.error());
    for (int row = 0; row < rows->size(); ++row) {
      const PgNamedObject& name = names[static_cast<std::size_t>(rows->Integer(row, 0))];
      values.push_back(
          {name.oid, name.schema, name.name, rows->Integer(row, 1), rows->IsTrue(row, 2)});
    }
  }
  return values;
}

Result<PgDatabaseFacts> ReadDatabaseFacts(PgSession& session) {
  DBSTOW_ASSIGN(
      const PgRows rows,
      session.Query("SELECT d.datname, pg_get_userbyid(d.datdba), t.spcname,"
                    " pg_encoding_to_char(d.encoding), d.datcollate,"
                    " coalesce(shobj_description(d.oid, 'pg_database'), ''), d.datconnlimit"
                    " FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace"
                    " WHERE d.datname = current_database()"));
  if (rows.size() != 1) return Error(ErrorCode::kNotFound, "the database is gone");
  PgDatabaseFacts facts{rows.String(0, 0), rows.String(0, 1), rows.String(0, 2), rows.String(0, 3),
                        rows.String(0, 4), rows.String(0, 5), rows.Integer(0, 6)};
  DBSTOW_ASSIGN(const PgRows acl,
                session.Query("SELECT d.datacl::text,"
                              " CASE WHEN x.grantee IS NOT NULL THEN coalesce(r.rolname, '') END,"
                              " x.privilege_type, x.is_grantable FROM pg_database d"
                              " LEFT JOIN LATERAL aclexplode(d.datacl) x ON true"
                              " LEFT JOIN pg_roles r ON r.oid = x.grantee"
                              " WHERE d.datname = current_database()"));
  for (int row = 0; row < acl.size(); ++row) AddPrivilege(acl, row, 0, facts.acl);
  DBSTOW_ASSIGN(
      const PgRows settings,
      session.Query("SELECT coalesce(r.rolname, ''), split_part(c, '=', 1),"
                    " substr(c, strpos(c, '=') + 1)"
                    " FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
                    " LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c"
                    " WHERE d.datname = current_database() AND (s.setrole = 0 OR r.oid IS NOT NULL)"
                    " ORDER BY 1, 2"));
  for (int row = 0; row < settings.size(); ++row) {
    facts.settings.push_back(
        {settings.String(row, 0), settings.String(row, 1), settings.String(row, 2)});
  }
  return facts;
}

Result<PgBackupCatalog> ReadCatalog(PgSession& session) {
  PgBackupCatalog catalog;
  DBSTOW_ASSIGN(catalog.database, ReadDatabaseFacts(session));
  DBSTOW_ASSIGN(catalog.sequences, ReadSequences(session));
  DBSTOW_ASSIGN(catalog.large_objects, ReadLargeObjects(session));
  DBSTOW_ASSIGN(catalog.populated_views,
                ReadNamed(session, "c.relkind = 'm' AND c.relispopulated"));
  DBSTOW_ASSIGN(catalog.foreign_tables, ReadNamed(session, "c.relkind = 'f'"));
  return catalog;
}

// By the rule by which the view shows options or NULL.
Result<std::vector<std::string>> ListHiddenOptions(PgSession& session) {
  DBSTOW_ASSIGN(
      const PgRows rows,
      session.Query("SELECT u.usename, u.srvname FROM pg_user_mappings u JOIN pg_foreign_server s"
                    " ON s.oid = u.srvid WHERE u.umoptions IS NULL"
                    " AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
                    " AND NOT pg_has_role(s.srvowner, 'USAGE')"
                    " AND NOT (u.usename = current_user AND has_server_privilege(s.oid, 'USAGE'))"
                    " ORDER BY 2, 1"));
  std::vector<std::string> warnings;
  for (int row = 0; row < rows.size(); ++row) {
    warnings.push_back("user mapping for " + rows.String(row, 0) + " on server " +
                       rows.String(row, 1) +
                       ": the role may not see its options (a password?), which are left out");
  }
  return warnings;
}

}  // namespace dbstow::postgres
