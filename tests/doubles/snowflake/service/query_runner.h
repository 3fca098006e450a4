#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "dbstow/core/result.h"
#include "doubles/snowflake/service/engine.h"
#include "doubles/snowflake/service/faults.h"

namespace dbstow::doubles::snowflake {

/// A text that a client sent, running or done. `mutex` guards what is below it.
struct QueryJob {
  std::string id;
  std::string request_id;
  std::string text;
  std::shared_ptr<Session> session;
  std::stop_source stop;
  std::jthread thread;  ///< touched by the runner alone

  std::mutex mutex;
  std::condition_variable_any changed;
  bool done = false;
  std::optional<Error> error;
  std::shared_ptr<const ResultSet> result;  ///< of the only statement
  std::vector<std::string> statement_ids;   ///< of several statements, one each
};

struct QuerySubmission {
  std::shared_ptr<Session> session;
  std::string text;
  std::map<int, Value> bindings;
  std::string request_id;
  std::string tag;
  int statement_count = 1;  ///< 0: any number
  std::optional<int64_t> timeout_seconds;
};

/// Runs texts in threads of their own, so that a client can ask again, poll and cancel.
/// Thread-safe.
class QueryRunner {
 public:
  QueryRunner(Engine& engine, Faults& faults) : engine_(engine), faults_(faults) {}
  ~QueryRunner() { Stop(); }
  QueryRunner(const QueryRunner&) = delete;
  QueryRunner& operator=(const QueryRunner&) = delete;

  /// Called after each statement with the session as it is then.
  void OnSessionChanged(std::function<void(const Session&)> callback) {
    session_changed_ = std::move(callback);
  }
  [[nodiscard]] std::shared_ptr<QueryJob> Submit(QuerySubmission submission);
  /// True when the job was done before the time was over.
  [[nodiscard]] static bool Wait(QueryJob& job, std::chrono::milliseconds most,
                                 std::stop_token stop);
  [[nodiscard]] std::shared_ptr<QueryJob> Find(const std::string& query_id);
  [[nodiscard]] std::shared_ptr<QueryJob> FindByRequest(const std::string& request_id);
  /// Ends a running job as 000604. False when there is none of that id that still runs.
  bool Cancel(const std::string& query_id);
  /// While true, what statements wait for is over at once, also for those that wait already.
  void EndWaits(bool end);
  /// How many texts run now.
  [[nodiscard]] std::size_t running();
  void Stop();

 private:
  void LetGoOfOldJobs();
  void Run(QueryJob& job, const QuerySubmission& submission, std::stop_token stop);
  [[nodiscard]] Result<void> RunAll(QueryJob& job, const QuerySubmission& submission,
                                    const std::stop_token& stop);
  [[nodiscard]] Result<void> Pause(const Statement& statement, const QuerySubmission& submission,
                                   const std::stop_token& stop);

  Engine& engine_;
  Faults& faults_;
  std::function<void(const Session&)> session_changed_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<QueryJob>> jobs_;
  std::map<std::string, std::string> ids_by_request_;
  std::deque<std::string> order_;  ///< ids of jobs whose threads are not joined yet
  std::mutex waits_mutex_;
  std::condition_variable_any waits_changed_;
  bool waits_end_ = false;
};

}  // namespace dbstow::doubles::snowflake
