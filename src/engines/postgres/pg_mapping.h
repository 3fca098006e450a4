#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dbstow/core/options.h"
#include "engines/postgres/pg_archive.h"
#include "engines/postgres/pg_name_pattern.h"

namespace dbstow::postgres {

/// `table:schema.old=new` or `table:schema.old=other.new`.
struct TableRename {
  std::string schema;
  std::string name;
  std::optional<std::string> new_schema;  ///< its final name, after schema renames
  std::string new_name;
};

/// What the `mapping` of a restore asks for. Renames of schemas and tables are made by the server
/// after the load (`RenameObjects`), because SQL text cannot be renamed safely; owners, tablespaces
/// and selections change the archive (`ApplyMapping`).
struct RestoreMapping {
  std::map<std::string, std::string> schemas;
  std::vector<TableRename> tables;
  std::map<std::string, std::string> owners;
  std::map<std::string, std::string> tablespaces;
  std::map<std::string, std::string> databases;  ///< must agree with the target's name
  std::vector<NamePattern> table_selection;
  std::vector<NamePattern> schema_selection;

  [[nodiscard]] bool selects() const {
    return !table_selection.empty() || !schema_selection.empty();
  }
  [[nodiscard]] bool renames() const { return !schemas.empty() || !tables.empty(); }

  /// Keys of other specs (jobs, …) are not looked at. Errors: InvalidOptions for malformed or
  /// contradictory mappings.
  [[nodiscard]] static Result<RestoreMapping> Parse(const StringMap& mapping);
};

/// The mapping keys that `RestoreMapping` understands.
[[nodiscard]] std::vector<OptionSpec> MappingSpecs();

/// Owners and tablespaces replaced in the entries, grants included. Errors: InvalidOptions for a
/// role, tablespace, schema, table or database that the backup does not hold, naming the nearest
/// that it does. Returns warnings: where an old role is named in text that is not rewritten.
struct MappingFacts {
  std::string database;
  std::string target;
  std::vector<std::string> roles;
  std::string tablespace;  ///< of the database itself
};
[[nodiscard]] Result<std::vector<std::string>> ApplyMapping(const RestoreMapping& mapping,
                                                            const MappingFacts& facts,
                                                            PgArchive& archive);

/// The text of an ACL or DEFAULT ACL entry with its roles replaced. The text is pg_dump's own,
/// whose grammar is small; names within strings or other places are left alone.
[[nodiscard]] std::string ReplaceGrantRoles(const std::string& sql,
                                            const std::map<std::string, std::string>& roles);

}  // namespace dbstow::postgres
