#include "engines/postgres/pg_definition_sql.h"

namespace dbstow::postgres {
namespace {

// A schema `public` that nobody touched is on every server, and no dump mentions it.
std::string OfTheDatabase() {
  const std::string grants = Grants("n.nspacl", "'n'", "n.nspowner");
  return R"sql(
SELECT 'schemas', NULL, s.schema, CASE WHEN n.nspname <> 'public' THEN '' END, NULL, )sql" +
         Owner("n.nspowner") + ", " + grants + R"sql(
FROM space s JOIN pg_namespace n ON n.oid = s.oid WHERE )sql" +
         NotMember("pg_namespace", "n.oid") + R"sql( AND (n.nspname <> 'public'
  OR )sql" +
         grants + R"sql( IS DISTINCT FROM (SELECT )sql" +
         Grants("i.initprivs", "'n'", "n.nspowner") + R"sql( FROM pg_init_privs i
     WHERE i.classoid = 'pg_namespace'::regclass AND i.objoid = n.oid)
  OR n.nspowner <> 10 AND pg_get_userbyid(n.nspowner) <> 'pg_database_owner')
UNION ALL
SELECT 'extensions', NULL, e.extname, (SELECT nspname FROM pg_namespace WHERE oid = e.extnamespace),
  NULL, NULL, NULL FROM pg_extension e
UNION ALL
SELECT 'languages', NULL, l.lanname, ROW(l.lanpltrusted, nullif(l.lanplcallfoid, 0)::regproc,
  nullif(l.laninline, 0)::regproc, nullif(l.lanvalidator, 0)::regproc)::text, NULL, )sql" +
         Owner("l.lanowner") + ", " + Grants("l.lanacl", "'l'", "l.lanowner") + R"sql(
FROM pg_language l WHERE l.oid >= 16384 AND )sql" +
         NotMember("pg_language", "l.oid") + R"sql(
UNION ALL
SELECT 'casts', NULL, format_type(c.castsource, NULL) || ' as ' || format_type(c.casttarget, NULL),
  ROW(nullif(c.castfunc, 0)::regprocedure, c.castcontext, c.castmethod)::text, NULL, NULL, NULL
FROM pg_cast c WHERE c.oid >= 16384 AND )sql" +
         NotMember("pg_cast", "c.oid") + R"sql(
UNION ALL
SELECT 'transforms', NULL, format_type(f.trftype, NULL) || ' for ' || l.lanname,
  ROW(nullif(f.trffromsql, 0)::regprocedure, nullif(f.trftosql, 0)::regprocedure)::text, NULL, NULL,
  NULL
FROM pg_transform f JOIN pg_language l ON l.oid = f.trflang WHERE )sql" +
         NotMember("pg_transform", "f.oid") + R"sql(
UNION ALL
SELECT 'access methods', NULL, m.amname, ROW(m.amtype, m.amhandler)::text, NULL, NULL, NULL
FROM pg_am m WHERE m.oid >= 16384 AND )sql" +
         NotMember("pg_am", "m.oid") + R"sql(
UNION ALL
SELECT 'event triggers', NULL, t.evtname,
  ROW(t.evtevent, t.evtfoid::regproc, t.evtenabled, t.evttags)::text, NULL, )sql" +
         Owner("t.evtowner") + R"sql(, NULL FROM pg_event_trigger t WHERE )sql" +
         NotMember("pg_event_trigger", "t.oid") + R"sql(
UNION ALL
SELECT 'foreign data wrappers', NULL, w.fdwname, ROW(nullif(w.fdwhandler, 0)::regproc,
  nullif(w.fdwvalidator, 0)::regproc, )sql" +
         Sorted("w.fdwoptions") + ")::text, NULL, " + Owner("w.fdwowner") + ", " +
         Grants("w.fdwacl", "'F'", "w.fdwowner") + R"sql(
FROM pg_foreign_data_wrapper w WHERE )sql" +
         NotMember("pg_foreign_data_wrapper", "w.oid") + R"sql(
