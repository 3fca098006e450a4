#pragma once

#include <string>

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/execution.h"

namespace dbstow::doubles::snowflake {

enum class DdlNames { kPlain, kQualified };

/// GET_DDL(kind, name): statements that make the object again, for a container with everything in
/// it. kQualified qualifies the created objects only, not names inside bodies. Errors: as Names.
[[nodiscard]] Result<std::string> GetDdlText(const Execution& execution, const std::string& kind,
                                             const std::string& name, DdlNames names);

}  // namespace dbstow::doubles::snowflake
