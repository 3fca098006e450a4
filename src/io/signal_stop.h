#pragma once

#include <memory>
#include <stop_token>

#include "dbstow/core/result.h"

namespace dbstow::io {

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request, for as long as it lives. A second signal
/// means that the person will not wait: the process exits at once with status 130.
///
/// The signals are blocked and read from a descriptor, so there is no handler and no global. Create
/// it before any other thread: threads inherit the blocked signals, and so do child processes
/// unless whoever starts them resets their mask.
class SignalStop {
 public:
  /// Errors: IOError (also when no thread can be had); then signals do what they did before.
  [[nodiscard]] static Result<std::unique_ptr<SignalStop>> Create();
  virtual ~SignalStop() = default;
  [[nodiscard]] virtual std::stop_token token() const = 0;
};

}  // namespace dbstow::io
