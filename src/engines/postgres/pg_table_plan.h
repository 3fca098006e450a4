#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dbstow/core/operation_result.h"
#include "engines/postgres/pg_options.h"
#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

/// One table whose rows are copied: an ordinary table or a partition, never their parents or heirs.
struct TablePlan {
  std::uint32_t oid = 0;
  std::string schema;
  std::string name;
  std::string display;                    ///< `schema.name`, quoted where the server would
  std::vector<std::string> columns;       ///< what COPY names; without generated ones; may be empty
  CopyFormat format = CopyFormat::kText;  ///< kText or kBinary
  std::string counted_as;  ///< whose fingerprint its rows are in: its own `display`, or its root's
  std::string condition;   ///< WHERE clause of an extension's configuration table; or empty
  std::string shape;       ///< changes when the table is altered, rewritten or truncated
  bool splittable = false;
  bool has_rows =
      true;  ///< false for an unlogged table of a standby, which has only its definition
  std::uint64_t pages = 0;
  std::uint64_t bytes = 0;  ///< with TOAST

  [[nodiscard]] std::string QualifiedName() const;
  /// Names format and columns: only equal methods may be compared.
  [[nodiscard]] std::string FingerprintMethod() const;
};

/// What is to be said of the tables without rows, one warning each.
[[nodiscard]] std::vector<std::string> WarnOfTablesWithoutRows(
    const std::vector<TablePlan>& tables);

/// Every table that a dump of the database holds, as the session's snapshot sees the catalogs;
/// sizes are not filled. Takes no lock on any table.
[[nodiscard]] Result<std::vector<TablePlan>> ListTables(PgSession& session,
                                                        const DumpOptions& options);

/// The formats in which tables were read for these fingerprints, for `DumpOptions::formats`.
[[nodiscard]] std::map<std::string, CopyFormat> FormatsOf(
    const std::vector<ContentFingerprint>& fingerprints);

/// Fills pages and bytes. Touches the tables, so they should be locked.
[[nodiscard]] Result<void> MeasureTables(PgSession& session, std::vector<TablePlan>& tables);

/// A range of a table's pages that one COPY reads.
struct TablePart {
  const TablePlan* table = nullptr;
  int number = 0;
  int parts = 1;
  std::uint64_t first_page = 0;
  std::optional<std::uint64_t> end_page;  ///< none: to the end, however far it has grown
  std::uint64_t bytes = 0;                ///< estimate

  [[nodiscard]] std::string CopyOutSql() const;
  /// The item's name in the backup: `data/<oid>/<part>`.
  [[nodiscard]] std::string ItemName() const;
};

/// Parts of about `split_bytes`, biggest first. Refers to `tables`.
[[nodiscard]] std::vector<TablePart> SplitTables(const std::vector<TablePlan>& tables,
                                                 std::uint64_t split_bytes, int server_version);

/// `COPY schema.name (columns) FROM STDIN …` for what `CopyOutSql` gave.
struct CopyTarget {
  std::string qualified_name;
  std::vector<std::string> columns;
  CopyFormat format = CopyFormat::kText;
  enum class Rows { kPlain, kFrozen } rows = Rows::kPlain;
};
[[nodiscard]] std::string CopyInSql(const CopyTarget& target);

[[nodiscard]] std::string_view ToString(CopyFormat format);

}  // namespace dbstow::postgres
