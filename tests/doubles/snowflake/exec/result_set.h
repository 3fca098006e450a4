#pragma once

#include <string>
#include <vector>

#include "doubles/snowflake/sql/value.h"

namespace dbstow::doubles::snowflake {

struct ResultColumn {
  std::string name;
  DataType type;
};

/// What a statement returns.
struct ResultSet {
  std::vector<ResultColumn> columns;
  std::vector<Row> rows;
  std::string statement_type = "SELECT";
  int64_t statement_type_id = 0x1000;
  /// PUT and GET: the JSON object that tells the client where to move which files.
  std::string transfer;
};

/// One text row, as DDL answers: "Table T successfully created."
[[nodiscard]] inline ResultSet StatusResult(std::string message) {
  ResultSet result;
  result.columns = {{"status", DataType{TypeKind::kText}}};
  result.rows = {{Value(std::move(message))}};
  return result;
}

}  // namespace dbstow::doubles::snowflake
