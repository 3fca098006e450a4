#include "engines/postgres/pg_task_graph.h"

#include <algorithm>
#include <limits>

#include "engines/postgres/pg_errors.h"

namespace dbstow::postgres {
namespace {

bool IsDeadlock(const Error& error) { return error.native() && error.native()->code == "40P01"; }

}  // namespace

std::size_t TaskGraph::Add(GraphTask task) {
  tasks_.push_back(std::move(task));
  return tasks_.size() - 1;
}

void TaskGraph::Prepare() {
  states_.assign(tasks_.size(), {});
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    for (std::size_t before : tasks_[i].after) {
      states_[before].dependents.push_back(i);
      ++states_[i].waiting_for;
    }
  }
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (states_[i].waiting_for == 0) MakeReady(i);
  }
}

Result<void> TaskGraph::Run(std::size_t jobs, const OpenSession& open,
                            const OperationContext& context) {
  Prepare();
  io::TaskGroup group(context);
  for (std::size_t i = 0; i < std::min(jobs, tasks_.size()); ++i) {
    group.Share([this, &open, &group] { return Work(open, group.context()); });
  }
  DBSTOW_TRY(group.Wait());
  if (done_ + again_.size() < tasks_.size()) {
    return Error(ErrorCode::kInternal, "the steps of the restore wait for each other");
  }
  if (again_.empty()) return {};
  DBSTOW_ASSIGN(const auto session, open(context));
  for (std::size_t number : again_) {
    DBSTOW_TRY(tasks_[number].run(*session));
  }
  return {};
}

Result<void> TaskGraph::Work(const OpenSession& open, const OperationContext& context) {
  DBSTOW_ASSIGN(const auto session, open(context));
  std::unique_lock lock(mutex_);
  for (;;) {
    std::optional<std::size_t> number;
    changed_.wait(lock, context.stop, [&] {
      number = PickLocked();
      return number.has_value() || (ready_.empty() && running_ == 0);
    });
    if (!number) break;
    lock.unlock();
    DBSTOW_TRY(RunOne(*session, *number));
    lock.lock();
    FinishLocked(*number);
  }
  lock.unlock();
  changed_.notify_all();
  return context.CheckAlive("restoring");
}

Result<void> TaskGraph::RunOne(PgSession& session, std::size_t number) {
  auto done = tasks_[number].run(session);
  if (done) return {};
  if (!IsDeadlock(done.error())) {
    const std::string& what = tasks_[number].what;
    return what.empty() ? done.error() : Explain(done.error(), what);
  }
  const std::scoped_lock lock(mutex_);
  again_.push_back(number);
  --done_;  // counted when it is finished here, and again when it is run again
  return {};
}

bool TaskGraph::OthersAreReady() {
  const std::scoped_lock lock(mutex_);
  return !ready_.empty();
}

bool TaskGraph::IsFree(const GraphTask& task) const {
  const auto is_locked = [this](std::uint32_t table) { return locked_.contains(table); };
  const auto is_used = [this](std::uint32_t table) {
    return locked_.contains(table) || shared_.contains(table);
  };
  return std::ranges::none_of(task.shares, is_locked) && std::ranges::none_of(task.locks, is_used);
}

void TaskGraph::MakeReady(std::size_t number) {
  ready_.emplace(std::numeric_limits<std::uint64_t>::max() - tasks_[number].weight, number);
}

std::optional<std::size_t> TaskGraph::PickLocked() {
  const auto best = std::ranges::find_if(
      ready_, [this](const auto& each) { return IsFree(tasks_[each.second]); });
  if (best == ready_.end()) return std::nullopt;
  const std::size_t number = best->second;
  ready_.erase(best);
  ++running_;
  shared_.insert(tasks_[number].shares.begin(), tasks_[number].shares.end());
  locked_.insert(tasks_[number].locks.begin(), tasks_[number].locks.end());
  return number;
}

void TaskGraph::FinishLocked(std::size_t number) {
  --running_;
  ++done_;
  for (std::uint32_t table : tasks_[number].shares) shared_.erase(shared_.find(table));
  for (std::uint32_t table : tasks_[number].locks) locked_.erase(table);
  for (std::size_t dependent : states_[number].dependents) {
    if (--states_[dependent].waiting_for == 0) MakeReady(dependent);
  }
  changed_.notify_all();
}

}  // namespace dbstow::postgres