UNION ALL
SELECT 'foreign servers', NULL, v.srvname, ROW(v.srvtype, v.srvversion,
  (SELECT fdwname FROM pg_foreign_data_wrapper WHERE oid = v.srvfdw), )sql" +
         Sorted("v.srvoptions") + ")::text, NULL, " + Owner("v.srvowner") + ", " +
         Grants("v.srvacl", "'S'", "v.srvowner") + R"sql(
FROM pg_foreign_server v WHERE )sql" +
         NotMember("pg_foreign_server", "v.oid") + R"sql(
UNION ALL
SELECT 'user mappings', NULL, u.srvname || ' for ' || u.usename, '', NULL, NULL, NULL
FROM pg_user_mappings u
UNION ALL
SELECT 'default privileges', s.schema, concat(quote_ident(pg_get_userbyid(d.defaclrole)), ' ',
    d.defaclobjtype), NULL, NULL, NULL, )sql" +
         Grants("d.defaclacl", "'r'", "d.defaclrole") + R"sql(
FROM pg_default_acl d LEFT JOIN space s ON s.oid = d.defaclnamespace
UNION ALL
SELECT 'large objects', NULL, b.oid::text, NULL, NULL, )sql" +
         Owner("b.lomowner") + ", " + Grants("b.lomacl", "'L'", "b.lomowner") + R"sql(
FROM pg_largeobject_metadata b)sql";
}

// Those of ALTER DATABASE … SET and ALTER ROLE … IN DATABASE … SET.
std::string SettingsAndLabels() {
  return R"sql(
SELECT 'settings', NULL, concat(CASE WHEN s.setrole <> 0 THEN
    quote_ident(pg_get_userbyid(s.setrole)) END, ' ', split_part(c, '=', 1)), c, NULL, NULL, NULL
FROM pg_db_role_setting s, unnest(s.setconfig) c
WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL
SELECT 'security labels', quote_ident(i.schema), concat_ws(' ', l.provider, i.type, i.identity),
  l.label, NULL, NULL, NULL
FROM pg_seclabel l, LATERAL pg_identify_object(l.classoid, l.objoid, l.objsubid) i
WHERE l.classoid <> 'pg_subscription'::regclass)sql";
}

// Which schemas are published, and rows and columns of tables, came with 15; generated columns, of
// which none (n) are by default, with 18.
std::string Publications(int version) {
  const bool finer = version >= 150000;
  return R"sql(
SELECT 'publications', NULL, p.pubname,
  ROW(p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot,
    nullif(to_jsonb(p) ->> 'pubgencols', 'n'),
    (SELECT array_agg(r.prrelid::regclass::text ORDER BY r.prrelid::regclass::text COLLATE "C")
     FROM pg_publication_rel r WHERE r.prpubid = p.oid), )sql" +
         std::string(finer ? "(SELECT array_agg(s.schema ORDER BY s.schema COLLATE \"C\")"
                             " FROM pg_publication_namespace n JOIN space s ON s.oid = n.pnnspid"
                             " WHERE n.pnpubid = p.oid)"
                           : "NULL::text[]") +
         ")::text, " +
         (finer ? "(SELECT string_agg(w, '; ' ORDER BY w COLLATE \"C\") FROM ("
                  "SELECT concat(r.prrelid::regclass, ' ', " +
                      ColumnNames("r.prrelid", "r.prattrs::int2[]") +
                      ", ' ', pg_get_expr(r.prqual, r.prrelid)) AS w"
                      " FROM pg_publication_rel r WHERE r.prpubid = p.oid) q)"
                : std::string("NULL")) +
         ", " + Owner("p.pubowner") + ", NULL FROM pg_publication p WHERE " +
         NotMember("pg_publication", "p.oid");
}

