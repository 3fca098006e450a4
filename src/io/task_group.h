#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "dbstow/core/operation_context.h"
#include "io/thread_start.h"

namespace dbstow::io {

/// Threads that work on one thing: the first failure stops the others, and is what `Wait` returns.
/// An exception is such a failure. Stopping the parent context stops them too. The destructor stops
/// and joins. `Start`, `Share` and `Wait` belong to one thread, the rest to any.
///
/// Where the system gives no more threads, the tasks that have none are run by `Wait` in its own:
/// no task may wait for another.
class TaskGroup {
 public:
  explicit TaskGroup(const OperationContext& parent);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// For the tasks: as the parent, but stopped when one of them fails.
  [[nodiscard]] const OperationContext& context() const { return context_; }
  /// For what the caller works beside: the first task of a group that gets no thread is a failure,
  /// and runs at once, stopped, so that whoever awaits its end is told.
  void Start(std::function<Result<void>()> task);
  /// For what the caller only waits for.
  void Share(std::function<Result<void>()> task);
  /// Stops the others and makes `error` the outcome, unless there is one already.
  void Fail(Error error);
  /// Runs what has no thread, and joins all tasks.
  [[nodiscard]] Result<void> Wait();

 private:
  struct Forward {
    std::stop_source* source;
    void operator()() const { source->request_stop(); }
  };
  enum class Outcome { kRuns, kHasNoThread };
  Outcome TryStart(std::function<Result<void>()> task);

  std::stop_source source_;
  std::stop_callback<Forward> on_parent_;
  OperationContext context_;
  std::mutex mutex_;
  std::optional<Error> failure_;
  std::deque<ThreadWork> tasks_;         // which stay where they are
  std::vector<const ThreadWork*> left_;  // without a thread
  std::vector<std::jthread> threads_;    // last: joined before what the tasks use goes
};

}  // namespace dbstow::io
