#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "cli/output.h"
#include "dbstow/core/clock.h"

namespace dbstow::cli {

/// What is left of an operation that has come this far in this time; none while that is a guess.
[[nodiscard]] std::optional<std::chrono::milliseconds> RemainingTime(const Progress& progress,
                                                                     double bytes_per_second);

/// Takes progress from any thread at any rate and shows the latest at a steady pace. Shows nothing
/// any more once destroyed, nor where the system has no thread for it.
class ProgressView final : public ProgressSink {
 public:
  ProgressView(Output& output, Duration pace);
  void Report(const Progress& progress) override;

 private:
  void Watch(const std::stop_token& stop);
  [[nodiscard]] ProgressState Measure(const Progress& progress, Duration passed);

  Output& output_;
  const Duration pace_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<Progress> latest_;
  std::string phase_;
  std::uint64_t bytes_before_ = 0;
  double rate_ = 0;
  std::jthread watcher_;  // last: ends before what it uses
};

}  // namespace dbstow::cli