// A schema `public` comes with a comment, which counts when it is another or none. Numbers below
// 16384 are the server's own objects, but for large objects, whose numbers are chosen.
std::string Comments() {
  return R"sql(
SELECT 'comments', quote_ident(i.schema), concat_ws(' ', i.type, i.identity), d.description, NULL,
  NULL, NULL
FROM pg_description d, LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) i
WHERE (d.objoid >= 16384 OR d.classoid = 'pg_largeobject'::regclass)
  AND d.classoid <> 'pg_subscription'::regclass
  AND (i.schema IS NULL OR i.schema !~ '^pg_(toast|temp)')
  AND NOT (i.type = 'schema' AND i.identity = 'public')
  AND NOT EXISTS (SELECT FROM member WHERE classid = d.classoid AND objid = d.objoid)
UNION ALL
SELECT 'comments', NULL, 'schema public', coalesce(obj_description(oid, 'pg_namespace'), ''), NULL,
  NULL, NULL
FROM pg_namespace WHERE nspname = 'public'
  AND obj_description(oid, 'pg_namespace') IS DISTINCT FROM 'standard public schema')sql";
}

std::string ChangedGrantsOnColumns() {
  const std::string now = Grants("a.attacl", "'c'", "c.relowner");
  return "SELECT 'changed grants', (SELECT quote_ident(nspname) FROM pg_namespace WHERE oid ="
         " c.relnamespace), 'column ' || c.relname || '.' || a.attname, NULL, NULL, NULL, " +
         now +
         " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_init_privs i ON"
         " i.classoid = 'pg_class'::regclass AND i.objoid = c.oid AND i.objsubid = a.attnum"
         " WHERE (a.attacl IS NOT NULL OR i.initprivs IS NOT NULL) AND (c.oid < 16384 OR EXISTS"
         " (SELECT FROM member WHERE classid = 'pg_class'::regclass AND objid = c.oid)) AND " +
         now + " <> " + Grants("i.initprivs", "'c'", "c.relowner");
}

// Grants on what is made by an extension or comes with the server, where somebody has changed them.
std::string ChangedGrants() {
  const auto changed = [](const std::string& catalog, const std::string& schema,
                          const std::string& name, const std::string& acl, const std::string& kind,
                          const std::string& owner) {
    const std::string now = Grants("o." + acl, kind, "o." + owner);
    return "SELECT 'changed grants', " + schema + ", '" + catalog + " ' || " + name +
           ", NULL, NULL, NULL, " + now + " FROM " + catalog +
           " o LEFT JOIN pg_init_privs i ON i.classoid = '" + catalog +
           "'::regclass AND i.objoid = o.oid AND i.objsubid = 0"
           " WHERE (o." +
           acl +
           " IS NOT NULL OR i.initprivs IS NOT NULL) AND (o.oid < 16384 OR EXISTS (SELECT FROM"
           " member WHERE classid = '" +
           catalog + "'::regclass AND objid = o.oid)) AND " + now + " <> " +
           Grants("i.initprivs", kind, "o." + owner);
  };
  const auto place = [](const std::string& space) {
    return "(SELECT quote_ident(nspname) FROM pg_namespace WHERE oid = o." + space + ")";
  };
  return changed("pg_proc", place("pronamespace"), "o.oid::regprocedure", "proacl", "'f'",
                 "proowner") +
         " UNION ALL " +
         changed("pg_class", place("relnamespace"), "o.relname", "relacl",
                 "CASE o.relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r' END", "relowner") +
         " UNION ALL " +
         changed("pg_type", place("typnamespace"), "o.typname", "typacl", "'T'", "typowner") +
         " UNION ALL " + changed("pg_language", "NULL", "o.lanname", "lanacl", "'l'", "lanowner") +
         " UNION ALL " +
         changed("pg_foreign_data_wrapper", "NULL", "o.fdwname", "fdwacl", "'F'", "fdwowner") +
         " UNION ALL " +
         changed("pg_foreign_server", "NULL", "o.srvname", "srvacl", "'S'", "srvowner") +
         " UNION ALL " + ChangedGrantsOnColumns();
}

}  // namespace

std::vector<std::string> DatabaseObjectQueries(int version) {
  return {OfTheDatabase(), SettingsAndLabels(), Publications(version), Comments(), ChangedGrants()};
}

}  // namespace dbstow::postgres
