#include "doubles/snowflake/service/faults.h"

#include <algorithm>
#include <array>

namespace dbstow::doubles::snowflake {
namespace {

constexpr std::array<std::string_view, 9> kNames = {
    "throttle",     "unavailable",    "unavailable_after", "drop_before", "drop_after",
    "expire_token", "slow_statement", "truncate_chunk",    "forbid_chunk"};

}  // namespace

Result<void> Faults::Inject(const std::string& name, int times, int milliseconds) {
  if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
    return Error(ErrorCode::kInvalidOptions, "no such fault '" + name + "'");
  }
  const std::lock_guard lock(mutex_);
  faults_[name] = Fault{times, milliseconds};
  return {};
}

bool Faults::Take(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = faults_.find(name);
  if (found == faults_.end() || found->second.times <= 0) return false;
  --found->second.times;
  return true;
}

std::chrono::milliseconds Faults::TakeSlowness() {
  const std::lock_guard lock(mutex_);
  const auto found = faults_.find("slow_statement");
  if (found == faults_.end() || found->second.times <= 0) return {};
  --found->second.times;
  return std::chrono::milliseconds(found->second.milliseconds);
}

void Faults::Clear() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
}

}  // namespace dbstow::doubles::snowflake
