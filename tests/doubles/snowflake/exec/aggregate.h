#pragma once

#include <vector>

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/evaluator.h"

namespace dbstow::doubles::snowflake {

/// The value of an expression over a group of rows, in which `keys` are what was grouped by.
/// Errors: 000979 for a column that is neither aggregated nor a key.
[[nodiscard]] Result<Value> EvaluateGrouped(const Evaluator& evaluator,
                                            const Expression& expression,
                                            const std::vector<const Row*>& group,
                                            const Expressions& keys);

}  // namespace dbstow::doubles::snowflake
