#pragma once

#include <string>
#include <vector>

#include "cli/session.h"

namespace dbstow::cli {

/// Runs one command and returns the exit status. `words` without the program's name.
[[nodiscard]] int Run(const std::vector<std::string>& words, Surroundings& surroundings);

/// Whether these words ask for JSON, also when they are otherwise wrong.
[[nodiscard]] bool WantsJson(const std::vector<std::string>& words);

}  // namespace dbstow::cli
