#include "doubles/sqlserver/server/sqlserver_double.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "doubles/net/listener.h"
#include "doubles/sqlserver/server/tds_connection.h"

namespace dbstow::doubles::sqlserver {
namespace {

std::string Setting(const DoubleSetup& setup, const std::string& name,
                    const std::string& otherwise) {
  const auto found = setup.settings.find(name);
  return found == setup.settings.end() ? otherwise : found->second;
}

Error BadSetting(const std::string& name) {
  return Error(ErrorCode::kInvalidOptions, "not a value of the setting '" + name + "'");
}

Result<InstanceSettings> ReadSettings(const DoubleSetup& setup) {
  InstanceSettings settings;
  const std::string version = Setting(setup, "version", "2022");
  if (version != "2019" && version != "2022") return BadSetting("version");
  settings.major = version == "2019" ? 15 : 16;
  const std::string edition = Setting(setup, "edition", "standard");
  if (edition == "express") {
    settings.edition = Edition::kExpress;
  } else if (edition == "enterprise") {
    settings.edition = Edition::kEnterprise;
  } else if (edition != "standard") {
    return BadSetting("edition");
  }
  settings.sa_password = Setting(setup, "sa_password", settings.sa_password);
  settings.server_name = Setting(setup, "server_name", settings.server_name);
  settings.zone_minutes = std::atoi(Setting(setup, "zone_minutes", "0").c_str());
  return settings;
}

Result<Encryption> ReadEncryption(const DoubleSetup& setup) {
  const std::string text = Setting(setup, "encryption", "off");
  if (text == "off") return Encryption::kOff;
  if (text == "on") return Encryption::kOn;
  if (text == "required") return Encryption::kRequired;
  if (text == "unsupported") return Encryption::kNotSupported;
  return BadSetting("encryption");
}

Result<StatementFault> ReadFault(const nlohmann::json& json) {
  StatementFault fault;
  fault.statement = ToUpper(json.value("statement", ""));
  fault.nth = json.value("nth", 1);
  fault.times = json.value("times", 1);
  fault.at_percent = json.value("at_percent", 0);
  fault.wait_ms = json.value("wait_ms", 0);
  fault.cut = json.value("cut", false);
  for (const nlohmann::json& error : json.value("errors", nlohmann::json::array())) {
    fault.errors.push_back({error.at("number").get<int>(), error.value("severity", 16),
                            error.value("text", "A fault of the test."), error.value("state", 1)});
  }
  const bool does_something = fault.cut || fault.wait_ms > 0 || !fault.errors.empty();
  if (fault.statement.empty() || !does_something) {
    return Error(ErrorCode::kInvalidOptions, "a fault has a statement, and errors, cut or wait_ms");
  }
  return fault;
}

Result<void> SetState(Database& database, const std::string& state) {
  if (state == "online") {
    database.state = DatabaseState::kOnline;
  } else if (state == "recovering") {
    database.state = DatabaseState::kRecovering;
  } else if (state == "suspect") {
    database.state = DatabaseState::kSuspect;
  } else if (!state.empty()) {
    return Error(ErrorCode::kInvalidOptions, "not a state that can be set");
  }
  return {};
}

nlohmann::json StateOf(const Instance& instance) {
  nlohmann::json databases = nlohmann::json::array();
  for (const auto& [id, database] : instance.databases()) {
    databases.push_back({{"name", database.name},
                         {"state", static_cast<int>(database.state)},
                         {"standby", database.standby},
                         {"next_lsn", database.next_lsn.ToDecimal()},
                         {"redo_lsn", database.RollForwardStart().lsn.ToDecimal()},
                         {"last_log_backup_lsn", database.last_log_backup.ToDecimal()},
                         {"differential_base_guid", database.CommonBase().guid},
                         {"recovery_fork", database.fork()}});
  }
  return {{"databases", databases}};
}

void Lose(Database& database, const nlohmann::json& lost) {
  const bool all = lost.is_boolean() && lost.get<bool>();
  for (DatabaseFile& file : database.files) {
    const bool named =
        lost.is_array() && std::find(lost.begin(), lost.end(), file.logical) != lost.end();
    if (file.log || !(all || named)) continue;
    file.state = FileState::kPending;
    database.state = DatabaseState::kPending;
  }
}

class SqlServerDouble final : public Double {
 public:
  SqlServerDouble(std::unique_ptr<Instance> instance, ServerOptions options,
                  const DoubleSetup& setup)
      : engine_(std::move(instance)),
        options_(options),
        certificate_(setup.certificate),
        delay_(setup.delay) {
    setup.control.On("clock", [this](const nlohmann::json& request) { return SetClock(request); });
    setup.control.On("faults", [this](const nlohmann::json& request) { return Break(request); });
    setup.control.On("database",
                     [this](const nlohmann::json& request) { return ChangeDatabase(request); });
    setup.control.On("state", [this](const nlohmann::json&) -> Result<nlohmann::json> {
      const std::scoped_lock lock(engine_.instance().mutex());
      return StateOf(engine_.instance());
    });
  }

