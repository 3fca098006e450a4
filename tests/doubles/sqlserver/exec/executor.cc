#include "doubles/sqlserver/exec/executor.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/operation.h"
#include "doubles/sqlserver/model/journal.h"
#include "doubles/sqlserver/sql/parser.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr int kDeepestNesting = 32;
constexpr auto kLockPoll = std::chrono::milliseconds(20);

// Errors after which the rest of the batch does not run.
constexpr std::array kBatchErrors{208,  207, 209,  245, 241, 911, 916, 1205, 4104, 8114,
                                  8134, 137, 2812, 195, 102, 156, 927, 924,  942,  3930};

bool EndsBatch(int number) {
  return std::find(kBatchErrors.begin(), kBatchErrors.end(), number) != kBatchErrors.end();
}

}  // namespace

bool Executor::Batch(const std::string& sql, const std::vector<Parameter>& parameters) {
  for (const Parameter& parameter : parameters) {
    variables_[ToLower(parameter.name)] = parameter.value;
  }
  SqlResult<std::vector<Statement>> parsed = ParseBatch(sql);
  if (!parsed) {
    session_.last_error = parsed.error().number;
    sink_.Message(parsed.error(), std::max(parsed.error().line, 1));
    sink_.Done({0, false, 0, true});
    return false;
  }
  return RunAll(*parsed) != Flow::kAbort;
}

bool Executor::Transaction(const TransactionStatement& statement) {
  Statement wrapped;
  wrapped.line = 1;
  wrapped.body = statement;
  return RunOne(wrapped) != Flow::kAbort;
}

