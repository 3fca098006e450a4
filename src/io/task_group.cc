#include "io/task_group.h"

namespace dbstow::io {

TaskGroup::TaskGroup(const OperationContext& parent)
    : on_parent_(parent.stop, Forward{&source_}), context_(parent) {
  context_.stop = source_.get_token();
}

TaskGroup::~TaskGroup() { source_.request_stop(); }

void TaskGroup::Start(std::function<Result<void>()> task) {
  threads_.emplace_back([this, work = std::move(task)] {
    auto done = work();
    if (!done) Fail(std::move(done).error());
  });
}

void TaskGroup::Fail(Error error) {
  {
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = std::move(error);
  }
  source_.request_stop();
}

Result<void> TaskGroup::Wait() {
  for (std::jthread& thread : threads_) thread.join();
  threads_.clear();
  const std::scoped_lock lock(mutex_);
  if (failure_) return *failure_;
  return {};
}

}  // namespace dbstow::io
