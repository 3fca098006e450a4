#pragma once

#include <string>
#include <string_view>

#include "cli/output.h"
#include "dbstow/core/operation_result.h"
#include "dbstow/core/ports.h"

namespace dbstow::cli {

// One JSON object each, on one line, without a line feed. Text that is not UTF-8 is repaired.

/// {"type": type, …fields}
[[nodiscard]] std::string JsonLine(std::string_view type, const Fields& fields);
/// Type "progress".
[[nodiscard]] std::string JsonLine(const ProgressState& state);
/// Type "summary" or "error", carrying the whole result and the exit status.
[[nodiscard]] std::string JsonLine(const OperationResult& result);

}  // namespace dbstow::cli
