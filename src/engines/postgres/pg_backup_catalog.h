#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/result.h"

namespace dbstow::postgres {

struct PgPrivilege {
  std::string grantee;  ///< empty: PUBLIC
  std::string privilege;
  bool grantable = false;
};

/// Who may do what with an object; `is_default` when nobody ever changed it.
struct PgAcl {
  bool is_default = true;
  std::vector<PgPrivilege> privileges;
};

/// One `ALTER DATABASE … SET` or `ALTER ROLE … IN DATABASE … SET`.
struct PgSetting {
  std::string role;  ///< empty: the database's own
  std::string name;
  std::string value;
};

struct PgDatabaseFacts {
  std::string name;
  std::string owner;
  std::string tablespace;
  std::string encoding;
  std::string collation;
  std::string comment;
  std::int64_t connection_limit = -1;
  PgAcl acl;
  std::vector<PgSetting> settings;
};

struct PgSequenceValue {
  std::uint32_t oid = 0;
  std::string schema;
  std::string name;
  std::int64_t last_value = 0;
  bool is_called = false;
};

struct PgLargeObject {
  std::uint32_t oid = 0;
  std::string owner;
  std::string comment;
  PgAcl acl;
};

/// An object known by its name alone: a materialized view that had rows, a foreign table.
struct PgNamedObject {
  std::uint32_t oid = 0;
  std::string schema;
  std::string name;
};

/// What a backup knows besides pg_dump's schema and the rows: the item `catalog.json`.
struct PgBackupCatalog {
  static constexpr std::string_view kItem = "catalog.json";

  PgDatabaseFacts database;
  std::vector<PgSequenceValue> sequences;
  std::vector<PgLargeObject> large_objects;
  std::vector<PgNamedObject> populated_views;  ///< materialized views to refresh, in no order
  std::vector<PgNamedObject> foreign_tables;   ///< whose rows are not in the backup

  [[nodiscard]] std::string ToJson() const;
  /// Errors: Corrupt.
  [[nodiscard]] static Result<PgBackupCatalog> FromJson(std::string_view text);
};

}  // namespace dbstow::postgres
