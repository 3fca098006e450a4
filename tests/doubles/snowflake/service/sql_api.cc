#include "doubles/snowflake/service/sql_api.h"

#include <nlohmann/json.hpp>

#include "doubles/snowflake/service/bindings.h"
#include "doubles/snowflake/service/result_json.h"
#include "doubles/snowflake/sql/sql_error.h"
#include "doubles/snowflake/stage/gzip.h"

namespace dbstow::doubles::snowflake {
namespace {

using Tree = nlohmann::json;

constexpr const char* kStatements = "/api/v2/statements";

HttpResponse JsonResponse(int status, const Tree& tree) {
  HttpResponse response;
  response.status = status;
  response.body = Dump(tree);
  return response;
}

HttpResponse Failed(int status, const Error& error, const std::string& handle) {
  const std::string code = error.native() ? error.native()->code : "300002";
  const std::string state = error.native() ? error.native()->text : "XX000";
  Tree tree = {{"code", code}, {"message", error.message()}, {"sqlState", state}};
  if (!handle.empty()) {
    tree["statementHandle"] = handle;
    tree["statementStatusUrl"] = std::string(kStatements) + "/" + handle;
  }
  return JsonResponse(status, tree);
}

HttpResponse InProgress(const std::string& handle) {
  return JsonResponse(
      202, {{"code", "333334"},
            {"message",
             "Asynchronous execution in progress. Use provided query id to perform query "
             "monitoring and management."},
            {"statementHandle", handle},
            {"statementStatusUrl", std::string(kStatements) + "/" + handle}});
}

std::string Text(const Tree& tree, const char* key) {
  if (!tree.is_object() || !tree.contains(key)) return "";
  return tree[key].is_string() ? tree[key].get<std::string>()
                               : (tree[key].is_null() ? "" : tree[key].dump());
}

std::string BearerOf(const HttpRequest& request) {
  const std::string header = request.Header("authorization");
  return header.starts_with("Bearer ") ? header.substr(7) : "";
}

SessionWishes WishesOf(const Tree& body) {
  return SessionWishes{Text(body, "database"),
                       Text(body, "schema"),
                       Text(body, "warehouse"),
                       Text(body, "role"),
                       {}};
}

}  // namespace

HttpResponse SqlApi::Answer(const HttpRequest& request, std::stop_token stop) {
  if (request.Header("user-agent").empty()) {
    return Failed(400, SqlError({"391900", "08001"}, "The User-Agent header is required."), "");
  }
  const bool submits =
      request.path == kStatements || request.path == std::string(kStatements) + "/";
  const Tree body = submits ? Tree::parse(request.body, nullptr, false) : Tree::object();
  if (!body.is_object())
    return Failed(400, SqlError({"391901", "08001"}, "The request body is not valid JSON."), "");
  const auto wishes = WishesOf(body);
  auto session = sessions_.Bearer(BearerOf(request),
                                  request.Header("x-snowflake-authorization-token-type"), wishes);
  if (!session) return Failed(401, session.error(), "");
  if (!submits) return ByHandle(request, std::move(stop));
  if (request.method != "POST")
    return Failed(405, SqlError({"391902", "08001"}, "Method not allowed."), "");
  return Submit(request, body, std::move(*session), std::move(stop));
}

HttpResponse SqlApi::Submit(const HttpRequest& request, const Tree& body,
                            std::shared_ptr<Session> session, std::stop_token stop) {
  const std::string request_id = request.Query("requestId");
  if (request.Query("retry") == "true" && !request_id.empty()) {
    if (const auto known = runner_.FindByRequest(request_id)) {
      if (!QueryRunner::Wait(*known, std::chrono::milliseconds(options_.poll_milliseconds.load()),
                             stop)) {
        return InProgress(known->id);
      }
      return Finished(request, *known);
    }
  }
  QuerySubmission submission;
  submission.session = std::move(session);
  submission.text = Text(body, "statement");
  submission.request_id = request_id;
  if (body.contains("bindings")) {
    auto bindings = ReadBindings(body["bindings"]);
    if (!bindings) return Failed(422, bindings.error(), "");
    submission.bindings = std::move(*bindings);
  }
  if (body.contains("timeout") && body["timeout"].is_number_integer())
    submission.timeout_seconds = body["timeout"];
  if (body.contains("parameters")) {
    const std::string count = Text(body["parameters"], "MULTI_STATEMENT_COUNT");
    if (!count.empty()) submission.statement_count = std::atoi(count.c_str());
    submission.tag = Text(body["parameters"], "QUERY_TAG");
  }
  const auto job = runner_.Submit(std::move(submission));
  if (request.Query("async") == "true" ||
      !QueryRunner::Wait(*job, std::chrono::milliseconds(options_.poll_milliseconds.load()),
                         std::move(stop))) {
    return InProgress(job->id);
  }
  return Finished(request, *job);
}

HttpResponse SqlApi::ByHandle(const HttpRequest& request, std::stop_token stop) {
  const std::string rest = request.path.substr(std::string(kStatements).size() + 1);
  const std::string handle = rest.substr(0, rest.find('/'));
  const auto job = runner_.Find(handle);
  if (rest.ends_with("/cancel")) {
    const bool canceled = runner_.Cancel(handle);
    return canceled ? JsonResponse(200, {{"code", "000604"},
                                         {"message", "statement canceled."},
                                         {"sqlState", "57014"},
                                         {"statementHandle", handle}})
                    : Failed(422,
                             SqlError({"000605", "02000"},
                                      "Identified SQL statement is not currently executing."),
                             handle);
  }
  if (rest != handle) return Failed(404, SqlError({"391903", "02000"}, "No such resource."), "");
  if (job != nullptr) {
    if (!QueryRunner::Wait(*job, std::chrono::milliseconds(0), std::move(stop)))
      return InProgress(handle);
    return Finished(request, *job);
  }
  const auto result =
      engine_.Locked([&](const Engine::Parts& parts) { return parts.log.Result(handle); });
  if (result == nullptr) {
    return Failed(404, SqlError({"000709", "02000"}, "Statement " + handle + " not found"), handle);
  }
  return ResultPage(request, handle, *result);
}

HttpResponse SqlApi::Finished(const HttpRequest& request, QueryJob& job) {
  const std::lock_guard lock(job.mutex);
  if (job.error) {
    const bool timed_out = Is(*job.error, codes::kTimedOut);
    return Failed(timed_out ? 408 : 422, *job.error, job.id);
  }
  if (job.result != nullptr) {
    // Files cannot be moved over this interface.
    if (!job.result->transfer.empty())
      return Failed(422, Unsupported("PUT and GET in the SQL API"), job.id);
    return ResultPage(request, job.id, *job.result);
  }
  ResultSet several = StatusResult("Multiple statements executed successfully.");
  several.columns[0].name = "multiple statement execution";
  HttpResponse response = ResultPage(request, job.id, several);
  Tree tree = Tree::parse(response.body);
  tree["statementHandles"] = job.statement_ids;
  response.body = Dump(tree);
  return response;
}

HttpResponse SqlApi::ResultPage(const HttpRequest& request, const std::string& id,
                                const ResultSet& result) {
  const auto first = static_cast<size_t>(options_.rows_in_reply.load());
  const auto step = static_cast<size_t>(options_.rows_in_chunk.load());
  Tree partitions = Tree::array();
  std::vector<std::pair<size_t, size_t>> ranges;
  for (size_t from = 0; from < result.rows.size() || from == 0;) {
    const size_t count = std::min(from == 0 ? first : step, result.rows.size() - from);
    const size_t size = Dump(RowsJson(result, from, count, BooleanForm::kWords)).size();
    partitions.push_back(
        {{"rowCount", count}, {"uncompressedSize", size}, {"compressedSize", size / 4}});
    ranges.emplace_back(from, count);
    from += std::max<size_t>(count, 1);
  }
  const auto wanted = static_cast<size_t>(std::atoi(request.Query("partition").c_str()));
  if (wanted >= ranges.size()) {
    return Failed(422, SqlError({"391904", "22023"}, "The partition does not exist."), id);
  }
  const Tree data =
      RowsJson(result, ranges[wanted].first, ranges[wanted].second, BooleanForm::kWords);
  if (wanted > 0) {
    HttpResponse response = JsonResponse(200, {{"data", data}});
    response.body = Gzip(response.body);
    response.headers["Content-Encoding"] = "gzip";
    return response;
  }
  return JsonResponse(200, {{"resultSetMetaData",
                             {{"numRows", result.rows.size()},
                              {"format", "jsonv2"},
                              {"partitionInfo", partitions},
                              {"rowType", RowType(result)}}},
                            {"data", data},
                            {"code", "090001"},
                            {"statementStatusUrl", std::string(kStatements) + "/" + id},
                            {"sqlState", "00000"},
                            {"statementHandle", id},
                            {"message", "Statement executed successfully."},
                            {"createdOn", engine_.Now() / 1000000}});
}

}  // namespace dbstow::doubles::snowflake
