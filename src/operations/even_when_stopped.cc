#include "operations/even_when_stopped.h"

namespace dbstow::operations {
namespace {

// Whoever stopped it waits for this; whoever has the lock is seldom longer at work.
constexpr std::chrono::seconds kLastMoment(2);

}  // namespace

Result<void> EvenWhenStopped(const Waiting& write, Clock& clock, Deadline deadline,
                             const std::stop_token& stop) {
  auto written = write(deadline, stop);
  if (written) return written;
  const ErrorCode code = written.error().code();
  if (code != ErrorCode::kCancelled && code != ErrorCode::kTimeout) return written;
  return write(Deadline::After(clock, kLastMoment), {});
}

}  // namespace dbstow::operations
