#include "engines/postgres/pg_version_gap.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "engines/postgres/pg_archive_sql.h"
#include "engines/postgres/pg_connection.h"
#include "engines/postgres/pg_schema_apply.h"

namespace dbstow::postgres {
namespace {

/// What pg_dump writes for something that servers know from a version on.
struct Novelty {
  std::string_view desc;   ///< kind of entry; empty: any but functions
  std::string_view words;  ///< in its DDL, outside of quotes; empty: the kind itself is new
  int since = 0;
};

// From the release notes of 14 to 18, and what those servers say to a dump of 18. Keywords that are
// part of an expression (`JSON_VALUE(`) are in capitals, as no name outside of quotes is. Not
// complete: functions, for example, are names like any others.
constexpr std::array<Novelty, 38> kNovelties = {{
    {"FUNCTION", "BEGIN ATOMIC", 14},
    {"PROCEDURE", "BEGIN ATOMIC", 14},
    {"TABLE", " SET COMPRESSION ", 14},
    {"TYPE", "multirange_type_name", 14},
    {"DATABASE", "LOCALE_PROVIDER = icu", 15},
    {"VIEW", "security_invoker", 15},
    {"SEQUENCE", "CREATE UNLOGGED SEQUENCE ", 15},
    {"FK CONSTRAINT", " ON DELETE SET NULL (", 15},
    {"FK CONSTRAINT", " ON DELETE SET DEFAULT (", 15},
    {"PUBLICATION TABLE", " (", 15},
    {"PUBLICATION TABLES IN SCHEMA", "", 15},
    {"TABLE", " SET ACCESS METHOD ", 17},  // written for partitioned tables
    {"", "NULLS NOT DISTINCT", 15},
    {"DATABASE", "ICU_RULES", 16},
    {"COLLATION", "rules = ", 16},
    {"", " IS JSON", 16},
    {"", "JSON_OBJECT(", 16},
    {"", "JSON_OBJECTAGG(", 16},
    {"", "JSON_ARRAY(", 16},
    {"", "JSON_ARRAYAGG(", 16},
    {"", " SYSTEM_USER", 16},
    {"DATABASE", "LOCALE_PROVIDER = builtin", 17},
    {"COLLATION", "provider = builtin", 17},
    {"ACL", "MAINTAIN", 17},
    {"DEFAULT ACL", "MAINTAIN", 17},
    {"EVENT TRIGGER", " ON login", 17},
    {"", "JSON(", 17},
    {"", "JSON_SCALAR(", 17},
    {"", "JSON_SERIALIZE(", 17},
    {"", "JSON_VALUE(", 17},
    {"", "JSON_QUERY(", 17},
    {"", "JSON_EXISTS(", 17},
    {"", "JSON_TABLE(", 17},
    {"", " NOT ENFORCED", 18},
    {"", "WITHOUT OVERLAPS", 18},
    {"FK CONSTRAINT", ", PERIOD ", 18},
    {"PUBLICATION", "publish_generated_columns", 18},
    {"DEFAULT ACL", " ON LARGE OBJECTS ", 18},
}};

bool IsFunction(const PgArchiveEntry& entry) {
  return entry.desc == "FUNCTION" || entry.desc == "PROCEDURE";
}

// The body of a function in quotes may hold any words.
std::string_view OwnWords(const PgArchiveEntry& entry) {
  const std::string_view ddl = entry.defn;
  return IsFunction(entry) ? ddl.substr(0, ddl.find("\n    AS ")) : ddl;
}

bool Uses(const PgArchiveEntry& entry, const Novelty& novelty) {
  if (novelty.desc.empty() ? IsFunction(entry) : novelty.desc != entry.desc) return false;
  return novelty.words.empty() ||
         FindOutsideQuotes(OwnWords(entry), novelty.words) != std::string_view::npos;
}

// The end of the brackets that open at `begin`; the length of the text when they do not end.
std::size_t EndOfBrackets(std::string_view text, std::size_t begin) {
  int depth = 0;
  for (;;) {
    const std::string_view rest = text.substr(begin);
    const std::size_t next = std::min(FindOutsideQuotes(rest, "("), FindOutsideQuotes(rest, ")"));
    if (next == std::string_view::npos) return text.size();
    depth += rest[next] == '(' ? 1 : -1;
    begin += next + 1;
    if (depth == 0) return begin;
  }
}

// From 18 on a generated column that says nothing is virtual.
bool HasVirtualColumn(std::string_view ddl) {
  static constexpr std::string_view kGenerated = " GENERATED ALWAYS AS (";
  for (;;) {
    const std::size_t at = FindOutsideQuotes(ddl, kGenerated);
    if (at == std::string_view::npos) return false;
    ddl.remove_prefix(EndOfBrackets(ddl, at + kGenerated.size() - 1));
    if (!ddl.starts_with(" STORED")) return true;
  }
}

// A NOT NULL that stands as a constraint of the table, and not behind its column.
bool HasNotNullOfTable(std::string_view ddl) {
  for (const std::string_view begin : {"\n    CONSTRAINT ", "ADD CONSTRAINT "}) {
    std::string_view rest = ddl;
    for (;;) {
      const std::size_t at = FindOutsideQuotes(rest, begin);
      if (at == std::string_view::npos) break;
      rest.remove_prefix(at + begin.size());
      // The name, perhaps in quotes, ends where something follows outside of them.
      const std::size_t name = std::min(FindOutsideQuotes(rest, " "), rest.size());
      if (rest.substr(name).starts_with(" NOT NULL ")) return true;
    }
  }
  return FindOutsideQuotes(ddl, "\n    NOT NULL ") != std::string_view::npos;
}

bool HasNotNullOf18(const PgArchiveEntry& entry) {
  if (entry.desc != "TABLE" && entry.desc != "FOREIGN TABLE" && entry.desc != "CONSTRAINT") {
    return false;
  }
  return HasNotNullOfTable(entry.defn) ||
         FindOutsideQuotes(entry.defn, " NOT NULL NO INHERIT") != std::string_view::npos;
}

bool HasVirtualColumn(const PgArchiveEntry& entry) {
  return (entry.desc == "TABLE" || entry.desc == "FOREIGN TABLE") && HasVirtualColumn(entry.defn);
}

// Some constraints partitioned tables have later than others.
int NeededForPartitioned(const PgArchiveEntry& entry, const PgArchiveIndex& index) {
  const auto has = [&entry](std::string_view words) {
    return FindOutsideQuotes(entry.defn, words) != std::string_view::npos;
  };
  const bool excludes = entry.desc == "CONSTRAINT" && has(" EXCLUDE ");
  const bool unchecked = entry.desc == "FK CONSTRAINT" && has(" NOT VALID");
  if (!excludes && !unchecked) return 0;
  for (const PgArchiveEntry* table : index.DependenciesOf(entry)) {
    if (table->desc == "TABLE" && table->namespace_name == entry.namespace_name &&
        entry.tag.starts_with(table->tag + " ") &&
        FindOutsideQuotes(table->defn, "\nPARTITION BY ") != std::string_view::npos) {
      return excludes ? 17 : 18;
    }
  }
  return 0;
}

/// The version that the entry needs at least; 0: any.
int NeedsVersion(const PgArchiveEntry& entry, const PgArchiveIndex& index) {
  int since = NeededForPartitioned(entry, index);
  if (HasVirtualColumn(entry) || HasNotNullOf18(entry)) since = 18;
  for (const Novelty& novelty : kNovelties) {
    if (novelty.since > since && Uses(entry, novelty)) since = novelty.since;
  }
  return since;
}

Error TooOld(const PgArchiveEntry& entry, int since, int here) {
  return Error(ErrorCode::kUnsupportedCapability,
               ShowEntry(entry) + " needs PostgreSQL " + std::to_string(since) +
                   " or later, and the server is " + std::to_string(here))
      .WithHint("restore on a server of version " + std::to_string(since) +
                " or later, or select what it knows with --map tables=…");
}

}  // namespace

Result<std::vector<std::string>> CompareVersions(const PgArchive& archive, int server_version) {
  const int here = server_version / 10000;
  if (std::atoi(archive.server_version.c_str()) <= here) return std::vector<std::string>();
  const PgArchiveIndex index(archive);
  for (const PgArchiveEntry& entry : archive.entries) {
    const int since = NeedsVersion(entry, index);
    if (here < since) return TooOld(entry, since, here);
  }
  return std::vector<std::string>{"the contents are of PostgreSQL " + archive.server_version +
                                  ", the server is " + std::to_string(here) +
                                  ": what an older version does not know makes the restore fail"};
}

Result<std::vector<std::string>> CompareVersions(const PgArchive& archive,
                                                 const ConnectionInfo& server,
                                                 const OperationContext& context) {
  DBSTOW_ASSIGN(const auto session, PgSession::Open(MaintenanceConnection(server), context));
  return CompareVersions(archive, session->version_number());
}

}  // namespace dbstow::postgres
