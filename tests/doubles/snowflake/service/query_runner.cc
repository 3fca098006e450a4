#include "doubles/snowflake/service/query_runner.h"

#include <algorithm>

#include "doubles/snowflake/sql/parser.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

using std::chrono::milliseconds;

Error Canceled() { return SqlError(codes::kCanceled, "SQL execution canceled"); }

// SELECT SYSTEM$WAIT(n [, 'MILLISECONDS']): how long a statement takes before it does anything.
milliseconds WaitOf(const Statement& statement) {
  const auto* select = std::get_if<SelectStatement>(&statement.body);
  if (select == nullptr) return {};
  milliseconds total{};
  for (const SelectItem& item : select->items) {
    const Expression& call = item.expression;
    if (call.kind != ExpressionKind::kCall || call.text != "SYSTEM$WAIT" || call.arguments.empty())
      continue;
    const auto* amount = std::get_if<Decimal>(&call.arguments[0].value);
    if (amount == nullptr) continue;
    const bool in_milliseconds =
        call.arguments.size() > 1 && ToText(call.arguments[1].value) == "MILLISECONDS";
    const double seconds = ToDouble(*amount) / (in_milliseconds ? 1000 : 1);
    total += milliseconds(static_cast<int64_t>(std::min(seconds, 86400.0) * 1000));
  }
  return total;
}

}  // namespace

std::shared_ptr<QueryJob> QueryRunner::Submit(QuerySubmission submission) {
  auto job = std::make_shared<QueryJob>();
  job->id = engine_.NewQueryId();
  job->request_id = submission.request_id;
  job->text = submission.text;
  job->session = submission.session;
  const std::lock_guard lock(mutex_);
  LetGoOfOldJobs();
  jobs_[job->id] = job;
  order_.push_back(job->id);
  ids_by_request_[job->request_id] = job->id;
  job->thread = std::jthread([this, raw = job.get(), submission = std::move(submission)]() {
    Run(*raw, submission, raw->stop.get_token());
  });
  return job;
}

