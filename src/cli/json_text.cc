#include "cli/json_text.h"

#include <nlohmann/json.hpp>

#include "cli/error_text.h"

namespace dbstow::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view NameOf(Retry retry) {
  switch (retry) {
    case Retry::kTransient: return "transient";
    case Retry::kOutcomeUnknown: return "outcome_unknown";
    case Retry::kNever: break;
  }
  return "never";
}

Json ToJson(const Error& error, const std::string& hint) {
  Json json = {{"code", Describe(error.code()).name},
               {"message", error.message()},
               {"hint", hint},
               {"retry", NameOf(error.retry())}};
  if (const auto& native = error.native()) {
    json["native"] = {{"system", native->system}, {"code", native->code}, {"text", native->text}};
  }
  if (error.cause() != nullptr) json["cause"] = ToJson(*error.cause(), error.cause()->hint());
  return json;
}

}  // namespace

std::string JsonLine(std::string_view type, const Fields& fields) {
  Json json = {{"type", type}};
  for (const auto& [key, value] : fields) json[key] = value;
  return Dump(json);
}

std::string JsonLine(const ProgressState& state) {
  const Progress& progress = state.progress;
  Json json = {{"type", "progress"},
               {"phase", progress.phase},
               {"detail", progress.detail},
               {"bytes_done", progress.bytes_done},
               {"bytes_per_second", static_cast<std::uint64_t>(state.bytes_per_second)},
               {"bottleneck", progress.bottleneck}};
  if (progress.bytes_total) json["bytes_total"] = *progress.bytes_total;
  if (state.remaining) json["remaining_ms"] = state.remaining->count();
  return Dump(json);
}

std::string JsonLine(const OperationResult& result) {
  Json json = {{"type", result.success ? "summary" : "error"},
               {"success", result.success},
               {"message", result.message},
               {"exit_status", result.exit_status()},
               {"error", nullptr},
               {"details", Json::object()},
               {"warnings", result.warnings}};
  if (result.error) json["error"] = ToJson(*result.error, NextStepAfter(*result.error));
  for (const auto& [key, value] : result.details) json["details"][key] = value;
  return Dump(json);
}

}  // namespace dbstow::cli
