#pragma once

#include <vector>

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/evaluator.h"

namespace dbstow::doubles::snowflake {

/// The rows that a FROM clause gives.
struct Source {
  Scope scope;
  std::vector<Row> rows;
};

[[nodiscard]] Result<Source> OpenSource(const Execution& execution, const TableReference& table);

/// The rows that a table held at a version, in its present columns.
[[nodiscard]] std::vector<Row> ReadTable(const CatalogView& view, const Object& table,
                                         Version version);
/// The rows of one partition in the table's present columns.
[[nodiscard]] std::vector<Row> ReadPartition(const Partition& partition, const TableDetail& table);

/// INFORMATION_SCHEMA.<name> of a database, or SNOWFLAKE.ACCOUNT_USAGE.<name> with a null database.
[[nodiscard]] Result<Source> OpenInformationSchema(const Execution& execution,
                                                   const Object* database, const std::string& name);
/// TABLE(RESULT_SCAN(…)), TABLE(GENERATOR(…)), TABLE(INFORMATION_SCHEMA.QUERY_HISTORY(…)).
[[nodiscard]] Result<Source> OpenTableFunction(const Execution& execution,
                                               const TableReference& table);

/// 000606 when the session has no warehouse that it may use and that runs or may resume.
[[nodiscard]] Result<void> RequireWarehouse(const Execution& execution);

}  // namespace dbstow::doubles::snowflake
