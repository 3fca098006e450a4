#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dbstow/core/backup_store.h"
#include "engines/postgres/pg_archive.h"
#include "engines/postgres/pg_backup_catalog.h"
#include "engines/postgres/pg_roles.h"
#include "engines/postgres/pg_table_plan.h"

namespace dbstow::postgres {

/// One item with rows of a table.
struct StoredPart {
  std::string item;
  std::uint32_t table_oid = 0;
  std::string schema;
  std::string table;
  std::vector<std::string> columns;
  CopyFormat format = CopyFormat::kText;
  int parts = 1;
  std::uint64_t bytes = 0;
};

/// A committed logical backup, its descriptions read and its items sorted.
struct BackupContents {
  std::unique_ptr<BackupReader> reader;
  PgArchive archive;
  PgBackupCatalog catalog;
  PgGlobals globals;
  std::vector<StoredPart> parts;
  std::vector<std::string> large_object_items;
  std::uint64_t bytes = 0;               ///< of rows
  std::uint64_t large_object_bytes = 0;  ///< for progress; about, when the source is live

  /// Errors: NotFound, Corrupt, InvalidOptions for a backup of another engine or type.
  [[nodiscard]] static Result<BackupContents> Open(BackupStore& store, const std::string& selector,
                                                   const std::string& chain);
};

}  // namespace dbstow::postgres
