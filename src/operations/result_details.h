#pragma once

#include <cstdint>
#include <string>

#include "dbstow/core/operation_result.h"

namespace dbstow::operations {

/// Puts `value` under `key`, unless it is empty.
void AddDetail(StringMap& details, std::string key, std::string value);
void AddDetail(StringMap& details, std::string key, std::uint64_t value);

/// A failure as the structured result that every operation ends in.
[[nodiscard]] OperationResult FailedResult(Error error);

/// "success", or the name of the error's code.
[[nodiscard]] std::string OutcomeOf(const OperationResult& result);

}  // namespace dbstow::operations
