#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <thread>

#include "dbstow/core/error.h"

namespace dbstow::io {

using ThreadWork = std::function<void(const std::stop_token& stop)>;

/// Runs `work`, which must outlive the thread, in a thread of its own. None when the system gives
/// no thread now: `ulimit -u`, the limit of a cgroup, memory for its stack.
[[nodiscard]] std::optional<std::jthread> TryStartThread(const ThreadWork& work);
void TryStartThread(ThreadWork&& work) = delete;  // it would be gone before its thread

/// What helps where the system gives no more threads or processes.
inline constexpr std::string_view kHintForMoreThreads =
    "raise the limit of processes (ulimit -u, that of the cgroup or container) or of memory "
    "(ulimit -v)";

/// That none was given, to what cannot do without. Transient.
[[nodiscard]] Error NoThreadFor(std::string_view what);

/// Whether so many threads can be had at this moment; starts and ends them.
[[nodiscard]] bool CanStartThreads(std::size_t count);

}  // namespace dbstow::io
