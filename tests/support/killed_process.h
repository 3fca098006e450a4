#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

namespace dbstow::test {

/// What a process that will be killed says, so that its parent knows how far it came.
class Teller {
 public:
  explicit Teller(int pipe) : pipe_(pipe) {}
  /// False when nobody listens any more.
  bool Tell() const;

 private:
  int pipe_;
};

/// When a process is killed: this long after it told something for the n-th time.
struct KillMoment {
  std::size_t tellings = 1;
  std::chrono::microseconds later{0};
};

/// Runs `work` in a process forked from this one, which must have one thread at that moment, and
/// kills it. Returns how often it told something. The process lives until it is killed, also when
/// `work` is over.
[[nodiscard]] std::size_t RunAndKill(const KillMoment& moment,
                                     const std::function<void(const Teller&)>& work);

}  // namespace dbstow::test
