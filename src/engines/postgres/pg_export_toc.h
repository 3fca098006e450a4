#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engines/postgres/pg_archive.h"
#include "engines/postgres/pg_backup_catalog.h"
#include "engines/postgres/pg_table_plan.h"

namespace dbstow::postgres {

/// The rows of one table, as the backup's items describe them.
struct ExportTable {
  std::uint32_t oid = 0;
  std::string schema;
  std::string name;
  std::vector<std::string> columns;
  CopyFormat format = CopyFormat::kText;
  std::vector<std::string> items;  ///< names of its parts, in order
  std::string data_file;           ///< set by `AddDataEntries`
};

/// Turns the archive of a schema into one with data, as pg_dump would have written it: entries for
/// the rows of the tables, the large objects, the values of the sequences and the refreshing of
/// materialized views. Gives each table its `data_file`.
void AddDataEntries(const PgBackupCatalog& catalog, std::vector<ExportTable>& tables,
                    PgArchive& archive);

}  // namespace dbstow::postgres
