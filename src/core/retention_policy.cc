#include "dbstow/core/retention_policy.h"

#include <string>

namespace dbstow {

Result<void> RetentionPolicy::Validate() const {
  if (fence_after < std::chrono::hours(1)) {
    return Error(ErrorCode::kInvalidOptions, "fence_after is " +
                                                 std::to_string(fence_after.count()) +
                                                 " seconds: running backups would be ended")
        .WithHint("give it an hour at least; the default is a week");
  }
  if (keep_within && *keep_within < std::chrono::seconds(0)) {
    return Error(ErrorCode::kInvalidOptions, "keep_within is negative")
        .WithHint("give it the age up to which all backups are kept");
  }
  return {};
}

}  // namespace dbstow
