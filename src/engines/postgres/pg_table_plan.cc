#include "engines/postgres/pg_table_plan.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engines/postgres/pg_quote.h"
#include "engines/postgres/pg_scattered.h"

namespace dbstow::postgres {
namespace {

// Types whose binary form means the same in every database of every version that we know: built-in
// ones that have send and receive functions, enums (sent as labels) and domains over both. The
// exceptions: reg* types send an oid that is another object elsewhere; some internal types send but
// refuse to receive. Arrays and composites of user types hold type oids, so they go as text.
//
// Columns come in the table's order, but for children of inheritance: a parent that got a column
// later has it last in a child that was there, and before the child's own in one that is made anew.
// Those of scattered partitions come in their root's order: they have one fingerprint.
std::string ListTablesSql() {
  return R"sql(
WITH RECURSIVE unsafe(oid) AS (
  SELECT unnest(ARRAY[24, 2202, 2203, 2204, 2205, 2206, 4096, 4089, 3734, 3769, 4191,
                      194, 3361, 3402, 5017, 4600, 4601, 2275]::oid[])),
safe AS (
  SELECT t.oid FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem
  WHERE t.typtype = 'e'
     OR (t.oid < 16384 AND t.typtype IN ('b', 'r', 'm') AND t.typsend <> 0 AND t.typreceive <> 0
         AND (t.typelem = 0 OR (e.typsend <> 0 AND e.typtype <> 'c'))
         AND t.oid NOT IN (SELECT oid FROM unsafe) AND t.typelem NOT IN (SELECT oid FROM unsafe))
  UNION ALL
  SELECT t.oid FROM pg_type t JOIN safe s ON s.oid = t.typbasetype WHERE t.typtype = 'd'),
heir AS (
  SELECT DISTINCT i.inhrelid AS oid
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE NOT c.relispartition),
scattered AS (
  SELECT oid, root FROM (SELECT c.oid, )sql" +
         RootOfScattered("c.oid::regclass") + R"sql( AS root
    FROM pg_class c WHERE c.relispartition AND c.relkind = 'r') each WHERE root IS NOT NULL),
-- Of all tables at once: asked for each on its own, this is quadratic in their number.
columns AS (
  SELECT a.attrelid AS oid,
         json_agg(json_build_array(a.attname, a.atttypid::int8, a.atttypmod,
                                   a.attgenerated <> '', s.oid IS NOT NULL)
                  ORDER BY CASE WHEN h.oid IS NOT NULL THEN a.attname END, b.attnum, a.attnum) AS list
  FROM pg_attribute a LEFT JOIN safe s ON s.oid = a.atttypid LEFT JOIN heir h ON h.oid = a.attrelid
    LEFT JOIN scattered p ON p.oid = a.attrelid
    LEFT JOIN pg_attribute b ON b.attrelid = p.root AND b.attname = a.attname
  WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid >= 16384
  GROUP BY a.attrelid),
config AS (
  SELECT u.oid, u.condition
  FROM pg_extension x, unnest(x.extconfig, x.extcondition) AS u(oid, condition))
SELECT c.oid, n.nspname, c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname),
       coalesce(m.amname = 'heap', false), coalesce(g.condition, ''), c.relfilenode,
       c.relpersistence = 'p' OR NOT pg_is_in_recovery(),
       coalesce(k.list, '[]'), quote_ident(w.nspname) || '.' || quote_ident(u.relname)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am m ON m.oid = c.relam
LEFT JOIN config g ON g.oid = c.oid
LEFT JOIN columns k ON k.oid = c.oid
LEFT JOIN scattered p ON p.oid = c.oid
LEFT JOIN pg_class u ON u.oid = p.root
LEFT JOIN pg_namespace w ON w.oid = u.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence IN ('p', 'u') AND c.oid >= 16384
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname !~ '^pg_(toast|temp)'
  AND (g.oid IS NOT NULL OR NOT EXISTS (
         SELECT FROM pg_depend d
         WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
           AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'))
ORDER BY c.oid
)sql";
}

const std::string kMethod = "xxh3-128-sum/copy-";

Result<TablePlan> PlanOf(const PgRows& rows, int row, const DumpOptions& options) {
  TablePlan plan;
  plan.oid = static_cast<std::uint32_t>(rows.Integer(row, 0));
  plan.schema = rows.String(row, 1);
  plan.name = rows.String(row, 2);
  plan.display = rows.String(row, 3);
  plan.splittable = rows.IsTrue(row, 4);
  plan.condition = rows.String(row, 5);
  plan.shape = rows.String(row, 1) + '\0' + rows.String(row, 2) + '\0' + rows.String(row, 6) +
               '\0' + rows.String(row, 8);
  plan.has_rows = rows.IsTrue(row, 7);
  const auto columns = nlohmann::json::parse(rows.Text(row, 8), nullptr, false);
  if (!columns.is_array()) {
    return Error(ErrorCode::kInternal, "the columns of " + plan.display + " cannot be read");
  }
  bool all_safe = true;
  for (const auto& column : columns) {
    if (column[3].get<bool>()) continue;  // generated
    plan.columns.push_back(column[0].get<std::string>());
    all_safe = all_safe && column[4].get<bool>();
  }
  // A backup of before that knows each partition by its own name.
  plan.counted_as = rows.IsNull(row, 9) || options.formats.contains(plan.display)
                        ? plan.display
                        : rows.String(row, 9);
  const auto own = options.formats.find(plan.counted_as);
  const bool is_own = own != options.formats.end();
  const CopyFormat format = is_own ? own->second : options.format;
  if (format == CopyFormat::kBinary && !all_safe && !is_own) {
    return Error(ErrorCode::kInvalidOptions,
                 "copyFormat=binary: table " + plan.display +
                     " has a column whose type has no portable binary form")
        .WithHint("use copyFormat=auto");
  }
  // Without columns there is nothing that binary would make faster.
  const bool binary = all_safe && !plan.columns.empty() && format != CopyFormat::kText;
  plan.format = binary ? CopyFormat::kBinary : CopyFormat::kText;
  return plan;
}

std::string Columns(const std::vector<std::string>& columns) {
  // COPY without a list leaves generated columns out by itself.
  return columns.empty() ? "" : " (" + QuoteList(columns) + ")";
}

}  // namespace

