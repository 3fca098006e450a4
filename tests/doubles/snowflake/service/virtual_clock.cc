#include "doubles/snowflake/service/virtual_clock.h"

#include <algorithm>
#include <chrono>

namespace dbstow::doubles::snowflake {

Nanos VirtualClock::System() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Nanos VirtualClock::Now() {
  const Nanos now = frozen_ ? standing_ : System() + offset_;
  latest_ = std::max(latest_, now);
  return latest_;
}

void VirtualClock::Set(Nanos time) {
  offset_ = time - System();
  standing_ = time;
}

void VirtualClock::Advance(Nanos duration) { Set(Now() + duration); }

void VirtualClock::Freeze() {
  standing_ = Now();
  frozen_ = true;
}

void VirtualClock::Run() {
  Set(Now());
  frozen_ = false;
}

}  // namespace dbstow::doubles::snowflake
