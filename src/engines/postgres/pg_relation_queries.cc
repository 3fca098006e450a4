#include "engines/postgres/pg_definition_sql.h"

namespace dbstow::postgres {
namespace {

// A partitioned table has an access method since 17, where it was given one for its partitions.
std::string Relations() {
  return R"sql(
SELECT CASE c.relkind WHEN 'v' THEN 'views' WHEN 'm' THEN 'materialized views'
         WHEN 'f' THEN 'foreign tables' WHEN 'S' THEN 'sequences' ELSE 'tables' END,
  c.schema, c.relname,
  ROW(c.relkind, CASE WHEN c.relkind IN ('r', 'm') THEN c.relpersistence END,
    CASE WHEN c.relkind IN ('r', 'p', 'm') THEN m.amname END, c.relreplident, c.relrowsecurity,
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
             pg_get_expr(c.relpartbound, c.oid))
    WHEN c.relkind = 'S' THEN c.relpersistence::text END,
  )sql" + Owner("c.relowner") +
         ", " +
         Grants("c.relacl", "CASE c.relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r' END",
                "c.relowner") +
         R"sql(
FROM relation c LEFT JOIN pg_am m ON m.oid = c.relam LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_sequence q ON q.seqrelid = c.oid LEFT JOIN pg_foreign_table f ON f.ftrelid = c.oid
WHERE c.relkind <> 'c')sql";
}

// The minor releases of November 2026 count the changes of a column's type among its options, which
// pg_dump leaves out, too.
std::string ColumnOptions(const std::string& column) {
  return "array(SELECT v FROM unnest(" + column +
         ".attoptions) v WHERE NOT starts_with(v, 'pg_attver='))";
}

// Since 17 partitions have the identity of their parents. Before 15 sequences could only be
// logged, so that is not said alike by all versions.
std::string Columns(int version) {
  return R"sql(
SELECT 'columns', c.schema, c.relname || '.' || a.attname,
  ROW(format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef,
    CASE WHEN NOT c.relispartition THEN a.attidentity END,
    CASE WHEN NOT c.relispartition THEN a.attislocal END,
    CASE WHEN c.relkind = 'c' THEN (SELECT count(*) FROM pg_attribute b WHERE b.attrelid = c.oid
      AND b.attnum BETWEEN 1 AND a.attnum AND NOT b.attisdropped) END,
    a.attgenerated, CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation END,
    CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END,
    nullif(a.attstattarget::int, -1), )sql" +
         std::string(version >= 140000 ? "a.attcompression" : "''") + ", " +
         Sorted(ColumnOptions("a")) + ", " + Sorted("a.attfdwoptions") + R"sql()::text,
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
    (SELECT array_agg((SELECT opcname FROM pg_opclass o WHERE o.oid = k.id) ORDER BY k.place)
     FROM unnest(i.indclass::oid[]) WITH ORDINALITY k(id, place)),
    (SELECT array_agg((SELECT collname FROM pg_collation l WHERE l.oid = k.id) ORDER BY k.place)
     FROM unnest(i.indcollation::oid[]) WITH ORDINALITY k(id, place)),
    (SELECT array_agg(ROW(a.attnum, nullif(a.attstattarget::int, -1), )sql" +
         Sorted(ColumnOptions("a")) + R"sql() ORDER BY a.attnum) FROM pg_attribute a
     WHERE a.attrelid = x.oid AND (a.attstattarget::int <> -1 OR a.attoptions IS NOT NULL)),
    (SELECT h.inhparent::regclass FROM pg_inherits h WHERE h.inhrelid = x.oid))::text,
  CASE WHEN i.indexprs IS NOT NULL OR i.indpred IS NOT NULL THEN pg_get_indexdef(x.oid) END,
  NULL, NULL
FROM relation c JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_am m ON m.oid = x.relam WHERE i.indisready AND (i.indisvalid OR c.relkind = 'p'))sql";
}

// Since 18 NOT NULL is a constraint. One like any before 18 is a fact of its column alone.
// Foreign keys of partitions come with those of their parents, under names that the server chooses.
std::string Constraints() {
  return R"sql(
SELECT 'constraints', s.schema, concat(nullif(o.conrelid, 0)::regclass,
    CASE WHEN o.contypid <> 0 THEN format_type(o.contypid, NULL) END, '.', o.conname),
  ROW(o.contype, o.condeferrable, o.condeferred, o.convalidated,
    o.contype IN ('c', 'n') AND o.connoinherit,
    CASE WHEN o.contype <> 'c' THEN )sql" +
         ColumnNames("o.conrelid", "o.conkey") + " END, nullif(o.confrelid, 0)::regclass, " +
         ColumnNames("o.confrelid", "o.confkey") +
         R"sql(,
    o.confupdtype, o.confdeltype, o.confmatchtype)::text,
  CASE WHEN o.contype IN ('c', 'x', 'f') THEN pg_get_constraintdef(o.oid) END, NULL, NULL
FROM pg_constraint o JOIN space s ON s.oid = o.connamespace
WHERE (o.contype IN ('c', 'x', 'f', 'p', 'u')
    OR o.contype = 'n' AND o.conrelid <> 0 AND (o.connoinherit OR NOT o.convalidated))
  AND (o.contype <> 'f' OR o.conparentid = 0)
  AND (o.conrelid IN (SELECT oid FROM relation) OR o.contypid <> 0 AND )sql" +
         NotMember("pg_type", "o.contypid") + ")";
}

// A partition has those of its parents, which count where they fire otherwise.
std::string Triggers() {
  return R"sql(
SELECT 'triggers', c.schema, c.relname || '.' || g.tgname,
  ROW(g.tgfoid::regproc, g.tgtype, g.tgenabled, g.tgdeferrable, g.tginitdeferred,
    nullif(g.tgconstrrelid, 0)::regclass, )sql" +
         ColumnNames("c.oid", "g.tgattr::int2[]") + R"sql(, encode(g.tgargs, 'hex'), g.tgoldtable,
    g.tgnewtable)::text,
  CASE WHEN g.tgqual IS NOT NULL THEN pg_get_triggerdef(g.oid) END, NULL, NULL
FROM relation c JOIN pg_trigger g ON g.tgrelid = c.oid
WHERE NOT g.tgisinternal AND g.tgparentid = 0 OR g.tgname !~ '^RI_ConstraintTrigger_'
  AND g.tgenabled <> (SELECT p.tgenabled FROM pg_trigger p WHERE p.oid = g.tgparentid)
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
         ", x.stxkind, nullif(x.stxstattarget::int, -1))::text, pg_get_statisticsobjdef(x.oid), " +
         Owner("x.stxowner") + R"sql(, NULL
FROM pg_statistic_ext x JOIN space s ON s.oid = x.stxnamespace WHERE )sql" +
         NotMember("pg_statistic_ext", "x.oid");
}

}  // namespace

std::vector<std::string> RelationQueries(int version) {
  return {Relations(), Columns(version), Indexes(version), Constraints(), Triggers()};
}

}  // namespace dbstow::postgres
