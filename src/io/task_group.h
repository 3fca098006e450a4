#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "dbstow/core/operation_context.h"

namespace dbstow::io {

/// Threads that work on one thing: the first failure stops the others, and is what `Wait` returns.
/// Stopping the parent context stops them too. The destructor stops and joins. `Start` and `Wait`
/// belong to one thread, the rest to any.
class TaskGroup {
 public:
  explicit TaskGroup(const OperationContext& parent);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// For the tasks: as the parent, but stopped when one of them fails.
  [[nodiscard]] const OperationContext& context() const { return context_; }
  void Start(std::function<Result<void>()> task);
  /// Stops the others and makes `error` the outcome, unless there is one already.
  void Fail(Error error);
  /// Joins all tasks.
  [[nodiscard]] Result<void> Wait();

 private:
  struct Forward {
    std::stop_source* source;
    void operator()() const { source->request_stop(); }
  };
  std::stop_source source_;
  std::stop_callback<Forward> on_parent_;
  OperationContext context_;
  std::mutex mutex_;
  std::optional<Error> failure_;
  std::vector<std::jthread> threads_;  // last: joined before what the tasks use goes
};

}  // namespace dbstow::io