Executor::Flow Executor::RunAll(const std::vector<Statement>& statements) {
  for (const Statement& statement : statements) {
    const Flow flow = RunOne(statement);
    if (flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

Executor::Flow Executor::RunOne(const Statement& statement) {
  if (interruption_.Interrupted()) return Flow::kAbort;
  if (std::holds_alternative<ReturnStatement>(statement.body)) return Flow::kReturn;
  if (const auto* block = std::get_if<BlockStatement>(&statement.body)) {
    return RunAll(block->body);
  }
  if (const auto* exec = std::get_if<ExecStatement>(&statement.body)) {
    return RunExec(*exec, statement.line);
  }
  if (const auto* branch = std::get_if<IfStatement>(&statement.body)) {
    SqlResult<bool> truth = true;
    {
      lock_ = std::unique_lock(engine_.instance().mutex());
      engine_.functions().Enter(&session_);
      QueryCompiler compiler(*this);
      truth = compiler.Test(*branch->condition);
      lock_.unlock();
    }
    if (!truth) return Fail(truth.error(), statement.line);
    return RunAll(*truth ? branch->then : branch->otherwise);
  }
  OutcomeOr outcome = RunLocked(statement);
  if (!outcome) return Fail(outcome.error(), statement.line);
  session_.last_error = 0;
  Say(*outcome);
  return Flow::kNext;
}

SqlResult<void> Executor::SufferAtOnce(const std::string& kind) {
  if (!session_.fault) return {};
  const bool later = session_.fault->at_percent > 0 && ShowsPercent(kind);
  if (later) return {};
  const SqlResult<void> suffered =
      Suffer({engine_, session_, sink_, interruption_, lock_}, *session_.fault);
  const bool wraps = kind.starts_with("BACKUP ") || kind.starts_with("RESTORE ");
  if (suffered || suffered.error().number == 0 || !wraps) return suffered;
  sink_.Message(suffered.error(), 1);
  return Abnormal(kind);
}

Executor::OutcomeOr Executor::RunLocked(const Statement& statement) {
  lock_ = std::unique_lock(engine_.instance().mutex());
  const std::string kind = KindOf(statement);
  session_.fault = engine_.faults.Strike(kind);
  if (const SqlResult<void> suffered = SufferAtOnce(kind); !suffered) {
    lock_.unlock();
    return suffered.error();
  }
  while (true) {
    engine_.functions().Enter(&session_);
    OutcomeOr outcome = Dispatch(statement);
    for (; temporary_tables_ > 0; --temporary_tables_) {
      // A table that could not be dropped is replaced by the next of its name.
      static_cast<void>(
          store().Run("DROP TABLE IF EXISTS temp.v" + std::to_string(temporary_tables_)));
    }
    const bool blocked = !outcome && outcome.error().number == kBlocked;
    if (blocked) {
      SqlResult<void> waited = WaitFor(outcome.error().state);
      if (waited) continue;
      outcome = std::move(waited).error();
    }
    const bool failed = !outcome && outcome.error().severity > 10;
    const bool victim = failed && outcome.error().number == 1205;
    if (victim || (failed && session_.abort_on_error && session_.transaction.depth > 0)) {
      DBSTOW_TRY(engine_.RollbackTransaction(session_));
    }
    lock_.unlock();
    return outcome;
  }
}

Executor::OutcomeOr Executor::Dispatch(const Statement& statement) {
  return std::visit(
      [this](const auto& body) -> OutcomeOr {
        if constexpr (requires { Execute(body); }) {
          return Execute(body);
        } else {
          return SqlError{40510, 16, "This statement cannot run here."};
        }
      },
      statement.body);
}

SqlResult<void> Executor::WaitFor(int holder) {
  if (!engine_.locks.StartWaiting(session_.id, holder)) {
    return SqlError{1205, 13,
                    "Transaction (Process ID " + std::to_string(session_.id) +
                        ") was deadlocked on lock resources with another process and has been "
                        "chosen as the deadlock victim. Rerun the transaction."};
  }
  session_.wait_type = "LCK_M_X";
  const auto start = std::chrono::steady_clock::now();
  SqlResult<void> outcome;
  while (engine_.Holds(holder)) {
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    if (session_.lock_timeout_ms >= 0 && waited.count() >= session_.lock_timeout_ms) {
      outcome = SqlError{1222, 16, "Lock request time out period exceeded.", 45};
      break;
    }
    if (interruption_.Interrupted()) {
      outcome = SqlError{0, 11, "Operation cancelled by user."};
      break;
    }
    engine_.instance().released().wait_for(lock_, kLockPoll);
  }
  session_.wait_type.clear();
  engine_.locks.StopWaiting(session_.id);
  return outcome;
}

void Executor::Say(const Outcome& outcome) {
  for (const SqlError& message : outcome.messages) sink_.Message(message, 1);
  if (outcome.has_rows) {
    sink_.Columns(outcome.columns);
    for (const Row& row : outcome.rows) sink_.Row(row);
  }
  if (outcome.completion.counted) {
    session_.row_count = static_cast<std::int64_t>(outcome.completion.rows);
  }
  if (outcome.silent) return;
  Completion completion = outcome.completion;
  if (session_.no_count) completion.counted = false;
  sink_.Done(completion);
}

Executor::Flow Executor::Fail(const SqlError& error, int line) {
  // Number 0 stands for an interruption, which the connection answers.
  if (error.number == 0) return Flow::kAbort;
  session_.last_error = error.number;
  sink_.Message(error, error.line > 0 ? error.line : line);
  sink_.Done({0, false, 0, true});
  if (error.severity >= 20) session_.killed = true;
  const bool aborts = EndsBatch(error.number) || error.severity >= 19 || session_.abort_on_error;
  return aborts ? Flow::kAbort : Flow::kNext;
}

SqlResult<void> Executor::Work(const std::function<SqlResult<void>()>& change) {
  UnitOfWork work(engine_.instance());
  DBSTOW_TRY(change());
  return work.Commit();
}

SqlResult<void> Executor::AwaitResume(int database) const {
  const auto& suspended = engine_.instance().suspended;
  const auto found = suspended.find(database);
  if (found == suspended.end()) return {};
  return SqlError{kBlocked, 16, "", found->second.session};
}

SqlResult<void> Executor::Logged(int database,
                                 const std::function<SqlResult<void>(std::int64_t)>& change) {
  SessionTransaction& transaction = session_.transaction;
  DBSTOW_TRY(AwaitResume(database));
  if (session_.implicit_transactions && transaction.depth == 0) transaction.depth = 1;
  const std::map<int, std::int64_t> parts = transaction.parts;
  SqlResult<void> outcome = Work([&]() -> SqlResult<void> {
    Journal journal(engine_.instance(), database);
    const bool own = transaction.depth == 0;
    const auto known = transaction.parts.find(database);
    std::int64_t part = known == transaction.parts.end() ? 0 : known->second;
    if (part == 0) {
      DBSTOW_ASSIGN(part, journal.BeginTransaction(transaction.mark));
      if (!own) transaction.parts[database] = part;
    }
    DBSTOW_TRY(change(part));
    if (!own) return {};
    DBSTOW_TRY(journal.Commit(part));
    return journal.TruncateIfSimple();
  });
  if (!outcome) transaction.parts = parts;
  return outcome;
}

}  // namespace dbstow::doubles::sqlserver
