#include "engines/postgres/pg_definition_queries.h"

#include <string_view>
#include <utility>

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

// Options as `storage = value`, in the order of their names.
std::string Sorted(const std::string& array) {
  return "(SELECT array_agg(o ORDER BY o COLLATE \"C\") FROM unnest(" + array + ") o)";
}

// The names of columns by their numbers in `array`, in that order.
std::string ColumnNames(const std::string& relation, const std::string& array) {
  return "(SELECT array_agg(coalesce(a.attname, '(expression)') ORDER BY k.place) FROM unnest(" +
         array +
         ") WITH ORDINALITY k(number, place) LEFT JOIN pg_attribute a"
         " ON a.attrelid = " +
         relation + " AND a.attnum = k.number)";
}

// Who may do what. MAINTAIN, which came with 17, is part of an ALL that an older server gave.
std::string Grants(const std::string& acl, const std::string& kind, const std::string& owner) {
  const std::string one =
      "CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END"
      " || ' ' || x.privilege_type || CASE WHEN x.is_grantable THEN ' with grant option'"
      " ELSE '' END";
  return "coalesce((SELECT string_agg(DISTINCT " + one + ", ', ' ORDER BY " + one +
         ") FROM aclexplode(coalesce(" + acl + ", acldefault(" + kind + ", " + owner +
         "))) x WHERE x.privilege_type <> 'MAINTAIN'), '')";
}

std::string NotMember(const std::string& catalog, const std::string& oid) {
  return "NOT EXISTS (SELECT FROM member WHERE classid = '" + catalog +
         "'::regclass AND objid = " + oid + ")";
}

std::string Owner(const std::string& role) { return "pg_get_userbyid(" + role + ")"; }

std::string Relations() {
  return R"sql(
SELECT CASE c.relkind WHEN 'v' THEN 'views' WHEN 'm' THEN 'materialized views'
         WHEN 'f' THEN 'foreign tables' WHEN 'S' THEN 'sequences' ELSE 'tables' END,
  c.schema, c.relname,
  ROW(c.relkind, CASE WHEN c.relkind IN ('r', 'm') THEN c.relpersistence END,
    CASE WHEN c.relkind IN ('r', 'm') THEN m.amname END, c.relreplident, c.relrowsecurity,
    c.relforcerowsecurity, c.relispopulated, )sql" +
         Sorted("c.reloptions") + ", " + Sorted("t.reloptions") + R"sql(,
    CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END,
    (SELECT array_agg(i.inhparent::regclass::text ORDER BY i.inhseqno) FROM pg_inherits i
     WHERE i.inhrelid = c.oid),
    CASE WHEN q.seqrelid IS NOT NULL THEN ROW(format_type(q.seqtypid, NULL), q.seqstart,
      q.seqincrement, q.seqmax, q.seqmin, q.seqcache, q.seqcycle,
      (SELECT ROW(d.refobjid::regclass, a.attname) FROM pg_depend d
       JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
       WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
         AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0)) END,
    CASE WHEN f.ftrelid IS NOT NULL THEN ROW(
      (SELECT srvname FROM pg_foreign_server WHERE oid = f.ftserver), )sql" +
         Sorted("f.ftoptions") + R"sql() END)::text,
  CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid)
    WHEN c.relkind = 'p' OR c.relispartition THEN
      concat(CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, ' ',
             pg_get_expr(c.relpartbound, c.oid)) END,
  )sql" + Owner("c.relowner") +
         ", " +
         Grants("c.relacl", "CASE c.relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r' END",
                "c.relowner") +
         R"sql(
FROM relation c LEFT JOIN pg_am m ON m.oid = c.relam LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_sequence q ON q.seqrelid = c.oid LEFT JOIN pg_foreign_table f ON f.ftrelid = c.oid
WHERE c.relkind <> 'c')sql";
}

