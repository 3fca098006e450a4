#include "engines/postgres/pg_version_gap.h"

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

// From the release notes of 14 to 18. Not complete: virtual columns, for example, are written
// without a word of their own.
constexpr std::array<Novelty, 16> kNovelties = {{
    {"FUNCTION", "BEGIN ATOMIC", 14},
    {"PROCEDURE", "BEGIN ATOMIC", 14},
    {"TABLE", " SET COMPRESSION ", 14},
    {"TYPE", "multirange_type_name", 14},
    {"DATABASE", "LOCALE_PROVIDER = icu", 15},
    {"VIEW", "security_invoker", 15},
    {"PUBLICATION TABLES IN SCHEMA", "", 15},
    {"", "NULLS NOT DISTINCT", 15},
    {"DATABASE", "ICU_RULES", 16},
    {"COLLATION", "rules = ", 16},
    {"DATABASE", "LOCALE_PROVIDER = builtin", 17},
    {"COLLATION", "provider = builtin", 17},
    {"ACL", "MAINTAIN", 17},
    {"", " NOT ENFORCED", 18},
    {"", "WITHOUT OVERLAPS", 18},
    {"", "FOREIGN KEY PERIOD", 18},
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
  for (const PgArchiveEntry& entry : archive.entries) {
    for (const Novelty& novelty : kNovelties) {
      if (here < novelty.since && Uses(entry, novelty)) return TooOld(entry, novelty.since, here);
    }
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