std::string_view ToString(CopyFormat format) {
  return format == CopyFormat::kBinary ? "binary" : "text";
}

std::string TablePlan::QualifiedName() const { return QuoteQualified(schema, name); }

std::string TablePlan::FingerprintMethod() const {
  return kMethod + std::string(ToString(format)) + "(" + QuoteList(columns) + ")";
}

Result<std::vector<TablePlan>> ListTables(PgSession& session, const DumpOptions& options) {
  DBSTOW_ASSIGN(const PgRows rows, session.Query(ListTablesSql()));
  std::vector<TablePlan> tables;
  for (int row = 0; row < rows.size(); ++row) {
    DBSTOW_ASSIGN(TablePlan plan, PlanOf(rows, row, options));
    tables.push_back(std::move(plan));
  }
  return tables;
}

std::map<std::string, CopyFormat> FormatsOf(const std::vector<ContentFingerprint>& fingerprints) {
  std::map<std::string, CopyFormat> formats;
  for (const ContentFingerprint& each : fingerprints) {
    for (const CopyFormat format : {CopyFormat::kText, CopyFormat::kBinary}) {
      const std::string method = kMethod + std::string(ToString(format)) + "(";
      if (each.method.starts_with(method)) formats[each.name] = format;
    }
  }
  return formats;
}

std::vector<std::string> WarnOfTablesWithoutRows(const std::vector<TablePlan>& tables) {
  std::vector<std::string> warnings;
  for (const TablePlan& table : tables) {
    if (table.has_rows) continue;
    warnings.push_back("unlogged table " + table.display +
                       ": its definition is copied, its rows are on the primary only");
  }
  return warnings;
}

