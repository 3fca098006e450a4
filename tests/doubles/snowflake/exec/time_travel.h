#pragma once

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/execution.h"

namespace dbstow::doubles::snowflake {

/// A point of the past: the version that stood then, and the moment itself for retention.
struct PastPoint {
  Version version = 0;
  Nanos time = 0;
};

/// What AT or BEFORE means now. Errors: 000709 for a statement that is unknown or older than 14
/// days; 000707 for the future.
[[nodiscard]] Result<PastPoint> ResolvePoint(const Execution& execution, const TimePoint& point,
                                             const std::string& object_name);
/// Whether the object's state at that point can still be read, and it existed then.
[[nodiscard]] bool IsReadable(const Execution& execution, const Object& object,
                              const PastPoint& point);
/// 000707 naming the object.
[[nodiscard]] Error NotAvailable(const Object& object);

}  // namespace dbstow::doubles::snowflake
