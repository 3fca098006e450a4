#pragma once

#include <functional>

#include "dbstow/core/clock.h"
#include "dbstow/core/result.h"

namespace dbstow::operations {

/// Something that waits, at most until the deadline or a request to stop.
using Waiting = std::function<Result<void>(Deadline deadline, std::stop_token stop)>;

/// For what belongs to the end of work, also of work that was stopped or ran out of time (its audit
/// record, its metrics). When these end the wait it is done again, with a moment of its own.
[[nodiscard]] Result<void> EvenWhenStopped(const Waiting& write, Clock& clock, Deadline deadline,
                                           const std::stop_token& stop);

}  // namespace dbstow::operations
