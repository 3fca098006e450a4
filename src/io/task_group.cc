#include "io/task_group.h"

namespace dbstow::io {

TaskGroup::TaskGroup(const OperationContext& parent)
    : on_parent_(parent.stop, Forward{&source_}), context_(parent) {
  context_.stop = source_.get_token();
}

TaskGroup::~TaskGroup() { source_.request_stop(); }

void TaskGroup::Start(std::function<Result<void>()> task) {
  if (TryStart(std::move(task)) == Outcome::kRuns || !threads_.empty()) return;
  Fail(NoThreadFor("work that takes one of its own"));
  (*left_.back())({});
  left_.pop_back();
}

void TaskGroup::Share(std::function<Result<void>()> task) { TryStart(std::move(task)); }

TaskGroup::Outcome TaskGroup::TryStart(std::function<Result<void>()> task) {
  tasks_.emplace_back([this, work = std::move(task)](const std::stop_token&) {
    try {
      auto done = work();
      if (!done) Fail(std::move(done).error());
    } catch (...) {
      Fail(CaughtError());
    }
  });
  auto thread = TryStartThread(tasks_.back());
  if (!thread) {
    left_.push_back(&tasks_.back());
    return Outcome::kHasNoThread;
  }
  threads_.push_back(*std::move(thread));
  return Outcome::kRuns;
}

void TaskGroup::Fail(Error error) {
  {
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = std::move(error);
  }
  source_.request_stop();
}

Result<void> TaskGroup::Wait() {
  for (const ThreadWork* task : left_) (*task)({});
  left_.clear();
  for (std::jthread& thread : threads_) thread.join();
  threads_.clear();
  const std::scoped_lock lock(mutex_);
  if (failure_) return *failure_;
  return {};
}

}  // namespace dbstow::io