// Since 17 partitions have the identity of their parents. The minor releases of November 2026 count
// the changes of a column's type among its options, which pg_dump leaves out, too.
std::string Columns(int version) {
  return R"sql(
SELECT 'columns', c.schema, c.relname || '.' || a.attname,
  ROW(format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef,
    CASE WHEN NOT c.relispartition THEN a.attidentity END,
    a.attgenerated, CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation END,
    CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END,
    nullif(a.attstattarget::int, -1), )sql" +
         std::string(version >= 140000 ? "a.attcompression" : "''") + ", " +
         Sorted(
             "array(SELECT v FROM unnest(a.attoptions) v WHERE NOT starts_with(v, 'pg_attver='))") +
         ", " + Sorted("a.attfdwoptions") + R"sql()::text,
  pg_get_expr(d.adbin, d.adrelid), NULL,
  CASE WHEN a.attacl IS NOT NULL THEN )sql" +
         Grants("a.attacl", "'c'", "c.relowner") + R"sql( END
FROM relation c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relkind <> 'S')sql";
}

std::string Indexes(int version) {
  return R"sql(
SELECT 'indexes', c.schema, x.relname,
  ROW(c.oid::regclass, m.amname, i.indnkeyatts, i.indisunique, i.indisprimary, i.indisexclusion,
    i.indisclustered, i.indisreplident, )sql" +
         std::string(version >= 150000 ? "i.indnullsnotdistinct" : "false") + ", " +
         Sorted("x.reloptions") + ", i.indoption, " + ColumnNames("c.oid", "i.indkey::int2[]") +
         R"sql(,
    (SELECT array_agg(o.opcname ORDER BY k.place) FROM unnest(i.indclass::oid[])
     WITH ORDINALITY k(id, place) JOIN pg_opclass o ON o.oid = k.id),
    (SELECT array_agg(l.collname ORDER BY k.place) FROM unnest(i.indcollation::oid[])
     WITH ORDINALITY k(id, place) LEFT JOIN pg_collation l ON l.oid = k.id),
    (SELECT h.inhparent::regclass FROM pg_inherits h WHERE h.inhrelid = x.oid))::text,
  CASE WHEN i.indexprs IS NOT NULL OR i.indpred IS NOT NULL THEN pg_get_indexdef(x.oid) END,
  NULL, NULL
FROM relation c JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_am m ON m.oid = x.relam WHERE i.indisready AND (i.indisvalid OR c.relkind = 'p'))sql";
}

// Foreign keys of partitions come with those of their parents, under names that the server chooses.
std::string Constraints() {
  return R"sql(
SELECT 'constraints', s.schema, concat(nullif(o.conrelid, 0)::regclass,
    CASE WHEN o.contypid <> 0 THEN format_type(o.contypid, NULL) END, '.', o.conname),
  ROW(o.contype, o.condeferrable, o.condeferred, o.convalidated,
    o.contype = 'c' AND o.connoinherit,
    CASE WHEN o.contype <> 'c' THEN )sql" +
         ColumnNames("o.conrelid", "o.conkey") + " END, nullif(o.confrelid, 0)::regclass, " +
         ColumnNames("o.confrelid", "o.confkey") +
         R"sql(,
    o.confupdtype, o.confdeltype, o.confmatchtype)::text,
  CASE WHEN o.contype IN ('c', 'x', 'f') THEN pg_get_constraintdef(o.oid) END, NULL, NULL
FROM pg_constraint o JOIN space s ON s.oid = o.connamespace
WHERE o.contype IN ('c', 'x', 'f', 'p', 'u') AND (o.contype <> 'f' OR o.conparentid = 0)
  AND (o.conrelid IN (SELECT oid FROM relation) OR o.contypid <> 0 AND )sql" +
         NotMember("pg_type", "o.contypid") + ")";
}

std::string Triggers() {
  return R"sql(
SELECT 'triggers', c.schema, c.relname || '.' || g.tgname,
  ROW(g.tgfoid::regproc, g.tgtype, g.tgenabled, g.tgdeferrable, g.tginitdeferred,
    nullif(g.tgconstrrelid, 0)::regclass, )sql" +
         ColumnNames("c.oid", "g.tgattr::int2[]") + R"sql(, encode(g.tgargs, 'hex'), g.tgoldtable,
    g.tgnewtable)::text,
  CASE WHEN g.tgqual IS NOT NULL THEN pg_get_triggerdef(g.oid) END, NULL, NULL
