#pragma once

#include <map>
#include <string>

#include "doubles/snowflake/model/object.h"

namespace dbstow::doubles::snowflake {

/// What one login has: who it is and what its statements start from. Database, schema, warehouse
/// are names, as the vendor keeps them: they may point to nothing after a drop.
struct Session {
  std::string id;
  std::string token;
  std::string master_token;
  Nanos token_expires = 0;
  Nanos master_expires = 0;
  Id user = 0;
  Id role = 0;
  bool secondary_roles = true;
  std::string database;
  std::string schema;
  std::string warehouse;
  std::map<std::string, std::string> parameters;
  std::string last_query_id;

  /// Takes over what a statement can change; the tokens stay, which may have been renewed
  /// meanwhile.
  void TakeStatementState(Session&& other) {
    role = other.role;
    secondary_roles = other.secondary_roles;
    database = std::move(other.database);
    schema = std::move(other.schema);
    warehouse = std::move(other.warehouse);
    parameters = std::move(other.parameters);
    last_query_id = std::move(other.last_query_id);
  }

  [[nodiscard]] std::string Parameter(const std::string& key,
                                      const std::string& fallback = "") const {
    const auto found = parameters.find(key);
    return found == parameters.end() ? fallback : found->second;
  }
};

}  // namespace dbstow::doubles::snowflake
