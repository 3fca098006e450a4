#include "engines/postgres/pg_zero_copy.h"

#include "engines/postgres/pg_locality.h"

namespace dbstow::postgres {
namespace {

constexpr const char* kFacts = R"sql(
SELECT coalesce(current_setting('file_copy_method', true), ''),
  coalesce(nullif(pg_tablespace_location(d.dattablespace), ''),
           CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE')
                THEN current_setting('data_directory') END, '')
FROM pg_database d WHERE d.datname = current_database()
)sql";

}  // namespace

Result<ZeroCopyFacts> ReadZeroCopyFacts(PgSession& session) {
  DBSTOW_ASSIGN(const PgRows rows, session.Query(kFacts));
  DBSTOW_ASSIGN(const bool is_here, ServerIsHere(session));
  return ZeroCopyFacts{session.version_number(), rows.String(0, 0), rows.String(0, 1), is_here};
}

ZeroCopyVerdict JudgeZeroCopy(const ZeroCopyFacts& facts, io::FileSystem& files) {
  using enum ZeroCopyVerdict::Shares;
  if (facts.server_version < 180000) {
    return {kNo,
            "PostgreSQL shares blocks between databases from version 18 on, with file_copy_method "
            "= clone",
            "the clone is a full copy; upgrade the server for zero-copy clones"};
  }
  if (facts.file_copy_method != "clone") {
    return {kNo, "file_copy_method is '" + facts.file_copy_method + "' on the server",
            "set it to 'clone' where the server's file system can share blocks (XFS, btrfs)"};
  }
  if (!facts.server_is_here || facts.folder.empty()) {
    return {kUnknown,
            "the server shares blocks if its file system can, which cannot be seen from here",
            "run dbstow on the server's machine, as a role that may read data_directory"};
  }
  const auto shares = files.SharesBlocks(facts.folder);
  if (!shares) {
    return {kUnknown,
            "the server shares blocks if its file system can, which is not known: " +
                shares.error().message(),
            "run dbstow on the server's machine"};
  }
  if (*shares) return {kYes, "", ""};
  return {kNo, "the file system of '" + facts.folder + "' cannot share blocks",
          "keep the server's files on XFS or btrfs"};
}

}  // namespace dbstow::postgres
