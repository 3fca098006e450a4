#pragma once

#include <string>
#include <string_view>

#include "dbstow/core/result.h"

namespace dbstow::cli {

/// The completion script of a shell, made of the commands and flags there are. Names of instances
/// are asked for while completing. Errors: InvalidOptions for a shell other than bash, zsh, fish.
[[nodiscard]] Result<std::string> CompletionScript(std::string_view shell);

}  // namespace dbstow::cli
