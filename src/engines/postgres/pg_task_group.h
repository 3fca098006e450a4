#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "dbstow/core/operation_context.h"

namespace dbstow::postgres {

/// Threads that work on one thing: the first failure stops the others, and is what `Wait` returns.
/// Stopping the parent context stops them too. The destructor stops and joins.
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
  std::vector<std::jthread> threads_;
};

/// Work that threads take from, until it is closed and empty. Thread-safe.
template <class Work>
class WorkQueue {
 public:
  void Push(Work work) {
    {
      const std::scoped_lock lock(mutex_);
      items_.push_back(std::move(work));
    }
    changed_.notify_one();
  }
  /// Nothing will be pushed any more.
  void Close() {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }
  /// First in, first out; waits. Nothing when closed and empty, or stopped.
  [[nodiscard]] std::optional<Work> Pop(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, std::move(stop), [this] { return closed_ || next_ < items_.size(); });
    if (next_ >= items_.size()) return std::nullopt;
    return std::move(items_[next_++]);
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Work> items_;
  std::size_t next_ = 0;
  bool closed_ = false;
};

}  // namespace dbstow::postgres
