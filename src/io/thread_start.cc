#include "io/thread_start.h"

#include <latch>
#include <string>
#include <system_error>
#include <vector>

namespace dbstow::io {

std::optional<std::jthread> TryStartThread(const ThreadWork& work) {
  try {
    return std::jthread([&work](const std::stop_token& stop) { work(stop); });
  } catch (const std::system_error&) {
    return std::nullopt;
  }
}

Error NoThreadFor(std::string_view what) {
  return Error(ErrorCode::kIoError, "the system gives no thread for " + std::string(what))
      .WithRetry(Retry::kTransient)
      .WithHint(std::string(kHintForMoreThreads));
}

bool CanStartThreads(std::size_t count) {
  std::latch counted(1);
  const ThreadWork wait = [&counted](const std::stop_token&) { counted.wait(); };
  std::vector<std::jthread> held;
  held.reserve(count);  // what fails from here on would leave them waiting
  while (held.size() < count) {
    auto thread = TryStartThread(wait);
    if (!thread) break;
    held.push_back(*std::move(thread));
  }
  counted.count_down();
  return held.size() == count;
}

}  // namespace dbstow::io
