#include "engines/postgres/pg_backup_catalog.h"

#include <nlohmann/json.hpp>

namespace dbstow::postgres {

// nlohmann finds these by their names and the namespace of the types.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PgPrivilege, grantee, privilege, grantable)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PgAcl, is_default, privileges)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PgSetting, role, name, value)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PgDatabaseFacts, name, owner, tablespace, encoding, collation,
                                   comment, connection_limit, acl, settings)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PgSequenceValue, oid, schema, name, last_value, is_called)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PgLargeObject, oid, owner, comment, acl)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PgNamedObject, oid, schema, name)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PgBackupCatalog, database, sequences, large_objects,
                                   populated_views, foreign_tables)

std::string PgBackupCatalog::ToJson() const {
  // A SQL_ASCII database may hold names that are not UTF-8: replaced, never an exception.
  return nlohmann::json(*this).dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<PgBackupCatalog> PgBackupCatalog::FromJson(std::string_view text) {
  try {
    return nlohmann::json::parse(text).get<PgBackupCatalog>();
  } catch (const nlohmann::json::exception& failure) {
    return Error(ErrorCode::kCorrupt,
                 std::string(kItem) + " of the backup cannot be read: " + failure.what());
  }
}

}  // namespace dbstow::postgres
