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

SqlResult<void> Suffer(const OperationContext& context, const StatementFault& fault) {
  if (fault.wait_ms > 0) {
    const bool goes_on = WithoutLock(
        context, [&] { return SleepInterruptibly(context.interruption, fault.wait_ms); });
    if (!goes_on) return SqlError{0, 16, ""};
  }
  if (fault.cut) {
    context.session.cut = true;
    context.session.killed = true;
    return SqlError{0, 16, ""};
  }
  if (fault.errors.empty()) return {};
  for (std::size_t i = 0; i + 1 < fault.errors.size(); ++i) {
    context.sink.Message(fault.errors[i], 1);
  }
  return fault.errors.back();
}

SqlResult<void> RunPercents(const OperationContext& context, int stats) {
  static const SqlError kAborted{3204, 16, "The backup or restore was aborted."};
  const std::optional<StatementFault>& fault = context.session.fault;
  for (int percent = 1; percent <= 100; ++percent) {
    context.session.percent = percent;
    if (fault && fault->at_percent == percent) {
      const SqlResult<void> suffered = Suffer(context, *fault);
      if (!suffered) return suffered.error().number == 0 ? kAborted : suffered.error();
    }
    const bool speaks = stats > 0 && percent % stats == 0;
    if (speaks) {
      context.sink.Message({3211, 10, std::to_string(percent) + " percent processed."}, 1);
    }
    const int step_ms = context.engine.faults.backup_step_ms;
    if (step_ms > 0) {
      const bool goes_on = WithoutLock(context, [&] {
        if (speaks) context.sink.Flush();
        return SleepInterruptibly(context.interruption, step_ms);
      });
      if (!goes_on) return kAborted;
    }
  }
  return context.interruption.Interrupted() ? SqlResult<void>(kAborted) : SqlResult<void>();
}

}  // namespace dbstow::doubles::sqlserver
