#pragma once

#include <map>
#include <optional>

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/execution.h"
#include "doubles/snowflake/exec/time_travel.h"
#include "doubles/snowflake/sql/ast.h"

namespace dbstow::doubles::snowflake {

/// Makes `create.name` a clone of `create.clone` in `container`. Rows are shared until either side
/// changes. Errors: 000707 when the source, or a table inside it, cannot be read at that point.
[[nodiscard]] Result<Object*> CloneObject(const Execution& execution, const CreateStatement& create,
                                          const Object& container);

}  // namespace dbstow::doubles::snowflake
