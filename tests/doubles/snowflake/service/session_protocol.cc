#include "doubles/snowflake/service/session_protocol.h"

#include <nlohmann/json.hpp>

#include "doubles/snowflake/service/bindings.h"
#include "doubles/snowflake/service/result_json.h"
#include "doubles/snowflake/sql/sql_error.h"
#include "doubles/snowflake/stage/gzip.h"

namespace dbstow::doubles::snowflake {
namespace {

using Tree = nlohmann::json;

constexpr const char* kChunkKeyHeader = "x-amz-server-side-encryption-customer-key";

HttpResponse JsonResponse(const Tree& tree) {
  HttpResponse response;
  response.body = Dump(tree);
  return response;
}

HttpResponse Success(const Tree& data) {
  return JsonResponse({{"data", data}, {"code", nullptr}, {"message", nullptr}, {"success", true}});
}

HttpResponse Failure(const Error& error) {
  const std::string code = error.native() ? error.native()->code : "390000";
  return JsonResponse(
      {{"data", nullptr}, {"code", code}, {"message", error.message()}, {"success", false}});
}

HttpResponse SqlFailure(const Error& error, const std::string& query_id) {
  const std::string code = error.native() ? error.native()->code : "300002";
  const std::string state = error.native() ? error.native()->text : "XX000";
  return JsonResponse({{"data",
                        {{"internalError", false},
                         {"errorCode", code},
                         {"age", 0},
                         {"sqlState", state},
                         {"queryId", query_id},
                         {"line", -1},
                         {"pos", -1},
                         {"type", "COMPILATION"}}},
                       {"code", code},
                       {"message", error.message()},
                       {"success", false}});
}

Error BadRequest(const char* what) {
  return Error(ErrorCode::kInvalidOptions, what).WithNative({"snowflake", "390101", "08001"});
}

std::string Text(const Tree& tree, const char* key) {
  if (!tree.is_object() || !tree.contains(key)) return "";
  const Tree& value = tree[key];
  return value.is_string() ? value.get<std::string>()
                           : (value.is_primitive() && !value.is_null() ? value.dump() : "");
}

bool IsTrue(const Tree& tree, const char* key) {
  return tree.is_object() && tree.contains(key) && tree[key] == true;
}

std::string TokenOf(const HttpRequest& request) {
  const std::string header = request.Header("authorization");
  const size_t from = header.find("Token=\"");
  if (from == std::string::npos || header.empty() || header.back() != '"') return "";
  return header.substr(from + 7, header.size() - from - 8);
}

std::string NameOfRole(const CatalogView& view, Id id) {
  const Object* role = view.Find(id);
  return role == nullptr ? "" : role->name();
}

Tree OrNull(const std::string& text) { return text.empty() ? Tree(nullptr) : Tree(text); }

/// "/queries/ID/verb" → ID.
std::string QueryIdOf(const std::string& path) {
  const std::string rest = path.substr(std::string("/queries/").size());
  return rest.substr(0, rest.find('/'));
}

}  // namespace

bool SessionProtocol::Owns(const std::string& path) {
  return path.starts_with("/session") || path.starts_with("/queries/") ||
         path.starts_with("/results/") || path.starts_with("/monitoring/") ||
         path.starts_with("/telemetry/");
}

HttpResponse SessionProtocol::Answer(const HttpRequest& request, std::stop_token stop) {
  const std::string& path = request.path;
  if (path == "/session/v1/login-request") return Login(request);
  if (path == "/session/token-request") return Renew(request);
  if (path == "/session/heartbeat") return Heartbeat(request);
  if (path == "/session" || path == "/session/") return CloseSession(request);
  if (path == "/queries/v1/query-request") return Query(request, std::move(stop));
  if (path == "/queries/v1/abort-request") return Abort(request);
  if (path.starts_with("/queries/")) return QueryById(request, std::move(stop));
  if (path.starts_with("/results/")) return Chunk(request);
  if (path.starts_with("/monitoring/queries/")) return Monitor(request);
  if (path.starts_with("/telemetry/")) return Success("Log Received");
  HttpResponse response;
  response.status = 404;
  return response;
}

HttpResponse SessionProtocol::Login(const HttpRequest& request) {
  const Tree body = Tree::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains("data") || !body["data"].is_object()) {
    return Failure(BadRequest("the login request has no data"));
  }
  const Tree& data = body["data"];
  LoginOffer offer;
  offer.authenticator = Text(data, "AUTHENTICATOR");
  offer.account = Text(data, "ACCOUNT_NAME");
  offer.user = Text(data, "LOGIN_NAME");
  offer.password = Text(data, "PASSWORD");
  offer.passcode = Text(data, "PASSCODE");
  offer.token = Text(data, "TOKEN");
  offer.passcode_in_password = IsTrue(data, "passcodeInPassword") ||
                               Text(data, "EXT_AUTHN_DUO_METHOD") == "passcodeInPassword";
  SessionWishes wishes{request.Query("databaseName"),
                       request.Query("schemaName"),
                       request.Query("warehouse"),
                       request.Query("roleName"),
                       {}};
  if (data.contains("SESSION_PARAMETERS") && data["SESSION_PARAMETERS"].is_object()) {
    for (const auto& [key, value] : data["SESSION_PARAMETERS"].items()) {
      wishes.parameters[key] = value.is_string() ? value.get<std::string>() : value.dump();
    }
  }
  const auto session = sessions_.Login(offer, wishes);
  if (!session) return Failure(session.error());
  const std::string role = engine_.Locked(
      [&](const Engine::Parts& parts) { return NameOfRole(parts.catalog, (*session)->role); });
  return Success({{"masterToken", (*session)->master_token},
                  {"token", (*session)->token},
                  {"validityInSeconds", kSessionSeconds},
                  {"masterValidityInSeconds", kMasterSeconds},
                  {"displayUserName", offer.user},
                  {"serverVersion", engine_.facts().version},
                  {"firstLogin", false},
                  {"sessionId", std::strtoll((*session)->id.c_str(), nullptr, 10)},
                  {"parameters", ParametersJson(**session)},
                  {"sessionInfo",
                   {{"databaseName", OrNull((*session)->database)},
                    {"schemaName", OrNull((*session)->schema)},
                    {"warehouseName", OrNull((*session)->warehouse)},
                    {"roleName", role}}},
                  {"idToken", nullptr},
                  {"mfaToken", nullptr}});
}