  Result<std::uint16_t> Start(std::uint16_t port) override {
    DBSTOW_ASSIGN(
        listener_,
        Listener::Start(
            {.port = port, .max_connections = 512}, [this](Connection& peer, std::stop_token stop) {
              TdsConnection(engine_, options_, certificate_, delay_, peer, std::move(stop)).Serve();
            }));
    return listener_->port();
  }
  std::size_t CutConnections() override { return listener_->CutConnections(); }
  void Stop() override {
    if (listener_) listener_->Stop();
  }

 private:
  Result<nlohmann::json> SetClock(const nlohmann::json& request) {
    const std::scoped_lock lock(engine_.instance().mutex());
    const nlohmann::json utc = request.value("utc", nlohmann::json());
    std::optional<Milliseconds> time;
    if (utc.is_string()) {
      time = ParseDateTime(utc.get<std::string>());
      if (!time) return Error(ErrorCode::kInvalidOptions, "not a time");
    }
    engine_.instance().SetClock(time);
    return nlohmann::json{{"ok", true}};
  }

  Result<nlohmann::json> Break(const nlohmann::json& request) {
    const std::scoped_lock lock(engine_.instance().mutex());
    Faults faults;
    faults.backup_step_ms = request.value("step_ms", 0);
    faults.break_upload_at_part = request.value("break_upload_at_part", 0);
    faults.most_parts = request.value("most_parts", 0);
    faults.free_bytes = request.value("free_bytes", std::int64_t{-1});
    for (const nlohmann::json& fault : request.value("statements", nlohmann::json::array())) {
      DBSTOW_ASSIGN(faults.statements.emplace_back(), ReadFault(fault));
    }
    engine_.faults = std::move(faults);
    return nlohmann::json{{"ok", true}};
  }

  // What clients cannot do: "bulk", as if something had been loaded with minimal logging;
  // "bad_page", which is (1:42); "lost_files", true for all data files or a list of
  // their logical names; "bad_log"; "replica", the role in an availability group, and whether it is
  // "synchronizing"; "state", which is "online", "recovering" or "suspect".
  Result<nlohmann::json> ChangeDatabase(const nlohmann::json& request) {
    Instance& instance = engine_.instance();
    const std::scoped_lock lock(instance.mutex());
    const Database* database = instance.Find(request.value("database", ""));
    if (database == nullptr) return Error(ErrorCode::kNotFound, "no such database");
    UnitOfWork work(instance);
    Database& changed = instance.Mutable(database->id);
    changed.has_bulk_changes = request.value("bulk", changed.has_bulk_changes);
    if (request.contains("bad_page")) changed.bad_pages.clear();
    if (request.value("bad_page", false)) changed.bad_pages.emplace_back();
    changed.bad_log = request.value("bad_log", changed.bad_log);
    changed.replica_role = request.value("replica", changed.replica_role);
    changed.synchronizing = request.value("synchronizing", changed.synchronizing);
    DBSTOW_TRY(SetState(changed, request.value("state", "")));
    Lose(changed, request.value("lost_files", nlohmann::json()));
    if (const SqlResult<void> kept = work.Commit(); !kept) {
      return Error(ErrorCode::kIoError, kept.error().text);
    }
    return nlohmann::json{{"ok", true}};
  }

  Engine engine_;
  const ServerOptions options_;
  const ServerCertificate& certificate_;
  const AnswerDelay& delay_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace

Result<std::unique_ptr<Double>> MakeSqlServerDouble(const DoubleSetup& setup) {
  DBSTOW_ASSIGN(const InstanceSettings settings, ReadSettings(setup));
  ServerOptions options;
  DBSTOW_ASSIGN(options.encryption, ReadEncryption(setup));
  SqlResult<std::unique_ptr<Instance>> instance = Instance::Open(setup.data_folder, settings);
  if (!instance) return Error(ErrorCode::kIoError, instance.error().text);
  return std::make_unique<SqlServerDouble>(std::move(*instance), options, setup);
}

}  // namespace dbstow::doubles::sqlserver
