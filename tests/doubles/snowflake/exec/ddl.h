#pragma once

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/execution.h"
#include "doubles/snowflake/sql/ast.h"

namespace dbstow::doubles::snowflake {

/// Statements that make, change and take away objects.
[[nodiscard]] Result<ResultSet> ExecuteCreate(const Execution& execution,
                                              const CreateStatement& create);
[[nodiscard]] Result<ResultSet> ExecuteDrop(const Execution& execution, const DropStatement& drop);
[[nodiscard]] Result<ResultSet> ExecuteUndrop(const Execution& execution,
                                              const UndropStatement& undrop);
[[nodiscard]] Result<ResultSet> ExecuteAlter(const Execution& execution,
                                             const AlterStatement& alter);

/// Columns of a new or altered table. Errors: 002025 for a name that is there twice.
[[nodiscard]] Result<void> AddColumns(const Execution& execution, TableDetail& table,
                                      const std::vector<ColumnDefinition>& definitions);
/// Sets what the options say on an object. Errors: 001008 for a value that is not allowed.
[[nodiscard]] Result<void> ApplyProperties(const Execution& execution, Object& object,
                                           const Properties& properties);
/// Gives a new object what future grants of its schema, or else its database, promise.
void ApplyFutureGrants(Change& change, Object& object);
/// "Table", "File format": as messages begin.
[[nodiscard]] std::string TitleOf(ObjectKind kind);

}  // namespace dbstow::doubles::snowflake