FROM relation c JOIN pg_trigger g ON g.tgrelid = c.oid
WHERE NOT g.tgisinternal AND g.tgparentid = 0
UNION ALL
SELECT 'rules', c.schema, c.relname || '.' || r.rulename,
  ROW(r.ev_type, r.is_instead, r.ev_enabled)::text, pg_get_ruledef(r.oid), NULL, NULL
FROM relation c JOIN pg_rewrite r ON r.ev_class = c.oid WHERE r.rulename <> '_RETURN'
UNION ALL
SELECT 'policies', c.schema, c.relname || '.' || p.polname,
  ROW(p.polcmd, p.polpermissive, (SELECT array_agg(CASE r WHEN 0 THEN 'PUBLIC'
    ELSE quote_ident(pg_get_userbyid(r)) END ORDER BY pg_get_userbyid(r))
    FROM unnest(p.polroles) r))::text,
  concat(pg_get_expr(p.polqual, c.oid), ' CHECK ', pg_get_expr(p.polwithcheck, c.oid)), NULL, NULL
FROM relation c JOIN pg_policy p ON p.polrelid = c.oid
UNION ALL
SELECT 'statistics', s.schema, x.stxname,
  ROW(x.stxrelid::regclass, )sql" +
         ColumnNames("x.stxrelid", "x.stxkeys::int2[]") +
         ", x.stxkind)::text, pg_get_statisticsobjdef(x.oid), " + Owner("x.stxowner") + R"sql(, NULL
FROM pg_statistic_ext x JOIN space s ON s.oid = x.stxnamespace WHERE )sql" +
         NotMember("pg_statistic_ext", "x.oid");
}

// Constructors of ranges belong to their types.
std::string Functions(int version) {
  const std::string body = version >= 140000 ? "p.prosqlbody IS NOT NULL" : "false";
  return R"sql(
SELECT CASE p.prokind WHEN 'a' THEN 'aggregates' WHEN 'p' THEN 'procedures' ELSE 'functions' END,
  s.schema, p.oid::regprocedure::text,
  ROW(p.prokind, l.lanname, pg_get_function_result(p.oid), p.procost, p.prorows,
    nullif(p.prosupport, 0)::regproc, p.prosecdef, p.proleakproof, p.proisstrict, p.provolatile,
    p.proparallel, p.proargnames, p.proargmodes, pg_get_function_identity_arguments(p.oid),
    p.pronargdefaults, p.prosrc, p.probin, p.proconfig,
    CASE WHEN g.aggfnoid IS NOT NULL THEN ROW(g.aggkind, g.aggnumdirectargs, g.aggtransfn,
      g.aggfinalfn, g.aggcombinefn, g.aggserialfn, g.aggdeserialfn, g.aggmtransfn,
      g.aggminvtransfn, g.aggmfinalfn, g.aggfinalextra, g.aggmfinalextra, g.aggfinalmodify,
      g.aggmfinalmodify, nullif(g.aggsortop, 0)::regoperator, format_type(g.aggtranstype, NULL),
      g.aggtransspace, nullif(g.aggmtranstype, 0)::regtype, g.aggmtransspace, g.agginitval,
      g.aggminitval) END)::text,
  CASE WHEN p.pronargdefaults > 0 OR )sql" +
         body + " THEN concat(pg_get_function_arguments(p.oid), ' ', " +
         std::string(version >= 140000 ? "pg_get_function_sqlbody(p.oid)" : "''") + ") END, " +
         Owner("p.proowner") + ", " + Grants("p.proacl", "'f'", "p.proowner") + R"sql(
FROM pg_proc p JOIN space s ON s.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
LEFT JOIN pg_aggregate g ON g.aggfnoid = p.oid
WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass
                    AND d.objid = p.oid AND d.deptype IN ('i', 'e')))sql";
}

