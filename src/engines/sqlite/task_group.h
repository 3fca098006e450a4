#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "dbstow/core/operation_context.h"

namespace dbstow::sqlite {

/// The threads of one operation, which end as a whole: the first that fails stops the others.
/// Destroying it stops and joins them.
class TaskGroup {
 public:
  explicit TaskGroup(const OperationContext& outer);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();

  /// The operation's context, whose stop token also tells that a task has failed.
  [[nodiscard]] const OperationContext& context() const { return inner_; }
  void Start(std::function<Result<void>()> task);
  /// Waits for all tasks; the first error, if any.
  [[nodiscard]] Result<void> Join();

 private:
  void Fail(Error error);

  struct RequestStop {
    std::stop_source source;
    void operator()() { source.request_stop(); }
  };

  std::stop_source stop_;
  std::stop_callback<RequestStop> forward_;
  OperationContext inner_;
  std::mutex mutex_;
  std::optional<Error> first_error_;
  std::vector<std::jthread> threads_;  // last: joined before what the tasks use goes
};

}  // namespace dbstow::sqlite
