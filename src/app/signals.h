#pragma once

#include "io/signal_stop.h"

namespace dbstow::app {

/// Interrupts as a stop token, for programs that have a person in front of them. To be called
/// before anything starts a thread. Errors: IOError.
[[nodiscard]] inline Result<std::unique_ptr<io::SignalStop>> StopOnSignals() {
  return io::SignalStop::Create();
}

}  // namespace dbstow::app
