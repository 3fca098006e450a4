#include "doubles/snowflake/model/object.h"

namespace dbstow::doubles::snowflake {

const Placement* Object::PlacementAt(Version version) const {
  const Placement* found = nullptr;
  for (const Placement& placement : placements) {
    if (placement.from <= version) found = &placement;
  }
  return found;
}

const std::map<std::string, std::string>& Object::options() const {
  static const std::map<std::string, std::string> kNone;
  if (const auto* detail_options = std::get_if<OptionDetail>(&detail))
    return detail_options->options;
  if (const auto* principal = std::get_if<PrincipalDetail>(&detail)) return principal->options;
  return kNone;
}

std::map<std::string, std::string>* Object::mutable_options() {
  if (auto* detail_options = std::get_if<OptionDetail>(&detail)) return &detail_options->options;
  if (auto* principal = std::get_if<PrincipalDetail>(&detail)) return &principal->options;
  return nullptr;
}

std::string Object::Option(const std::string& key, const std::string& fallback) const {
  const auto found = options().find(key);
  return found == options().end() ? fallback : found->second;
}

}  // namespace dbstow::doubles::snowflake
