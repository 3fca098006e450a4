#pragma once

#include <string>
#include <string_view>

#include "dbstow/core/operation_result.h"
#include "dbstow/core/result.h"

namespace dbstow::catalog {

/// A result as JSON text, with the whole chain of its error; what is not UTF-8 is replaced.
[[nodiscard]] std::string ResultToJson(const OperationResult& result);
/// Errors: Corrupt.
[[nodiscard]] Result<OperationResult> ResultFromJson(std::string_view text);

}  // namespace dbstow::catalog
