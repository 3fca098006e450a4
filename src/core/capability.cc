#include "dbstow/core/capability.h"

#include <vector>

namespace dbstow {

CapabilitySet& CapabilitySet::Allow(std::string_view name) {
  by_name_.insert_or_assign(std::string(name), Capability{std::string(name), true, "", ""});
  return *this;
}

CapabilitySet& CapabilitySet::Deny(std::string_view name, std::string reason, std::string remedy) {
  if (reason.empty()) std::abort();
  by_name_.insert_or_assign(std::string(name), Capability{std::string(name), false,
                                                          std::move(reason), std::move(remedy)});
  return *this;
}

CapabilitySet& CapabilitySet::Deny(std::string_view name, const Error& cause) {
  by_name_.insert_or_assign(std::string(name),
                            Capability{std::string(name), false, cause.message(), cause.hint(),
                                       cause.code(), cause.retry()});
  return *this;
}

bool CapabilitySet::Contains(std::string_view name) const {
  const Capability* found = Find(name);
  return found != nullptr && found->available;
}

const Capability* CapabilitySet::Find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &found->second;
}

Result<void> CapabilitySet::Require(std::string_view name) const {
  const Capability* found = Find(name);
  if (found == nullptr) {
    return Error(ErrorCode::kUnsupportedCapability,
                 "'" + std::string(name) + "' is not something this engine can do");
  }
  if (found->available) return {};
  return Error(found->code, "'" + std::string(name) + "' is not available: " + found->reason)
      .WithHint(found->remedy)
      .WithRetry(found->retry);
}

}  // namespace dbstow
