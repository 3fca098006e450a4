#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "dbstow/core/result.h"
#include "doubles/snowflake/exec/execution.h"
#include "doubles/snowflake/model/state_file.h"
#include "doubles/snowflake/service/virtual_clock.h"

namespace dbstow::doubles::snowflake {

struct EngineOptions {
  std::string folder;
  Edition edition = Edition::kEnterprise;
  AccountFacts facts;
  std::string admin_password = "admin-password";
};

/// What a statement is run with besides its text.
struct StatementRequest {
  const Statement& statement;
  const std::map<int, Value>& bindings;
  std::string query_id;
  std::string request_id;
  std::string tag;  ///< QUERY_TAG for this statement alone; empty: the session's
  std::function<Result<void>(const std::string&)> cancel_query;
};

/// The account: catalogue, history, sessions and clock, behind one lock. A statement is run whole
/// under it, so statements follow each other. Thread-safe.
class Engine {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Engine>> Open(EngineOptions options,
                                                            std::unique_ptr<StageStore> stages);

  /// Runs one statement in a session; commits what it changed together with its record. Returns
  /// after that is durable.
  [[nodiscard]] Result<std::shared_ptr<const ResultSet>> Run(Session& session,
                                                             const StatementRequest& request);
  /// Records a text that was no statement, or that was stopped before it began.
  void RecordFailure(const Session& session, const std::string& query_id, const std::string& text,
                     const Error& error);

  /// Runs `work` under the lock with the parts that it may read and change.
  struct Parts {
    Catalog& catalog;
    QueryLog& log;
    StateFile& file;
    VirtualClock& clock;
    StageStore& stages;
  };
  template <class Work>
  auto Locked(Work work) {
    const std::lock_guard lock(mutex_);
    Parts parts{*catalog_, *log_, *file_, clock_, *stages_};
    return work(parts);
  }

  [[nodiscard]] const AccountFacts& facts() const { return options_.facts; }
  /// A query id that no other statement has: ids of one server grow.
  [[nodiscard]] std::string NewQueryId();
  [[nodiscard]] Nanos Now();

 private:
  Engine(EngineOptions options, std::unique_ptr<StateFile> file, std::unique_ptr<StageStore> stages)
      : options_(std::move(options)), file_(std::move(file)), stages_(std::move(stages)) {}
  [[nodiscard]] Result<void> Load();
  [[nodiscard]] Result<void> MakeAdmin();
  [[nodiscard]] QueryRecord StartRecord(const Session& session, const StatementRequest& request);

  const EngineOptions options_;
  std::mutex mutex_;
  std::unique_ptr<StateFile> file_;
  std::unique_ptr<StageStore> stages_;
  VirtualClock clock_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<QueryLog> log_;
  uint64_t next_query_ = 1;
};

}  // namespace dbstow::doubles::snowflake
