#include "operations/result_details.h"

namespace dbstow::operations {

void AddDetail(StringMap& details, std::string key, std::string value) {
  if (!value.empty()) details.insert_or_assign(std::move(key), std::move(value));
}

void AddDetail(StringMap& details, std::string key, std::uint64_t value) {
  details.insert_or_assign(std::move(key), std::to_string(value));
}

OperationResult FailedResult(Error error) {
  OperationResult result;
  result.message = error.message();
  result.error = std::move(error);
  return result;
}

std::string OutcomeOf(const OperationResult& result) {
  if (result.success) return "success";
  return std::string(Describe(result.error ? result.error->code() : ErrorCode::kInternal).name);
}

}  // namespace dbstow::operations