Result<void> MeasureTables(PgSession& session, std::vector<TablePlan>& tables) {
  std::string oids;
  for (const TablePlan& table : tables)
    oids += (oids.empty() ? "" : ",") + std::to_string(table.oid);
  DBSTOW_ASSIGN(const PgRows rows,
                session.Query("SELECT c.oid, coalesce(pg_relation_size(c.oid), 0),"
                              " CASE WHEN c.reltoastrelid = 0 THEN 0"
                              " ELSE coalesce(pg_relation_size(c.reltoastrelid), 0) END,"
                              " current_setting('block_size')"
                              " FROM pg_class c WHERE c.oid = ANY ($1::oid[])",
                              {"{" + oids + "}"}));
  std::map<std::int64_t, int> row_of;
  for (int row = 0; row < rows.size(); ++row) row_of[rows.Integer(row, 0)] = row;
  for (TablePlan& table : tables) {
    const auto found = row_of.find(table.oid);
    if (found == row_of.end()) continue;
    const auto heap = static_cast<std::uint64_t>(rows.Integer(found->second, 1));
    table.pages = heap / static_cast<std::uint64_t>(rows.Integer(found->second, 3));
    table.bytes = heap + static_cast<std::uint64_t>(rows.Integer(found->second, 2));
  }
  return {};
}

std::string TablePart::ItemName() const {
  return "data/" + std::to_string(table->oid) + "/" + std::to_string(number);
}

std::string TablePart::CopyOutSql() const {
  const std::string options = table->format == CopyFormat::kBinary ? " (FORMAT binary)" : "";
  if (parts == 1 && table->condition.empty()) {
    return "COPY " + table->QualifiedName() + Columns(table->columns) + " TO STDOUT" + options;
  }
  std::string where = table->condition;
  if (parts > 1) {
    where = "WHERE ctid >= '(" + std::to_string(first_page) + ",0)'::tid";
    if (end_page) where += " AND ctid < '(" + std::to_string(*end_page) + ",0)'::tid";
  }
  return "COPY (SELECT " + QuoteList(table->columns) + " FROM ONLY " + table->QualifiedName() +
         " " + where + ") TO STDOUT" + options;
}

std::vector<TablePart> SplitTables(const std::vector<TablePlan>& tables, std::uint64_t split_bytes,
                                   int server_version) {
  std::vector<TablePart> parts;
  for (const TablePlan& table : tables) {
    if (!table.has_rows) continue;
    // Before 14 a range of ctids is found by reading the whole table.
    const bool cut = table.splittable && table.condition.empty() && !table.columns.empty() &&
                     server_version >= 140000 && table.bytes > split_bytes + split_bytes / 2;
    const std::uint64_t wanted = cut ? (table.bytes + split_bytes - 1) / split_bytes : 1;
    const std::uint64_t count =
        std::clamp<std::uint64_t>(wanted, 1, std::max<std::uint64_t>(table.pages, 1));
    for (std::uint64_t i = 0; i < count; ++i) {
      TablePart part{&table, static_cast<int>(i), static_cast<int>(count)};
      part.first_page = table.pages * i / count;
      if (i + 1 < count) part.end_page = table.pages * (i + 1) / count;
      part.bytes = table.bytes / count;
      parts.push_back(part);
    }
  }
  // Tables by size, but the parts of one in order: neighbours share what the disk reads ahead.
  std::ranges::stable_sort(parts, [](const TablePart& a, const TablePart& b) {
    return a.table->bytes > b.table->bytes;
  });
  return parts;
}

std::string CopyInSql(const CopyTarget& target) {
  std::string options;
  if (target.format == CopyFormat::kBinary) options = "FORMAT binary";
  if (target.rows == CopyTarget::Rows::kFrozen) {
    options += std::string(options.empty() ? "" : ", ") + "FREEZE";
  }
  return "COPY " + target.qualified_name + Columns(target.columns) + " FROM STDIN" +
         (options.empty() ? "" : " (" + options + ")");
}

}  // namespace dbstow::postgres
