#pragma once

#include <nlohmann/json_fwd.hpp>
#include <stop_token>
#include <string>

#include "doubles/snowflake/http/http_message.h"
#include "doubles/snowflake/service/query_runner.h"
#include "doubles/snowflake/service/service_options.h"
#include "doubles/snowflake/service/session_table.h"

namespace dbstow::doubles::snowflake {

/// The SQL REST API v2: POST /api/v2/statements, polling, partitions, cancel. Bearer tokens only;
/// each request has a session of its own. Thread-safe.
class SqlApi {
 public:
  SqlApi(Engine& engine, SessionTable& sessions, QueryRunner& runner, const ServiceOptions& options)
      : engine_(engine), sessions_(sessions), runner_(runner), options_(options) {}

  [[nodiscard]] static bool Owns(const std::string& path) {
    return path.starts_with("/api/v2/statements");
  }
  [[nodiscard]] HttpResponse Answer(const HttpRequest& request, std::stop_token stop);

 private:
  [[nodiscard]] HttpResponse Submit(const HttpRequest& request, const nlohmann::json& body,
                                    std::shared_ptr<Session> session, std::stop_token stop);
  [[nodiscard]] HttpResponse ByHandle(const HttpRequest& request, std::stop_token stop);
  [[nodiscard]] HttpResponse Finished(const HttpRequest& request, QueryJob& job);
  [[nodiscard]] HttpResponse ResultPage(const HttpRequest& request, const std::string& id,
                                        const ResultSet& result);

  Engine& engine_;
  SessionTable& sessions_;
  QueryRunner& runner_;
  const ServiceOptions& options_;
};

}  // namespace dbstow::doubles::snowflake
