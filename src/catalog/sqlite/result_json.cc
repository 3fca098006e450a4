#include "catalog/sqlite/result_json.h"

#include <nlohmann/json.hpp>

namespace dbstow::catalog {
namespace {

using Json = nlohmann::json;

std::string_view RetryName(Retry retry) {
  switch (retry) {
    case Retry::kNever: return "never";
    case Retry::kTransient: return "transient";
    case Retry::kOutcomeUnknown: return "outcome_unknown";
  }
  return "never";
}

Retry RetryFromName(std::string_view name) {
  if (name == "transient") return Retry::kTransient;
  if (name == "outcome_unknown") return Retry::kOutcomeUnknown;
  return Retry::kNever;
}

Json ErrorToJson(const Error& error) {
  Json json = {{"code", Describe(error.code()).name},
               {"message", error.message()},
               {"hint", error.hint()},
               {"retry", RetryName(error.retry())}};
  if (error.native()) {
    json["native"] = {{"system", error.native()->system},
                      {"code", error.native()->code},
                      {"text", error.native()->text}};
  }
  if (error.cause() != nullptr) json["cause"] = ErrorToJson(*error.cause());
  return json;
}

Error ErrorFromJson(const Json& json) {
  const auto code = ErrorCodeFromName(json.at("code").get<std::string>());
  Error error(code.value_or(ErrorCode::kInternal), json.at("message").get<std::string>());
  error.WithHint(json.at("hint").get<std::string>());
  error.WithRetry(RetryFromName(json.at("retry").get<std::string>()));
  if (json.contains("native")) {
    const Json& native = json["native"];
    error.WithNative({native.at("system"), native.at("code"), native.at("text")});
  }
  if (json.contains("cause")) error.WithCause(ErrorFromJson(json["cause"]));
  return error;
}

}  // namespace

std::string ResultToJson(const OperationResult& result) {
  Json json = {{"success", result.success},
               {"message", result.message},
               {"details", result.details},
               {"warnings", result.warnings}};
  if (result.error) json["error"] = ErrorToJson(*result.error);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<OperationResult> ResultFromJson(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    OperationResult result;
    result.success = json.at("success").get<bool>();
    result.message = json.at("message").get<std::string>();
    result.details = json.at("details").get<StringMap>();
    result.warnings = json.at("warnings").get<std::vector<std::string>>();
    if (json.contains("error")) result.error = ErrorFromJson(json["error"]);
    return result;
  } catch (const Json::exception& exception) {
    return Error(ErrorCode::kCorrupt,
                 std::string("a kept result cannot be read: ") + exception.what());
  }
}

}  // namespace dbstow::catalog
