#include "operations/kept_result.h"

namespace dbstow::operations {
namespace {

constexpr std::string_view kPrefix = "request.";
constexpr const char* kEnded = "kept.ended";

std::string PlaceOf(const ConnectionInfo& connection) {
  return connection.host + ":" + std::to_string(connection.port) + "/" + connection.database;
}

// Takes it out of the details, which are again what the operation said.
StringMap TakeRequest(OperationResult& kept) {
  StringMap request;
  for (auto at = kept.details.lower_bound(std::string(kPrefix));
       at != kept.details.end() && at->first.starts_with(kPrefix);) {
    request.emplace(at->first.substr(kPrefix.size()), at->second);
    at = kept.details.erase(at);
  }
  return request;
}

std::string ValueIn(const StringMap& request, const std::string& key) {
  const auto found = request.find(key);
  return found == request.end() || found->second.empty() ? "none" : "'" + found->second + "'";
}

/// The first that differs, what tells most before the rest; empty when none does.
std::string DifferenceOf(const StringMap& before, const StringMap& now) {
  for (const char* key : {"operation", "instance"}) {
    if (ValueIn(before, key) != ValueIn(now, key)) return key;
  }
  StringMap all = before;
  all.insert(now.begin(), now.end());
  for (const auto& [key, unused] : all) {
    if (ValueIn(before, key) != ValueIn(now, key)) return key;
  }
  return "";
}

}  // namespace

StringMap RequestOfAllParts(const OperationFacts& facts, const BackupStore* store) {
  StringMap request = facts.request;
  request["operation"] = facts.name;
  if (store != nullptr) request["repository"] = store->id();
  return request;
}

StringMap RequestOf(const OperationFacts& facts, const DatabaseInstance& instance,
                    const BackupStore* store) {
  StringMap request = RequestOfAllParts(facts, store);
  request["instance"] = instance.name();
  request["engine"] = instance.engine().id();
  if (facts.probe != OperationFacts::Probe::kNone) {
    request["place of the instance"] = PlaceOf(instance.connection());
  }
  return request;
}

OperationResult KeptWith(const StringMap& request, OperationResult result, TimePoint ended) {
  result.details[kEnded] = FormatTime(ended);
  for (const auto& [key, value] : request) {
    result.details.insert_or_assign(std::string(kPrefix) + key, value);
  }
  return result;
}

Result<OperationResult> GiveAgain(OperationResult kept, const StringMap& request) {
  const StringMap before = TakeRequest(kept);
  const std::string different = DifferenceOf(before, request);
  if (different.empty()) {
    kept.details["replayed"] = "true";
    const auto ended = kept.details.extract(kEnded);
    if (!ended.empty()) kept.details["replayed_at"] = ended.mapped();
    return kept;
  }
  return Error(ErrorCode::kInvalidOptions,
               "the idempotency key was used before, for something else: " + different + " was " +
                   ValueIn(before, different) + " and is " + ValueIn(request, different))
      .WithHint("choose a new key for every piece of work");
}

}  // namespace dbstow::operations
