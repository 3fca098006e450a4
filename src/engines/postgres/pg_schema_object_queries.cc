#include "engines/postgres/pg_definition_sql.h"

namespace dbstow::postgres {
namespace {

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
    (SELECT array_agg(format_type(y.id, NULL) ORDER BY y.place)
     FROM unnest(p.protrftypes) WITH ORDINALITY y(id, place)),
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

// A copy of "C" is one for every encoding (-1), until it is restored by its locale.
std::string SmallThings() {
  return R"sql(
SELECT 'collations', s.schema, l.collname,
  ROW(l.collprovider, l.collisdeterministic,
    CASE WHEN l.collprovider = 'c' AND l.collencoding = -1
      THEN (SELECT encoding FROM pg_database WHERE datname = current_database())
      ELSE l.collencoding END)::text,
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

}  // namespace

std::vector<std::string> SchemaObjectQueries(int version) {
  return {Functions(version), Types(), Operators(), SmallThings()};
}

}  // namespace dbstow::postgres