// A finished thread holds its stack until it is joined; a finished job is only remembered for a
// while.
void QueryRunner::LetGoOfOldJobs() {
  constexpr size_t kThreadsKept = 64;
  constexpr size_t kJobsKept = 2000;
  for (size_t at = 0; order_.size() > kThreadsKept && at < order_.size();) {
    const auto found = jobs_.find(order_[at]);
    bool done = true;
    if (found != jobs_.end()) {
      const std::lock_guard lock(found->second->mutex);
      done = found->second->done;
    }
    if (!done) {
      ++at;
      continue;
    }
    if (found != jobs_.end() && found->second->thread.joinable()) found->second->thread.join();
    order_.erase(order_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  // Ids grow, so the map begins with the oldest.
  while (jobs_.size() > kJobsKept && !jobs_.begin()->second->thread.joinable()) {
    ids_by_request_.erase(jobs_.begin()->second->request_id);
    jobs_.erase(jobs_.begin());
  }
}

void QueryRunner::Run(QueryJob& job, const QuerySubmission& submission, std::stop_token stop) {
  const auto ended = RunAll(job, submission, stop);
  if (session_changed_) session_changed_(*submission.session);
  const std::lock_guard lock(job.mutex);
  if (!ended) job.error = ended.error();
  job.done = true;
  job.changed.notify_all();
}

Result<void> QueryRunner::RunAll(QueryJob& job, const QuerySubmission& submission,
                                 const std::stop_token& stop) {
  const auto fail = [&](const Error& error) {
    engine_.RecordFailure(*submission.session, job.id, submission.text, error);
    return error;
  };
  const auto statements = Parse(submission.text);
  if (!statements) return fail(statements.error());
  const auto count = static_cast<int>(statements->size());
  if (submission.statement_count != 0 && submission.statement_count != count) {
    return fail(SqlError(codes::kStatementCount, "Actual statement count " + std::to_string(count) +
                                                     " did not match the desired statement count " +
                                                     std::to_string(submission.statement_count) +
                                                     "."));
  }
  for (const Statement& statement : *statements) {
    const std::string id = count == 1 ? job.id : engine_.NewQueryId();
    const auto paused = Pause(statement, submission, stop);
    if (!paused) return fail(paused.error());
    const StatementRequest request{statement,
                                   submission.bindings,
                                   id,
                                   submission.request_id,
                                   submission.tag,
                                   [this](const std::string& other) -> Result<void> {
                                     if (Cancel(other)) return {};
                                     return SqlError(
                                         codes::kInvalidArgument,
                                         "Identifier [" + other + "] is not a running query.");
                                   }};
    DBSTOW_ASSIGN(auto result, engine_.Run(*submission.session, request));
    const std::lock_guard lock(job.mutex);
    if (count == 1) {
      job.result = std::move(result);
    } else {
      job.statement_ids.push_back(id);
    }
  }
  return {};
}

Result<void> QueryRunner::Pause(const Statement& statement, const QuerySubmission& submission,
                                const std::stop_token& stop) {
  const milliseconds wanted = WaitOf(statement) + faults_.TakeSlowness();
  int64_t timeout = std::strtoll(
      submission.session->Parameter("STATEMENT_TIMEOUT_IN_SECONDS", "172800").c_str(), nullptr, 10);
  if (submission.timeout_seconds) timeout = *submission.timeout_seconds;
  // 0 means the most there is, a week.
  if (timeout <= 0 || timeout > 604800) timeout = 604800;
  const milliseconds most = std::chrono::seconds(timeout);
  std::unique_lock lock(waits_mutex_);
  const bool ended =
      waits_changed_.wait_for(lock, stop, std::min(wanted, most), [this] { return waits_end_; });
  if (stop.stop_requested()) return Canceled();
  if (!ended && wanted > most) {
    return SqlError(codes::kTimedOut, "Statement reached its statement or warehouse timeout of " +
                                          std::to_string(timeout) + " second(s) and was canceled.");
  }
  return {};
}

bool QueryRunner::Wait(QueryJob& job, std::chrono::milliseconds most, std::stop_token stop) {
  std::unique_lock lock(job.mutex);
  return job.changed.wait_for(lock, std::move(stop), most, [&] { return job.done; });
}

std::shared_ptr<QueryJob> QueryRunner::Find(const std::string& query_id) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(query_id);
  return found == jobs_.end() ? nullptr : found->second;
}

std::shared_ptr<QueryJob> QueryRunner::FindByRequest(const std::string& request_id) {
  const std::lock_guard lock(mutex_);
  const auto found = ids_by_request_.find(request_id);
  if (found == ids_by_request_.end()) return nullptr;
  const auto job = jobs_.find(found->second);
  return job == jobs_.end() ? nullptr : job->second;
}

bool QueryRunner::Cancel(const std::string& query_id) {
  const auto job = Find(query_id);
  if (job == nullptr) return false;
  {
    const std::lock_guard lock(job->mutex);
    if (job->done) return false;
  }
  job->stop.request_stop();
  return true;
}

void QueryRunner::EndWaits(bool end) {
  const std::lock_guard lock(waits_mutex_);
  waits_end_ = end;
  waits_changed_.notify_all();
}

std::size_t QueryRunner::running() {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(jobs_.begin(), jobs_.end(), [](const auto& entry) {
    const std::lock_guard job_lock(entry.second->mutex);
    return !entry.second->done;
  }));
}

void QueryRunner::Stop() {
  std::map<std::string, std::shared_ptr<QueryJob>> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs.swap(jobs_);
  }
  for (const auto& [id, job] : jobs) job->stop.request_stop();
  for (const auto& [id, job] : jobs) {
    if (job->thread.joinable()) job->thread.join();
  }
}

}  // namespace dbstow::doubles::snowflake
