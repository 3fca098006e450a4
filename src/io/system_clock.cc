#include "io/system_clock.h"

#include <condition_variable>
#include <mutex>

namespace dbstow::io {
namespace {

class SystemClock final : public Clock {
 public:
  TimePoint Now() override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  Monotonic MonotonicNow() override { return std::chrono::steady_clock::now(); }
  void Sleep(Duration duration, std::stop_token stop) override {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, duration, [] { return false; });
  }
};

}  // namespace

std::unique_ptr<Clock> CreateSystemClock() { return std::make_unique<SystemClock>(); }

}  // namespace dbstow::io
