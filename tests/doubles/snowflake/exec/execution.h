#pragma once

#include <functional>
#include <map>
#include <string>

#include "doubles/snowflake/exec/access.h"
#include "doubles/snowflake/exec/query_log.h"
#include "doubles/snowflake/exec/session.h"
#include "doubles/snowflake/model/catalog.h"
#include "doubles/snowflake/stage/stage_store.h"

namespace dbstow::doubles::snowflake {

/// What the account is called and runs as; fixed for the life of the server.
struct AccountFacts {
  std::string locator = "DBSTOW1";
  std::string organization = "DBSTOW";
  std::string name = "DOUBLE";
  std::string region = "AWS_US_WEST_2";
  std::string version = "9.99.0";
};

/// What one statement runs in. `change` gathers what it does; whoever runs it commits or drops it.
struct Execution {
  Session& session;
  Change& change;
  const QueryLog& log;
  StageStore& stages;
  const AccountFacts& facts;
  const std::map<int, Value>& bindings;
  std::string query_id;
  std::function<Result<void>(const std::string& query_id)> cancel_query;
  int view_depth = 0;  ///< how many views this is inside of

  [[nodiscard]] Access access() const { return {change, session}; }
  [[nodiscard]] Nanos now() const { return change.now(); }
};

}  // namespace dbstow::doubles::snowflake