HttpResponse SessionProtocol::Renew(const HttpRequest& request) {
  const auto session = sessions_.Renew(TokenOf(request));
  if (!session) return Failure(session.error());
  return Success({{"sessionToken", (*session)->token},
                  {"validityInSecondsST", kSessionSeconds},
                  {"masterToken", (*session)->master_token},
                  {"validityInSecondsMT", kMasterSeconds},
                  {"sessionId", std::strtoll((*session)->id.c_str(), nullptr, 10)}});
}

HttpResponse SessionProtocol::CloseSession(const HttpRequest& request) {
  if (request.Query("delete") != "true")
    return Failure(BadRequest("only delete=true is known here"));
  const auto session = Authenticate(request);
  if (!session) return Failure(session.error());
  sessions_.End(TokenOf(request));
  return Success(nullptr);
}

HttpResponse SessionProtocol::Heartbeat(const HttpRequest& request) {
  const auto kept = sessions_.Heartbeat(TokenOf(request));
  return kept ? Success(nullptr) : Failure(kept.error());
}

Result<std::shared_ptr<Session>> SessionProtocol::Authenticate(const HttpRequest& request) {
  if (faults_.Take("expire_token")) sessions_.ExpireTokens();
  return sessions_.Find(TokenOf(request));
}

HttpResponse SessionProtocol::Query(const HttpRequest& request, std::stop_token stop) {
  const auto session = Authenticate(request);
  if (!session) return Failure(session.error());
  const Tree body = Tree::parse(request.body, nullptr, false);
  if (!body.is_object() || Text(body, "sqlText").empty()) {
    return SqlFailure(CompilationError({"000900", "42601"}, "Empty SQL statement."), "");
  }
  const std::string request_id = request.Query("requestId");
  // A request that a client sends again after a failed reply is answered, not carried out again.
  const bool again = !request.Query("retryCount").empty() || !request.Query("retryReason").empty();
  if (again && !request_id.empty()) {
    if (const auto known = runner_.FindByRequest(request_id))
      return JobReply(request, *known, std::move(stop));
  }
  if (IsTrue(body, "describeOnly")) return SqlFailure(Unsupported("describeOnly"), "");
  if (!Text(body, "bindStage").empty()) return SqlFailure(Unsupported("bindStage"), "");
  QuerySubmission submission;
  submission.session = *session;
  submission.text = Text(body, "sqlText");
  submission.request_id = request_id;
  if (body.contains("bindings")) {
    auto bindings = ReadBindings(body["bindings"]);
    if (!bindings) return SqlFailure(bindings.error(), "");
    submission.bindings = std::move(*bindings);
  }
  submission.statement_count =
      std::atoi((*session)->Parameter("MULTI_STATEMENT_COUNT", "1").c_str());
  if (body.contains("parameters")) {
    const std::string count = Text(body["parameters"], "MULTI_STATEMENT_COUNT");
    if (!count.empty()) submission.statement_count = std::atoi(count.c_str());
    submission.tag = Text(body["parameters"], "QUERY_TAG");
    const std::string timeout = Text(body["parameters"], "STATEMENT_TIMEOUT_IN_SECONDS");
    if (!timeout.empty()) submission.timeout_seconds = std::strtoll(timeout.c_str(), nullptr, 10);
  }
  const bool detached = IsTrue(body, "asyncExec");
  const auto job = runner_.Submit(std::move(submission));
  if (detached) {
    return JsonResponse({{"data",
                          {{"queryId", job->id},
                           {"getResultUrl", "/queries/" + job->id + "/result"},
                           {"queryAbortsAfterSecs", 300},
                           {"progressDesc", nullptr}}},
                         {"code", "333334"},
                         {"message", "Query execution in progress asynchronously."},
                         {"success", true}});
  }
  return JobReply(request, *job, std::move(stop));
}

