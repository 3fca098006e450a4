#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/result.h"

namespace dbstow::secrets {

/// Splits `/path/to/program arg 'one arg' "and another"` at blanks. Quotes of either kind keep
/// blanks and are removed; a backslash takes the next character as it is, but not inside single
/// quotes. Nothing is expanded: there is no shell. Errors: InvalidOptions (an open quote, nothing
/// to run, a program without an absolute path); the text is not shown.
[[nodiscard]] Result<std::vector<std::string>> SplitCommandLine(std::string_view text);

}  // namespace dbstow::secrets
