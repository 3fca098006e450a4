#include "doubles/snowflake/service/snowflake_double.h"

#include <nlohmann/json.hpp>

#include "doubles/snowflake/http/http_service.h"
#include "doubles/snowflake/sql/json_depth.h"
#include "doubles/snowflake/stage/azure_stage_store.h"
#include "doubles/snowflake/stage/folder_stage_store.h"

namespace dbstow::doubles::snowflake {
namespace {

using Tree = nlohmann::json;

constexpr std::size_t kMostConnections = 512;

std::string TextOf(const Tree& tree, const char* key) {
  return tree.contains(key) && tree[key].is_string() ? tree[key].get<std::string>() : "";
}
int64_t NumberOf(const Tree& tree, const char* key, int64_t fallback) {
  return tree.contains(key) && tree[key].is_number() ? tree[key].get<int64_t>() : fallback;
}

Error Missing(const char* key) {
  return Error(ErrorCode::kInvalidOptions, std::string("the command needs '") + key + "'");
}

Result<std::unique_ptr<StageStore>> OpenStages(const DoubleSetup& setup) {
  const auto setting = [&](const char* key) {
    const auto found = setup.settings.find(key);
    return found == setup.settings.end() ? std::string() : found->second;
  };
  if (!setting("azure_endpoint").empty()) {
    return AzureStageStore::Open(setting("azure_endpoint"), setting("azure_account"),
                                 setting("azure_key"));
  }
  return std::unique_ptr<StageStore>(
      std::make_unique<FolderStageStore>(setup.data_folder + "/stage"));
}

}  // namespace

Result<std::unique_ptr<Double>> SnowflakeDouble::Create(const DoubleSetup& setup) {
  EngineOptions options;
  options.folder = setup.data_folder;
  for (const auto& [key, value] : setup.settings) {
    if (key == "edition" && (value == "standard" || value == "enterprise")) {
      options.edition = value == "standard" ? Edition::kStandard : Edition::kEnterprise;
    } else if (key == "account") {
      options.facts.name = value;
    } else if (key == "organization") {
      options.facts.organization = value;
    } else if (key == "region") {
      options.facts.region = value;
    } else if (key == "admin_password") {
      options.admin_password = value;
    } else if (!key.starts_with("azure_")) {
      return Error(ErrorCode::kInvalidOptions, "no such setting or value: " + key + "=" + value);
    }
  }
  DBSTOW_ASSIGN(auto stages, OpenStages(setup));
  DBSTOW_ASSIGN(auto engine, Engine::Open(std::move(options), std::move(stages)));
  std::unique_ptr<SnowflakeDouble> server(new SnowflakeDouble(setup, std::move(engine)));
  DBSTOW_TRY(server->sessions_.Load());
  return std::unique_ptr<Double>(std::move(server));
}

SnowflakeDouble::SnowflakeDouble(const DoubleSetup& setup, std::unique_ptr<Engine> engine)
    : certificate_(setup.certificate),
      delay_(setup.delay),
      engine_(std::move(engine)),
      sessions_(*engine_),
      runner_(*engine_, faults_),
      protocol_(*engine_, sessions_, runner_, faults_, options_),
      api_(*engine_, sessions_, runner_, options_) {
  runner_.OnSessionChanged([this](const Session& session) {
    if (!session.token.empty()) sessions_.Save(session);
  });
  RegisterCommands(setup.control);
  RegisterClockCommands(setup.control);
  RegisterUserCommands(setup.control);
}

Result<std::uint16_t> SnowflakeDouble::Start(std::uint16_t port) {
  DBSTOW_ASSIGN(listener_,
                Listener::Start(ListenerOptions{port, kMostConnections},
                                [this](Connection& connection, std::stop_token stop) {
                                  ServeHttps(
                                      connection, certificate_,
                                      [this](const HttpRequest& request, std::stop_token token) {
                                        return Answer(request, std::move(token));
                                      },
                                      std::move(stop));
                                }));
  return listener_->port();
}

std::size_t SnowflakeDouble::CutConnections() {
  return listener_ ? listener_->CutConnections() : 0;
}

void SnowflakeDouble::Stop() {
  if (listener_) listener_->Stop();
  runner_.Stop();
}

std::map<std::string, std::string> SnowflakeDouble::ReadyDetails() const {
  const AccountFacts& facts = engine_->facts();
  return {{"uri", "https://127.0.0.1:" + std::to_string(listener_->port())},
          {"account", facts.organization + "-" + facts.name},
          {"user", "ADMIN"}};
}

HttpResponse SnowflakeDouble::Answer(const HttpRequest& request, std::stop_token stop) {
  HttpResponse refusal;
  if (!IsShallowJson(request.body)) {
    refusal.status = 400;
    return refusal;
  }
  // What is to go wrong is meant for statements, not for a driver's telemetry.
  const bool counts =
      request.path.find("query-request") != std::string::npos || SqlApi::Owns(request.path);
  if (counts && faults_.Take("drop_before")) {
    refusal.drop = true;
    return refusal;
  }
  if (counts && faults_.Take("throttle")) {
    refusal.status = 429;
    refusal.headers["Retry-After"] = "1";
    refusal.body = R"({"code":"390505","message":"Too many requests.","success":false})";
    return refusal;
  }
  if (counts && faults_.Take("unavailable")) {
    refusal.status = 503;
    return refusal;
  }
  HttpResponse response = Route(request, stop);
  delay_.Wait(std::move(stop));
  if (counts && faults_.Take("unavailable_after")) {
    refusal.status = 503;
    return refusal;
  }
  if (counts && faults_.Take("drop_after")) response.drop = true;
  return response;
}

HttpResponse SnowflakeDouble::Route(const HttpRequest& request, std::stop_token stop) {
  if (SqlApi::Owns(request.path)) return api_.Answer(request, std::move(stop));
  if (SessionProtocol::Owns(request.path)) return protocol_.Answer(request, std::move(stop));
  HttpResponse response;
  response.status = 404;
  return response;
}

void SnowflakeDouble::RegisterCommands(ControlPort& control) {
  control.On("fault", [this](const Tree& request) -> Result<Tree> {
    DBSTOW_TRY(faults_.Inject(TextOf(request, "name"),
                              static_cast<int>(NumberOf(request, "times", 1)),
                              static_cast<int>(NumberOf(request, "milliseconds", 0))));
    return Tree::object();
  });
  control.On("clear_faults", [this](const Tree&) -> Result<Tree> {
    faults_.Clear();
    return Tree::object();
  });
  control.On("options", [this](const Tree& request) -> Result<Tree> {
    const auto apply = [&](const char* key, std::atomic<int>& option) {
      option = static_cast<int>(std::max<int64_t>(NumberOf(request, key, option.load()), 1));
    };
    apply("poll_milliseconds", options_.poll_milliseconds);
    apply("rows_in_reply", options_.rows_in_reply);
    apply("rows_in_chunk", options_.rows_in_chunk);
    return Tree{{"poll_milliseconds", options_.poll_milliseconds.load()},
                {"rows_in_reply", options_.rows_in_reply.load()},
                {"rows_in_chunk", options_.rows_in_chunk.load()}};
  });
  control.On("journal", [this](const Tree&) -> Result<Tree> {
    Tree statements = Tree::array();
    engine_->Locked([&](const Engine::Parts& parts) {
      for (const auto& record : parts.log.records()) {
        statements.push_back({{"id", record->id},
                              {"text", record->text},
                              {"request_id", record->request_id},
                              {"tag", record->tag},
                              {"error", record->error_code},
                              {"changed", record->after != record->before}});
      }
    });
    Tree logins = Tree::array();
    for (const JwtLogin& login : sessions_.jwt_logins()) {
      logins.push_back({{"subject", login.subject},
                        {"times", login.in_milliseconds ? "milliseconds" : "seconds"}});
    }
    return Tree{{"statements", statements},
                {"running", runner_.running()},
                {"sessions", sessions_.size()},
                {"key_pair_logins", logins}};
  });
  control.On("waits", [this](const Tree& request) -> Result<Tree> {
    runner_.EndWaits(request.contains("end") && request["end"] == true);
    return Tree::object();
  });
  control.On("expire", [this](const Tree& request) -> Result<Tree> {
    if (TextOf(request, "what") == "master") {
      sessions_.ExpireMasterTokens();
    } else {
      sessions_.ExpireTokens();
    }
    return Tree::object();
  });
}

void SnowflakeDouble::RegisterClockCommands(ControlPort& control) {
  // {"command": "clock", "set": nanoseconds | "advance": seconds | "freeze": true | "freeze":
  // false}
  control.On("clock", [this](const Tree& request) -> Result<Tree> {
    return engine_->Locked([&](const Engine::Parts& parts) -> Result<Tree> {
      if (request.contains("freeze") && request["freeze"] == true) parts.clock.Freeze();
      if (request.contains("freeze") && request["freeze"] == false) parts.clock.Run();
      if (request.contains("set")) parts.clock.Set(NumberOf(request, "set", 0));
      if (request.contains("advance")) {
        parts.clock.Advance(static_cast<Nanos>(
            request["advance"].is_number() ? request["advance"].get<double>() * 1e9 : 0));
      }
      DBSTOW_TRY(parts.file.SaveValue("clock", std::to_string(parts.clock.offset())));
      return Tree{{"now", parts.clock.Now()}};
    });
  });
}

void SnowflakeDouble::RegisterUserCommands(ControlPort& control) {
  // A user with what SQL has no word for here: {"command": "user", "name", "mfa_passcode"}.
  control.On("user", [this](const Tree& request) -> Result<Tree> {
    const std::string name = TextOf(request, "name");
    if (name.empty()) return Missing("name");
    return engine_->Locked([&](const Engine::Parts& parts) -> Result<Tree> {
      const Object* user = parts.catalog.FindChild(ObjectKind::kUser, kAccountId, name);
      if (user == nullptr) return Error(ErrorCode::kNotFound, "no user '" + name + "'");
      Change change(parts.catalog, parts.clock.Now());
      (*change.Edit(user->id).mutable_options())["MFA_PASSCODE"] = TextOf(request, "mfa_passcode");
      DBSTOW_TRY(parts.catalog.Commit(std::move(change), QueryRecord{}));
      return Tree::object();
    });
  });
  // A token that was given out: {"command": "token", "kind": "oauth"|"pat", "token", "user",
  // "role", "seconds"}.
  control.On("token", [this](const Tree& request) -> Result<Tree> {
    const std::string token = TextOf(request, "token");
    if (token.empty()) return Missing("token");
    const std::string kind =
        TextOf(request, "kind") == "pat" ? "PROGRAMMATIC_ACCESS_TOKEN" : "OAUTH";
    sessions_.AddToken(
        token, BearerToken{kind, TextOf(request, "user"), TextOf(request, "role"),
                           engine_->Now() + NumberOf(request, "seconds", 3600) * kNanosPerSecond});
    return Tree::object();
  });
}

}  // namespace dbstow::doubles::snowflake