std::string Types() {
  return R"sql(
SELECT 'types', s.schema, t.typname,
  ROW(t.typtype, t.typisdefined, t.typnotnull, t.typdefaultbin IS NOT NULL,
    (SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e
     WHERE e.enumtypid = t.oid),
    CASE WHEN t.typtype = 'd' THEN ROW(format_type(t.typbasetype, t.typtypmod),
      CASE WHEN t.typcollation <> u.typcollation THEN t.typcollation::regcollation END) END,
    CASE WHEN r.rngtypid IS NOT NULL THEN ROW(format_type(r.rngsubtype, NULL),
      (SELECT opcname FROM pg_opclass WHERE oid = r.rngsubopc),
      nullif(r.rngcollation, 0)::regcollation, r.rngcanonical, r.rngsubdiff) END,
    CASE WHEN t.typtype = 'b' THEN ROW(t.typlen, t.typbyval, t.typcategory, t.typispreferred,
      t.typdelim, nullif(t.typelem, 0)::regtype, t.typinput, t.typoutput, t.typreceive, t.typsend,
      t.typmodin, t.typmodout, t.typanalyze, t.typalign, t.typstorage, t.typdefault) END)::text,
  pg_get_expr(t.typdefaultbin, 0), )sql" +
         Owner("t.typowner") + ", " + Grants("t.typacl", "'T'", "t.typowner") + R"sql(
FROM pg_type t JOIN space s ON s.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
LEFT JOIN pg_type u ON u.oid = t.typbasetype LEFT JOIN pg_range r ON r.rngtypid = t.oid
WHERE (t.typrelid = 0 OR c.relkind = 'c') AND t.typtype <> 'm'
  AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid) AND )sql" +
         NotMember("pg_type", "t.oid");
}

std::string Operators() {
  return R"sql(
SELECT 'operators', s.schema, o.oid::regoperator::text,
  ROW(o.oprcanmerge, o.oprcanhash, format_type(o.oprresult, NULL), nullif(o.oprcom, 0)::regoperator,
    nullif(o.oprnegate, 0)::regoperator, o.oprcode, o.oprrest, o.oprjoin)::text, NULL, )sql" +
         Owner("o.oprowner") + R"sql(, NULL
FROM pg_operator o JOIN space s ON s.oid = o.oprnamespace WHERE o.oprcode <> 0 AND )sql" +
         NotMember("pg_operator", "o.oid") + R"sql(
UNION ALL
SELECT 'operator classes', s.schema, o.opcname || ' using ' || m.amname,
  ROW(f.opfname, format_type(o.opcintype, NULL), o.opcdefault, nullif(o.opckeytype, 0)::regtype)::text,
  NULL, )sql" +
         Owner("o.opcowner") + R"sql(, NULL
FROM pg_opclass o JOIN space s ON s.oid = o.opcnamespace JOIN pg_am m ON m.oid = o.opcmethod
JOIN pg_opfamily f ON f.oid = o.opcfamily WHERE )sql" +
         NotMember("pg_opclass", "o.oid") + R"sql(
UNION ALL
SELECT 'operator families', s.schema, f.opfname || ' using ' || m.amname,
  ROW((SELECT string_agg(w, ', ' ORDER BY w COLLATE "C") FROM (
         SELECT ROW(a.amopstrategy, a.amoppurpose, a.amopopr::regoperator)::text AS w
         FROM pg_amop a WHERE a.amopfamily = f.oid) o),
      (SELECT string_agg(w, ', ' ORDER BY w COLLATE "C") FROM (
         SELECT ROW(a.amprocnum, format_type(a.amproclefttype, NULL),
                    format_type(a.amprocrighttype, NULL), a.amproc)::text AS w
         FROM pg_amproc a WHERE a.amprocfamily = f.oid) p))::text, NULL, )sql" +
         Owner("f.opfowner") + R"sql(, NULL
FROM pg_opfamily f JOIN space s ON s.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
WHERE )sql" +
         NotMember("pg_opfamily", "f.oid");
}

std::string SmallThings() {
  return R"sql(
SELECT 'collations', s.schema, l.collname,
  ROW(l.collprovider, l.collisdeterministic, l.collencoding)::text,
  concat_ws(' ', to_jsonb(l) ->> 'colllocale', to_jsonb(l) ->> 'colliculocale', l.collcollate,
            l.collctype, to_jsonb(l) ->> 'collicurules'), )sql" +
         Owner("l.collowner") + R"sql(, NULL
