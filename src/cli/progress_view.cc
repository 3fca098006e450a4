#include "cli/progress_view.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace dbstow::cli {
namespace {

constexpr double kNewest = 0.3;  // weight of the last interval in the average rate

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

std::optional<std::chrono::milliseconds> RemainingTime(const Progress& progress,
                                                       double bytes_per_second) {
  if (!progress.bytes_total || bytes_per_second < 1) return std::nullopt;
  if (*progress.bytes_total <= progress.bytes_done) return std::nullopt;
  const auto left = static_cast<double>(*progress.bytes_total - progress.bytes_done);
  const double seconds = std::min(left / bytes_per_second, 1e9);
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

ProgressView::ProgressView(Output& output, Duration pace) : output_(output), pace_(pace) {
  try {
    watcher_ = std::jthread([this](const std::stop_token& stop) { Watch(stop); });
  } catch (const std::system_error&) {
    // No thread can be had: the work goes on unseen.
  }
}

void ProgressView::Report(const Progress& progress) {
  const std::scoped_lock lock(mutex_);
  latest_ = progress;
}

ProgressState ProgressView::Measure(const Progress& progress, Duration passed) {
  if (progress.phase != phase_ || progress.bytes_done < bytes_before_) {
    phase_ = progress.phase;
    rate_ = 0;
    bytes_before_ = std::min(bytes_before_, progress.bytes_done);
  }
  const double now =
      static_cast<double>(progress.bytes_done - bytes_before_) / std::max(Seconds(passed), 1e-3);
  rate_ = rate_ == 0 ? now : rate_ * (1 - kNewest) + now * kNewest;
  bytes_before_ = progress.bytes_done;
  return {progress, rate_, RemainingTime(progress, rate_)};
}

void ProgressView::Watch(const std::stop_token& stop) {
  auto before = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, pace_, [] { return false; }) && !stop.stop_requested()) {
    if (!latest_) continue;
    const Progress progress = *std::exchange(latest_, std::nullopt);
    lock.unlock();
    const auto now = std::chrono::steady_clock::now();
    output_.ShowProgress(Measure(progress, now - before));
    before = now;
    lock.lock();
  }
}

}  // namespace dbstow::cli
