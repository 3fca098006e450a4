#include "dbstow/core/operation_result.h"

namespace dbstow {
namespace {

std::string Show(const ContentFingerprint& fingerprint) {
  return std::to_string(fingerprint.rows) +
         (fingerprint.IsOfDefinitions() ? " definitions, " : " rows, ") + fingerprint.method + " " +
         fingerprint.digest;
}

std::set<std::string> MethodsOf(const std::vector<ContentFingerprint>& fingerprints) {
  std::set<std::string> methods;
  for (const ContentFingerprint& each : fingerprints) methods.insert(each.method);
  return methods;
}

}  // namespace

std::vector<std::string> CompareFingerprints(const std::vector<ContentFingerprint>& expected,
                                             const std::vector<ContentFingerprint>& found) {
  const std::set<std::string> there = MethodsOf(expected);
  const std::set<std::string> here = MethodsOf(found);
  const std::set<std::string> unread = UnreadNames(expected, found);
  const auto comparable = [&](const ContentFingerprint& each) {
    if (unread.contains(each.name)) return false;
    return !each.IsOfDefinitions() || (there.contains(each.method) && here.contains(each.method));
  };
  std::map<std::string, const ContentFingerprint*> by_name;
  for (const ContentFingerprint& each : found) {
    if (comparable(each)) by_name[each.name] = &each;
  }
  std::vector<std::string> differences;
  for (const ContentFingerprint& each : expected) {
    if (!comparable(each)) continue;
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

std::set<std::string> UnreadNames(const std::vector<ContentFingerprint>& one,
                                  const std::vector<ContentFingerprint>& other) {
  std::set<std::string> names;
  for (const auto* side : {&one, &other}) {
    for (const ContentFingerprint& each : *side) {
      if (each.digest.empty()) names.insert(each.name);
    }
  }
  return names;
}

std::uint64_t CountRows(const std::vector<ContentFingerprint>& fingerprints) {
  std::uint64_t rows = 0;
  for (const ContentFingerprint& each : fingerprints) {
    if (!each.IsOfDefinitions()) rows += each.rows;
  }
  return rows;
}

int OperationResult::exit_status() const {
  if (success) return 0;
  return error ? Describe(error->code()).exit_status : Describe(ErrorCode::kInternal).exit_status;
}

}  // namespace dbstow
