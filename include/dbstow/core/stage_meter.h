#pragma once

#include <array>
#include <atomic>
#include <string_view>

#include "dbstow/core/clock.h"

namespace dbstow {

/// What happens to bytes on their way: read from a database or a repository, compressed and
/// encrypted, kept, written to a database or a file.
enum class Stage { kSource, kCompress, kStore, kTarget };

/// "source", "compress", "store", "target".
[[nodiscard]] std::string_view ToString(Stage stage);

/// Tells which stage the others wait for. Workers that take bytes through one stage after another
/// add the time that each took; over all workers, the one that took most of it is the slowest.
/// Thread-safe.
class StageMeter {
 public:
  void Add(Stage stage, Duration took);
  /// Empty before anything was added.
  [[nodiscard]] std::string_view Slowest() const;

 private:
  static constexpr std::size_t kStages = 4;
  std::array<std::atomic<Duration::rep>, kStages> took_{};
};

/// Adds the time until its end to a stage.
class StageTimer {
 public:
  StageTimer(StageMeter& meter, Stage stage, Clock& clock)
      : meter_(meter), stage_(stage), clock_(clock), began_(clock.MonotonicNow()) {}
  ~StageTimer() { meter_.Add(stage_, clock_.MonotonicNow() - began_); }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  StageMeter& meter_;
  const Stage stage_;
  Clock& clock_;
  const Monotonic began_;
};

}  // namespace dbstow
