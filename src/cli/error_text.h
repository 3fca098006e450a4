#pragma once

#include <string>

#include "dbstow/core/error.h"

namespace dbstow::cli {

/// The error for a person: what and on what, why, and on a line of its own what to do next.
[[nodiscard]] std::string ErrorText(const Error& error);

/// What helps with errors of this code in general.
[[nodiscard]] std::string NextStep(ErrorCode code);

/// What to do after this error: its own hint, else what helps in general. Never empty.
[[nodiscard]] std::string NextStepAfter(const Error& error);

/// The page of `dbstow help CODE`.
[[nodiscard]] std::string ErrorPage(ErrorCode code);

}  // namespace dbstow::cli
