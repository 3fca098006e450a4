#include "doubles/snowflake/service/engine.h"

#include <algorithm>
#include <array>

#include "doubles/snowflake/exec/executor.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {

Result<std::unique_ptr<Engine>> Engine::Open(EngineOptions options,
                                             std::unique_ptr<StageStore> stages) {
  DBSTOW_ASSIGN(auto file, StateFile::Open(options.folder + "/state.sqlite"));
  std::unique_ptr<Engine> engine(
      new Engine(std::move(options), std::move(file), std::move(stages)));
  DBSTOW_TRY(engine->Load());
  return engine;
}

Result<void> Engine::Load() {
  DBSTOW_ASSIGN(const auto values, file_->LoadValues("clock"));
  if (const auto offset = values.find("clock"); offset != values.end()) {
    clock_.Restore(std::strtoll(offset->second.c_str(), nullptr, 10));
  }
  DBSTOW_ASSIGN(catalog_,
                Catalog::Open(*file_, options_.edition, VirtualClock::System() + clock_.offset()));
  if (!catalog_->commits().empty()) clock_.NotBefore(catalog_->commits().back().time);
  DBSTOW_ASSIGN(std::vector<QueryRecord> queries, file_->LoadQueries());
  // The last group of an id is its number; not every number has a record.
  for (const QueryRecord& query : queries) {
    const std::string number = query.id.substr(std::min<size_t>(24, query.id.size()));
    next_query_ = std::max<uint64_t>(next_query_, std::strtoull(number.c_str(), nullptr, 16) + 1);
  }
  log_ = std::make_unique<QueryLog>(std::move(queries));
  return MakeAdmin();
}

Result<void> Engine::MakeAdmin() {
  if (catalog_->FindChild(ObjectKind::kUser, kAccountId, "ADMIN") != nullptr) return {};
  Change change(*catalog_, clock_.Now());
  const Id role = change.FindChild(ObjectKind::kRole, kAccountId, "ACCOUNTADMIN")->id;
  Object& admin = change.Create(ObjectKind::kUser, kAccountId, "ADMIN", role);
  admin.detail = PrincipalDetail{{{"PASSWORD", options_.admin_password},
                                  {"LOGIN_NAME", "ADMIN"},
                                  {"DEFAULT_ROLE", "ACCOUNTADMIN"}},
                                 {role}};
  Object& warehouse = change.Create(ObjectKind::kWarehouse, kAccountId, "COMPUTE_WH", role);
  warehouse.detail = OptionDetail{{{"STATE", "STARTED"}, {"AUTO_RESUME", "TRUE"}}};
  return catalog_->Commit(std::move(change), QueryRecord{});
}

std::string Engine::NewQueryId() {
  const std::lock_guard lock(mutex_);
  std::array<char, 40> buffer{};
  const auto number = static_cast<unsigned long long>(next_query_++);
  const auto random = static_cast<unsigned>(std::hash<std::string>{}(options_.folder) & 0xFFFFU);
  std::snprintf(buffer.data(), buffer.size(), "01c0%04x-%04llx-%04x-0000-%012llx", random,
                (number >> 32U) & 0xFFFFU, random, number & 0xFFFFFFFFU);
  return buffer.data();
}

Nanos Engine::Now() {
  const std::lock_guard lock(mutex_);
  return clock_.Now();
}

QueryRecord Engine::StartRecord(const Session& session, const StatementRequest& request) {
  QueryRecord record;
  record.id = request.query_id;
  record.request_id = request.request_id;
  record.text = request.statement.text;
  record.type = QueryType(request.statement);
  record.session = session.id;
  const Object* user = catalog_->Find(session.user);
  const Object* role = catalog_->Find(session.role);
  record.user = user == nullptr ? "" : user->name();
  record.role = role == nullptr ? "" : role->name();
  record.warehouse = session.warehouse;
  record.database = session.database;
  record.schema = session.schema;
  record.tag = request.tag.empty() ? session.Parameter("QUERY_TAG") : request.tag;
  record.start = clock_.Now();
  record.before = catalog_->latest();
  record.after = record.before;
  return record;
}

Result<std::shared_ptr<const ResultSet>> Engine::Run(Session& session,
                                                     const StatementRequest& request) {
  const std::lock_guard lock(mutex_);
  QueryRecord& record = log_->Add(StartRecord(session, request));
  Change change(*catalog_, clock_.Now());
  Session next = session;
  const Execution execution{next,
                            change,
                            *log_,
                            *stages_,
                            options_.facts,
                            request.bindings,
                            request.query_id,
                            request.cancel_query};
  auto result = Execute(execution, request.statement);
  record.end = clock_.Now();
  session.last_query_id = request.query_id;
  if (!result) {
    record.status = QueryRecord::Status::kFailed;
    record.error_code = result.error().native() ? result.error().native()->code : "300002";
    record.error_message = result.error().message();
    DBSTOW_TRY(file_->SaveQuery(record));
    return result.error();
  }
  record.status = QueryRecord::Status::kSucceeded;
  record.rows = static_cast<int64_t>(result->rows.size());
  record.end = change.now();
  if (change.empty()) {
    DBSTOW_TRY(file_->SaveQuery(record));
  } else {
    record.after = change.version();
    auto committed = catalog_->Commit(std::move(change), record);
    if (!committed) {
      record.status = QueryRecord::Status::kFailed;
      record.after = record.before;
      return SqlError(codes::kInternal,
                      "Processing aborted by error: " + committed.error().message());
    }
  }
  next.last_query_id = request.query_id;
  session.TakeStatementState(std::move(next));
  auto kept = std::make_shared<const ResultSet>(std::move(*result));
  log_->KeepResult(request.query_id, kept);
  return kept;
}

void Engine::RecordFailure(const Session& session, const std::string& query_id,
                           const std::string& text, const Error& error) {
  const std::lock_guard lock(mutex_);
  const Statement nothing{SelectStatement{}, text};
  const std::map<int, Value> none;
  QueryRecord record = StartRecord(session, StatementRequest{nothing, none, query_id, "", "", {}});
  record.type = "UNKNOWN";
  record.end = record.start;
  const bool canceled = Is(error, codes::kCanceled);
  record.status = canceled ? QueryRecord::Status::kCanceled : QueryRecord::Status::kFailed;
  record.error_code = error.native() ? error.native()->code : "300002";
  record.error_message = error.message();
  static_cast<void>(file_->SaveQuery(log_->Add(std::move(record))));
}

}  // namespace dbstow::doubles::snowflake