FROM pg_collation l JOIN space s ON s.oid = l.collnamespace WHERE )sql" +
         NotMember("pg_collation", "l.oid") + R"sql(
UNION ALL
SELECT 'conversions', s.schema, c.conname, ROW(pg_encoding_to_char(c.conforencoding),
  pg_encoding_to_char(c.contoencoding), c.conproc, c.condefault)::text, NULL, )sql" +
         Owner("c.conowner") + R"sql(, NULL
FROM pg_conversion c JOIN space s ON s.oid = c.connamespace WHERE )sql" +
         NotMember("pg_conversion", "c.oid") + R"sql(
UNION ALL
SELECT 'text search configurations', s.schema, c.cfgname,
  ROW((SELECT ROW(n.nspname, p.prsname) FROM pg_ts_parser p
       JOIN pg_namespace n ON n.oid = p.prsnamespace WHERE p.oid = c.cfgparser),
      (SELECT array_agg(ROW(m.maptokentype, m.mapdict::regdictionary)::text
                        ORDER BY m.maptokentype, m.mapseqno)
       FROM pg_ts_config_map m WHERE m.mapcfg = c.oid))::text, NULL, )sql" +
         Owner("c.cfgowner") + R"sql(, NULL
FROM pg_ts_config c JOIN space s ON s.oid = c.cfgnamespace WHERE )sql" +
         NotMember("pg_ts_config", "c.oid") + R"sql(
UNION ALL
SELECT 'text search dictionaries', s.schema, d.dictname,
  ROW((SELECT ROW(n.nspname, t.tmplname) FROM pg_ts_template t
       JOIN pg_namespace n ON n.oid = t.tmplnamespace WHERE t.oid = d.dicttemplate),
      d.dictinitoption)::text, NULL, )sql" +
         Owner("d.dictowner") + R"sql(, NULL
FROM pg_ts_dict d JOIN space s ON s.oid = d.dictnamespace WHERE )sql" +
         NotMember("pg_ts_dict", "d.oid") + R"sql(
UNION ALL
SELECT 'text search parsers', s.schema, p.prsname, ROW(p.prsstart, p.prstoken, p.prsend,
  p.prsheadline, p.prslextype)::text, NULL, NULL, NULL
FROM pg_ts_parser p JOIN space s ON s.oid = p.prsnamespace WHERE )sql" +
         NotMember("pg_ts_parser", "p.oid") + R"sql(
UNION ALL
SELECT 'text search templates', s.schema, t.tmplname, ROW(t.tmplinit, t.tmpllexize)::text, NULL,
  NULL, NULL
FROM pg_ts_template t JOIN space s ON s.oid = t.tmplnamespace WHERE )sql" +
         NotMember("pg_ts_template", "t.oid");
}

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

// Which schemas are published, and rows and columns of tables, came with 15.
std::string Publications(int version) {
  const bool finer = version >= 150000;
  return R"sql(
SELECT 'publications', NULL, p.pubname,
  ROW(p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot,
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

// An extension brings its own comment.
std::string Comments() {
  return R"sql(
SELECT 'comments', quote_ident(i.schema), concat_ws(' ', i.type, i.identity), d.description, NULL,
  NULL, NULL
FROM pg_description d, LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) i
WHERE d.objoid >= 16384 AND d.classoid <> 'pg_extension'::regclass
  AND (i.schema IS NULL OR i.schema !~ '^pg_(toast|temp)')
  AND NOT EXISTS (SELECT FROM member WHERE classid = d.classoid AND objid = d.objoid))sql";
}

}  // namespace

std::vector<std::string> DefinitionQueries(int version) {
  std::vector<std::string> queries;
  for (std::string& body :
       std::vector<std::string>{Relations(), Columns(version), Indexes(version), Constraints(),
                                Triggers(), Functions(version), Types(), Operators(), SmallThings(),
                                OfTheDatabase(), Publications(version), Comments()}) {
    queries.push_back(std::string(kCommon) + std::move(body));
  }
  return queries;
}

}  // namespace dbstow::postgres
