#include "support/pg_compare.h"

#include <sstream>

namespace dbstow::test {
namespace {

using Facts = std::map<std::string, std::string>;

// Lines that depend on the run or on the client's version, not on the database.
bool SaysNothing(const std::string& line) {
  return line.empty() || line == "--" || line.starts_with("\\restrict ") ||
         line.starts_with("\\unrestrict ") || line.starts_with("-- Dumped ");
}

// One entry per "-- Name: …; Type: …" heading, so that a difference names its object and the order
// of unrelated objects does not matter.
Facts SplitByObject(const std::string& dump) {
  Facts objects;
  std::string heading;
  std::istringstream lines(dump);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("-- Name: ") || line.starts_with("-- PostgreSQL database dump complete")) {
      heading = line.substr(3);
    } else if (!SaysNothing(line)) {
      objects[heading] += line + "\n";
    }
  }
  return objects;
}

Result<Facts> CaptureSchema(const PostgresAccess& server, const std::string& database) {
  DBSTOW_ASSIGN(const ToolOutcome dump, server.RunTool("pg_dump", {"-s", "-d", database}));
  if (dump.status != 0) return Error(ErrorCode::kIoError, "pg_dump -s: " + dump.errors);
  return SplitByObject(dump.output);
}

// Rows of (name, value) become facts.
Result<Facts> CaptureFacts(const PostgresAccess& server, const std::string& database,
                           const std::string& sql) {
  DBSTOW_ASSIGN(const PgRows rows, server.Query(database, sql));
  Facts facts;
  for (const PgRow& row : rows) facts[row[0].value_or("")] = row[1].value_or("");
  return facts;
}

constexpr const char* kStoredRelations =
    "SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n "
    "ON n.oid = relnamespace WHERE (relkind = 'r' OR relkind = 'm' AND relispopulated) "
    "AND nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_(toast|temp)' "
    "ORDER BY 1";

// One statement for all tables, so that all are seen at one moment.
Result<Facts> CaptureTables(const PostgresAccess& server, const std::string& database) {
  DBSTOW_ASSIGN(const PgRows names, server.Query(database, kStoredRelations));
  if (names.empty()) return Facts();
  std::string sql;
  for (const PgRow& name : names) {
    sql += sql.empty() ? "SET max_parallel_workers_per_gather = 0; " : " UNION ALL ";
    // `(row.*)::text` and not `row::text`: a column may have the alias's name.
    sql += "SELECT " + SqlLiteral(*name[0]) +
           ", count(*) || ' rows, ' || coalesce(sum(hashtextextended((row_.*)::text, 0)), 0) "
           "FROM ONLY " +
           *name[0] + " row_";
  }
  return CaptureFacts(server, database, sql);
}

Result<Facts> CaptureSequences(const PostgresAccess& server, const std::string& database) {
  DBSTOW_ASSIGN(const PgRows names,
                server.Query(database,
                             "SELECT format('%I.%I', nspname, relname) FROM pg_class c "
                             "JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'S' "
                             "AND nspname !~ '^pg_temp' ORDER BY 1"));
  if (names.empty()) return Facts();
  std::string sql;
  for (const PgRow& name : names) {
    if (!sql.empty()) sql += " UNION ALL ";
    sql += "SELECT " + SqlLiteral(*name[0]) + ", last_value || ' ' || is_called FROM " + *name[0];
  }
  return CaptureFacts(server, database, sql);
}

constexpr const char* kLargeObjects =
    "SELECT oid, format('%s bytes, %s, owner %s, grants %s, comment %s', "
    "length(lo_get(oid)), md5(lo_get(oid)), pg_get_userbyid(lomowner), "
    "(SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(lomacl) a), "
    "obj_description(oid, 'pg_largeobject')) FROM pg_largeobject_metadata";

constexpr const char* kDatabaseFacts =
    "SELECT 'owner', pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database() "
    "UNION ALL SELECT 'grants', (SELECT string_agg(a::text, ' ' ORDER BY a::text) "
    "FROM unnest(datacl) a) FROM pg_database WHERE datname = current_database() "
    "UNION ALL SELECT 'connection limit', datconnlimit::text FROM pg_database "
    "WHERE datname = current_database() "
    "UNION ALL SELECT 'comment', shobj_description(oid, 'pg_database') FROM pg_database "
    "WHERE datname = current_database() "
    "UNION ALL SELECT 'settings of ' || CASE setrole WHEN 0 THEN 'all' "
    "ELSE pg_get_userbyid(setrole) END, setconfig::text FROM pg_db_role_setting "
    "JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database()";

void Compare(const std::string& kind, const Facts& expected, const Facts& found,
             std::vector<std::string>& differences) {
  for (const auto& [name, value] : expected) {
    const auto other = found.find(name);
    if (other == found.end()) {
      differences.push_back(kind + " " + name + " is missing");
    } else if (other->second != value) {
      differences.push_back(kind + " " + name + " was [" + value.substr(0, 2000) + "], is [" +
                            other->second.substr(0, 2000) + "]");
    }
  }
  for (const auto& [name, value] : found) {
    if (!expected.contains(name)) differences.push_back(kind + " " + name + " is new");
  }
}

}  // namespace

Result<DatabaseImage> CaptureImage(const PostgresAccess& server, const std::string& database) {
  DatabaseImage image;
  DBSTOW_ASSIGN(image.schema, CaptureSchema(server, database));
  DBSTOW_ASSIGN(image.tables, CaptureTables(server, database));
  DBSTOW_ASSIGN(image.sequences, CaptureSequences(server, database));
  DBSTOW_ASSIGN(image.large_objects, CaptureFacts(server, database, kLargeObjects));
  DBSTOW_ASSIGN(image.database, CaptureFacts(server, database, kDatabaseFacts));
  for (const auto& [name, value] : image.tables) image.rows += std::stoull(value);
  return image;
}

std::vector<std::string> CompareImages(const DatabaseImage& expected, const DatabaseImage& found) {
  std::vector<std::string> differences;
  Compare("schema object", expected.schema, found.schema, differences);
  Compare("table", expected.tables, found.tables, differences);
  Compare("sequence", expected.sequences, found.sequences, differences);
  Compare("large object", expected.large_objects, found.large_objects, differences);
  return differences;
}

std::vector<std::string> CompareDatabaseFacts(const DatabaseImage& expected,
                                              const DatabaseImage& found) {
  std::vector<std::string> differences;
  Compare("database", expected.database, found.database, differences);
  return differences;
}

Result<void> CreateShop(const PostgresAccess& server, const std::string& database,
                        const std::string& scale) {
  DBSTOW_TRY(server.CreateDatabase(database));
  return server.RunScript(database, TestData("shop.sql"), {{"scale", scale}});
}

std::string TestData(const std::string& name) { return std::string(DBSTOW_TEST_DATA "/") + name; }

}  // namespace dbstow::test
