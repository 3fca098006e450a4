#pragma once

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/execution.h"
#include "doubles/snowflake/exec/source.h"
#include "doubles/snowflake/sql/ast.h"

namespace dbstow::doubles::snowflake {

/// Statements about staged files.
[[nodiscard]] Result<ResultSet> ExecuteCopyIntoTable(const Execution& execution,
                                                     const CopyIntoTableStatement& copy);
[[nodiscard]] Result<ResultSet> ExecuteCopyIntoLocation(const Execution& execution,
                                                        const CopyIntoLocationStatement& copy);
[[nodiscard]] Result<ResultSet> ExecutePut(const Execution& execution, const PutStatement& put);
[[nodiscard]] Result<ResultSet> ExecuteGet(const Execution& execution, const GetStatement& get);
[[nodiscard]] Result<ResultSet> ExecuteList(const Execution& execution, const ListStatement& list);
[[nodiscard]] Result<ResultSet> ExecuteRemove(const Execution& execution,
                                              const RemoveStatement& remove);

/// SELECT $1 … FROM @stage.
[[nodiscard]] Result<Source> OpenStageSource(const Execution& execution,
                                             const TableReference& table);

}  // namespace dbstow::doubles::snowflake