HttpResponse SessionProtocol::JobReply(const HttpRequest& request, QueryJob& job,
                                       std::stop_token stop) {
  const std::chrono::milliseconds most(options_.poll_milliseconds.load());
  if (QueryRunner::Wait(job, most, std::move(stop))) return FinishedReply(request, job);
  return JsonResponse(
      {{"data",
        {{"getResultUrl", "/queries/" + job.id + "/result"},
         {"queryAbortsAfterSecs", 300},
         {"progressDesc", nullptr},
         {"queryId", job.id}}},
       {"code", "333333"},
       {"message", "Query execution in progress. Please use the result URL to get the result."},
       {"success", true}});
}

HttpResponse SessionProtocol::FinishedReply(const HttpRequest& request, QueryJob& job) {
  {
    const std::lock_guard lock(job.mutex);
    if (job.error) return SqlFailure(*job.error, job.id);
  }
  return SuccessReply(request, job);
}

HttpResponse SessionProtocol::SuccessReply(const HttpRequest& request, QueryJob& job) {
  const std::lock_guard lock(job.mutex);
  if (job.result != nullptr) return Success(ResultData(request, job.id, *job.session, *job.result));
  ResultSet several = StatusResult("Multiple statements executed successfully.");
  several.columns[0].name = "multiple statement execution";
  several.statement_type_id = 0xA000;
  Tree data = ResultData(request, job.id, *job.session, several);
  std::string ids;
  std::string types;
  engine_.Locked([&](const Engine::Parts& parts) {
    for (const std::string& id : job.statement_ids) {
      const auto result = parts.log.Result(id);
      ids += (ids.empty() ? "" : ",") + id;
      types += (types.empty() ? "" : ",") +
               std::to_string(result == nullptr ? 0 : result->statement_type_id);
    }
  });
  data["resultIds"] = ids;
  data["resultTypes"] = types;
  return Success(data);
}

Tree SessionProtocol::ResultData(const HttpRequest& request, const std::string& query_id,
                                 const Session& live_session, const ResultSet& result) {
  std::string role;
  Session session;
  engine_.Locked([&](const Engine::Parts& parts) {
    role = NameOfRole(parts.catalog, live_session.role);
    session.database = live_session.database;
    session.schema = live_session.schema;
    session.warehouse = live_session.warehouse;
    session.parameters = live_session.parameters;
  });
  Tree data = Tree::object();
  if (!result.transfer.empty()) data = Tree::parse(result.transfer);
  const size_t total = result.rows.size();
  const auto first = static_cast<size_t>(options_.rows_in_reply.load());
  const auto step = static_cast<size_t>(options_.rows_in_chunk.load());
  const size_t inline_rows = std::min(total, first);
  data["queryId"] = query_id;
  data["parameters"] = ParametersJson(session);
  data["rowtype"] = RowType(result);
  data["rowset"] = RowsJson(result, 0, inline_rows, BooleanForm::kDigits);
  data["total"] = total;
  data["returned"] = total;
  data["statementTypeId"] = result.statement_type_id;
  data["version"] = 1;
  data["sendResultTime"] = engine_.Now() / 1000000;
  data["queryResultFormat"] = "json";
  data["databaseProvider"] = nullptr;
  data["finalDatabaseName"] = OrNull(session.database);
  data["finalSchemaName"] = OrNull(session.schema);
  data["finalWarehouseName"] = OrNull(session.warehouse);
  data["finalRoleName"] = role;
  data["numberOfBinds"] = 0;
  data["arrayBindSupported"] = false;
  data["queryContext"] = {{"entries", Tree::array()}};
  if (total <= inline_rows) return data;
  data["chunks"] = Tree::array();
  for (size_t from = inline_rows; from < total; from += step) {
    const size_t count = std::min(step, total - from);
    const std::string rows = Dump(RowsJson(result, from, count, BooleanForm::kDigits));
    data["chunks"].push_back({{"url", "https://" + request.Header("host") + "/results/" + query_id +
                                          "/" + std::to_string(from) + "-" + std::to_string(count)},
                              {"rowCount", count},
                              {"uncompressedSize", rows.size() - 2},
                              {"compressedSize", rows.size() / 4}});
  }
  data["chunkHeaders"] = {{kChunkKeyHeader, query_id},
                          {"x-amz-server-side-encryption-customer-algorithm", "AES256"}};
  return data;
}

