#include "dbstow/core/operation_result.h"

namespace dbstow {
namespace {

std::string Show(const ContentFingerprint& fingerprint) {
  return std::to_string(fingerprint.rows) + " rows, " + fingerprint.method + " " +
         fingerprint.digest;
}

}  // namespace

std::vector<std::string> CompareFingerprints(const std::vector<ContentFingerprint>& expected,
                                             const std::vector<ContentFingerprint>& found) {
  std::map<std::string, const ContentFingerprint*> by_name;
  for (const ContentFingerprint& each : found) by_name[each.name] = &each;
  std::vector<std::string> differences;
  for (const ContentFingerprint& each : expected) {
    const auto other = by_name.find(each.name);
    if (other == by_name.end()) {
      differences.push_back(each.name + ": missing");
      continue;
    }
    if (*other->second != each) {
      differences.push_back(each.name + ": expected " + Show(each) + ", found " +
                            Show(*other->second));
    }
    by_name.erase(other);
  }
  for (const auto& [name, unused] : by_name) differences.push_back(name + ": not expected");
  return differences;
}

int OperationResult::exit_status() const {
  if (success) return 0;
  return error ? Describe(error->code()).exit_status : Describe(ErrorCode::kInternal).exit_status;
}

}  // namespace dbstow
