#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engines/postgres/pg_session.h"
#include "io/task_group.h"

namespace dbstow::postgres {

/// One step of a restore that runs in a session of its own.
struct GraphTask {
  std::string what;  ///< "fill table x", put before its errors; empty when they say it themselves
  std::uint64_t weight = 0;        ///< the heaviest that can run runs first
  std::vector<std::size_t> after;  ///< tasks that must be done before
  std::set<std::uint32_t> shares;  ///< tables that it may use together with other sharers
  std::set<std::uint32_t> locks;   ///< tables that it must have alone
  std::function<Result<void>(PgSession&)> run;
};

/// Runs tasks in several sessions at once, in an order that their dependencies allow, and never two
/// that would wait for each other's table locks. A task that the server refused because of a
/// deadlock is run again, alone, at the end.
class TaskGraph {
 public:
  /// Returns the number by which other tasks can name it.
  std::size_t Add(GraphTask task);
  [[nodiscard]] std::size_t size() const { return tasks_.size(); }

  using OpenSession = std::function<Result<std::unique_ptr<PgSession>>(const OperationContext&)>;
  /// Returns when all is done or one has failed. Errors: of the tasks; Internal for a cycle.
  [[nodiscard]] Result<void> Run(std::size_t jobs, const OpenSession& open,
                                 const OperationContext& context);
  /// For a running task: whether another session will have work when this one is at it.
  [[nodiscard]] bool OthersAreReady();

 private:
  struct State {
    std::size_t waiting_for = 0;
    std::vector<std::size_t> dependents;
  };
  void Prepare();
  Result<void> Work(const OpenSession& open, const OperationContext& context);
  [[nodiscard]] std::optional<std::size_t> PickLocked();
  [[nodiscard]] bool IsFree(const GraphTask& task) const;
  void FinishLocked(std::size_t number);
  void MakeReady(std::size_t number);
  Result<void> RunOne(PgSession& session, std::size_t number);

  std::vector<GraphTask> tasks_;
  std::vector<State> states_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  /// By weight, the heaviest first, then in the order in which they were added.
  std::set<std::pair<std::uint64_t, std::size_t>> ready_;
  std::multiset<std::uint32_t> shared_;
  std::set<std::uint32_t> locked_;
  std::vector<std::size_t> again_;
  std::size_t running_ = 0;
  std::size_t done_ = 0;
};

}  // namespace dbstow::postgres