// A chunk lies in a store of its own: no session, but the key that the result named. Its rows have
// no brackets around them.
HttpResponse SessionProtocol::Chunk(const HttpRequest& request) {
  HttpResponse response;
  response.status = 403;
  const std::string rest = request.path.substr(std::string("/results/").size());
  const std::string id = rest.substr(0, rest.find('/'));
  unsigned long from = 0;
  unsigned long count = 0;
  const bool named = rest.size() > id.size() &&
                     std::sscanf(rest.c_str() + id.size(), "/%lu-%lu", &from, &count) == 2;
  if (!named || request.Header(kChunkKeyHeader) != id || faults_.Take("forbid_chunk"))
    return response;
  const auto result =
      engine_.Locked([&](const Engine::Parts& parts) { return parts.log.Result(id); });
  if (result == nullptr || from > result->rows.size()) return response;
  response.status = 200;
  // Not JSON: it is the inside of an array.
  response.content_type = "binary/octet-stream";
  const std::string rows = Dump(RowsJson(*result, from, count, BooleanForm::kDigits));
  response.body = Gzip(rows.substr(1, rows.size() - 2));
  response.headers["Content-Encoding"] = "gzip";
  response.cut_short = faults_.Take("truncate_chunk");
  return response;
}

HttpResponse SessionProtocol::QueryById(const HttpRequest& request, std::stop_token stop) {
  const auto session = Authenticate(request);
  if (!session) return Failure(session.error());
  const std::string id = QueryIdOf(request.path);
  if (request.path.ends_with("/abort-request")) {
    return runner_.Cancel(id)
               ? Success(nullptr)
               : Failure(SqlError({"000605", "02000"},
                                  "Identified SQL statement is not currently executing."));
  }
  if (!request.path.ends_with("/result")) return Failure(BadRequest("no such resource of a query"));
  if (const auto job = runner_.Find(id)) return JobReply(request, *job, std::move(stop));
  // A statement among several, or one of before a restart.
  const auto result =
      engine_.Locked([&](const Engine::Parts& parts) { return parts.log.Result(id); });
  if (result == nullptr)
    return SqlFailure(SqlError({"000709", "02000"}, "Statement " + id + " not found"), id);
  return Success(ResultData(request, id, **session, *result));
}

HttpResponse SessionProtocol::Abort(const HttpRequest& request) {
  const auto session = Authenticate(request);
  if (!session) return Failure(session.error());
  const Tree body = Tree::parse(request.body, nullptr, false);
  const auto job = runner_.FindByRequest(Text(body, "requestId"));
  if (job != nullptr && runner_.Cancel(job->id)) return Success(nullptr);
  return Failure(
      SqlError({"000605", "02000"}, "Identified SQL statement is not currently executing."));
}

HttpResponse SessionProtocol::Monitor(const HttpRequest& request) {
  const auto session = Authenticate(request);
  if (!session) return Failure(session.error());
  const std::string id = request.path.substr(std::string("/monitoring/queries/").size());
  Tree queries = Tree::array();
  std::string status;
  const auto job = runner_.Find(id);
  if (job != nullptr) {
    const std::lock_guard lock(job->mutex);
    status = !job->done ? "RUNNING" : (job->error ? "FAILED_WITH_ERROR" : "SUCCESS");
  }
  engine_.Locked([&](const Engine::Parts& parts) {
    const QueryRecord* record = parts.log.Find(id);
    if (job == nullptr && record == nullptr) return;
    if (status.empty())
      status = record->status == QueryRecord::Status::kSucceeded ? "SUCCESS" : "FAILED_WITH_ERROR";
    Tree query = {{"id", id},
                  {"status", status},
                  {"state", status},
                  {"sqlText", job != nullptr ? job->text : record->text}};
    if (record != nullptr && !record->error_code.empty()) {
      query["errorCode"] = record->error_code;
      query["errorMessage"] = record->error_message;
    }
    queries.push_back(query);
  });
  return Success({{"queries", queries}});
}

}  // namespace dbstow::doubles::snowflake
