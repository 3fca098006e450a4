#include "doubles/sqlserver/exec/operation.h"

#include <chrono>
#include <thread>

namespace dbstow::doubles::sqlserver {
namespace {

// Sleeps in slices, so that an attention is answered soon.
bool SleepInterruptibly(Interruption& interruption, int milliseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  while (std::chrono::steady_clock::now() < end) {
    if (interruption.Interrupted()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return !interruption.Interrupted();
}

}  // namespace

SqlResult<void> RunPercents(const OperationContext& context, int stats, bool writes,
                            const std::string& device) {
  for (int percent = 1; percent <= 100; ++percent) {
    const Faults faults = context.engine.faults;
    context.session.percent = percent;
    if (writes && faults.fail_write_at_percent == percent) {
      return SqlError{3202, 16,
                      "Write on \"" + device +
                          "\" failed: " + std::to_string(faults.fail_write_os_error) +
                          "(There is not enough space on the disk.)"};
    }
    const bool speaks = stats > 0 && percent % stats == 0;
    if (speaks) {
      context.sink.Message({3211, 10, std::to_string(percent) + " percent processed."}, 1);
    }
    if (faults.backup_step_ms > 0) {
      context.lock.unlock();
      if (speaks) context.sink.Flush();
      const bool goes_on = SleepInterruptibly(context.interruption, faults.backup_step_ms);
      context.lock.lock();
      if (!goes_on) return SqlError{3204, 16, "The backup or restore was aborted."};
    }
  }
  if (context.interruption.Interrupted()) {
    return SqlError{3204, 16, "The backup or restore was aborted."};
  }
  return {};
}

}  // namespace dbstow::doubles::sqlserver
