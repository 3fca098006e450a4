#include "engines/sqlite/task_group.h"

namespace dbstow::sqlite {

TaskGroup::TaskGroup(const OperationContext& outer)
    : forward_(outer.stop, RequestStop{stop_}), inner_(outer) {
  inner_.stop = stop_.get_token();
}

TaskGroup::~TaskGroup() {
  if (!threads_.empty()) stop_.request_stop();
}

void TaskGroup::Start(std::function<Result<void>()> task) {
  threads_.emplace_back([this, run = std::move(task)] {
    if (auto result = run(); !result) Fail(std::move(result).error());
  });
}

Result<void> TaskGroup::Join() {
  threads_.clear();
  const std::scoped_lock lock(mutex_);
  if (first_error_) return *first_error_;
  return {};
}

void TaskGroup::Fail(Error error) {
  const std::scoped_lock lock(mutex_);
  if (!first_error_) first_error_ = std::move(error);
  stop_.request_stop();
}

}  // namespace dbstow::sqlite
