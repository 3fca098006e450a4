#pragma once

#include <string>

#include "doubles/snowflake/model/object.h"

namespace dbstow::doubles::snowflake {

/// One row of the query history, and what AT (STATEMENT => id) needs.
struct QueryRecord {
  enum class Status { kRunning, kSucceeded, kFailed, kCanceled };
  std::string id;
  std::string request_id;
  std::string text;
  std::string type;  ///< "SELECT", "CREATE_TABLE", …
  std::string session;
  std::string user;
  std::string role;
  std::string warehouse;
  std::string database;
  std::string schema;
  std::string tag;
  Status status = Status::kRunning;
  std::string error_code;
  std::string error_message;
  Nanos start = 0;
  Nanos end = 0;
  int64_t rows = 0;
  Version before = 0;  ///< the version it found
  Version after = 0;   ///< the version it left
};

}  // namespace dbstow::doubles::snowflake
