#pragma once

#include <nlohmann/json_fwd.hpp>
#include <stop_token>
#include <string>

#include "doubles/snowflake/http/http_message.h"
#include "doubles/snowflake/service/faults.h"
#include "doubles/snowflake/service/query_runner.h"
#include "doubles/snowflake/service/service_options.h"
#include "doubles/snowflake/service/session_table.h"

namespace dbstow::doubles::snowflake {

/// The protocol that drivers speak: login, renewal, queries, polling, result chunks, cancel,
/// heartbeat, monitoring. Thread-safe.
class SessionProtocol {
 public:
  SessionProtocol(Engine& engine, SessionTable& sessions, QueryRunner& runner, Faults& faults,
                  const ServiceOptions& options)
      : engine_(engine), sessions_(sessions), runner_(runner), faults_(faults), options_(options) {}

  /// Whether this protocol knows the path.
  [[nodiscard]] static bool Owns(const std::string& path);
  [[nodiscard]] HttpResponse Answer(const HttpRequest& request, std::stop_token stop);

 private:
  using Tree = nlohmann::json;
  [[nodiscard]] HttpResponse Login(const HttpRequest& request);
  [[nodiscard]] HttpResponse Renew(const HttpRequest& request);
  [[nodiscard]] HttpResponse CloseSession(const HttpRequest& request);
  [[nodiscard]] HttpResponse Heartbeat(const HttpRequest& request);
  [[nodiscard]] HttpResponse Query(const HttpRequest& request, std::stop_token stop);
  [[nodiscard]] HttpResponse QueryById(const HttpRequest& request, std::stop_token stop);
  [[nodiscard]] HttpResponse Abort(const HttpRequest& request);
  [[nodiscard]] HttpResponse Monitor(const HttpRequest& request);
  [[nodiscard]] HttpResponse Chunk(const HttpRequest& request);
  [[nodiscard]] HttpResponse JobReply(const HttpRequest& request, QueryJob& job,
                                      std::stop_token stop);
  [[nodiscard]] HttpResponse FinishedReply(const HttpRequest& request, QueryJob& job);
  [[nodiscard]] HttpResponse SuccessReply(const HttpRequest& request, QueryJob& job);
  [[nodiscard]] Tree ResultData(const HttpRequest& request, const std::string& query_id,
                                const Session& session, const ResultSet& result);
  [[nodiscard]] Result<std::shared_ptr<Session>> Authenticate(const HttpRequest& request);

  Engine& engine_;
  SessionTable& sessions_;
  QueryRunner& runner_;
  Faults& faults_;
  const ServiceOptions& options_;
};

}  // namespace dbstow::doubles::snowflake
