#include "app/application.h"

#include "app/builtin_engines.h"
#include "app/environment.h"
#include "app/instance_lookup.h"
#include "app/written_files.h"
#include "operations/correlated_logger.h"
#include "operations/even_when_stopped.h"
#include "secrets/env/env_secret_provider.h"
#include "secrets/exec/exec_secret_provider.h"
#include "secrets/file/file_secret_provider.h"
#include "storage/file/file_object_store.h"

namespace dbstow::app {
namespace {

/// Logs to two places.
class BothLoggers final : public Logger {
 public:
  BothLoggers(Logger& one, std::unique_ptr<Logger> other) : one_(one), other_(std::move(other)) {}
  void Log(LogLevel level, std::string_view message, const Fields& fields) override {
    one_.Log(level, message, fields);
    other_->Log(level, message, fields);
  }

 private:
  Logger& one_;
  std::unique_ptr<Logger> other_;
};

Result<void> RegisterStores(storage::StoreRegistry& stores, const SystemPorts& ports) {
  return stores.Register(
      "file", [&ports](std::string_view uri) -> Result<std::unique_ptr<storage::ObjectStore>> {
        DBSTOW_ASSIGN(std::string folder, storage::FolderOfUri(uri));
        return storage::CreateFileObjectStore(*ports.files, *ports.random, std::move(folder));
      });
}

Result<void> RegisterSecrets(secrets::SecretRegistry& registry, const SystemPorts& ports) {
  DBSTOW_TRY(registry.Register(
      "env", secrets::CreateEnvSecretProvider(secrets::WithheldEnvironment(*ports.processes))));
  DBSTOW_TRY(registry.Register(
      "file", secrets::CreateFileSecretProvider(*ports.files, secrets::CurrentUser())));
  return registry.Register("exec",
                           secrets::CreateExecSecretProvider({*ports.processes, *ports.clock}));
}

/// What the engines and providers find wrong with a configuration that is well-formed.
std::vector<Error> CheckMeaning(const Configuration& configuration, const EngineRegistry& engines,
                                const storage::StoreRegistry& stores,
                                const secrets::SecretRegistry& secrets) {
  std::vector<Error> problems;
  const auto check = [&](const ConfigPosition& position, const auto& result) {
    if (result) return;
    problems.push_back(
        Error(ErrorCode::kInvalidOptions, position.ToString() + ": " + result.error().message())
            .WithHint(result.error().hint()));
  };
  for (const InstanceEntry& entry : configuration.instances) {
    auto spec = SpecOf(entry);
    check(entry.position, spec);
    if (spec) check(entry.position, engines.Create(*spec));
    const SecretRef& secret = entry.connection.credentials.secret_ref;
    if (!secret.empty()) {
      check(entry.position,
            secrets.ParseReference("instance " + entry.name + ": secret", secret.ToString()));
    }
  }
  if (const std::string& uri = configuration.repository_uri; !uri.empty()) {
    check({configuration.file, 1, 1}, stores.Open(uri));
  }
  if (const SecretRef& secret = configuration.repository_secret; !secret.empty()) {
    check({configuration.file, 1, 1},
          secrets.ParseReference("[repository] secret", secret.ToString()));
  }
  return problems;
}

}  // namespace

Result<std::unique_ptr<Application>> Application::Create(const Settings& settings) {
  std::unique_ptr<Application> application(new Application);
  DBSTOW_TRY(application->RegisterDrivers());
  DBSTOW_TRY(application->ReadConfigurationFile(settings.configuration_file));
  application->OpenLog(settings);
  application->OpenState(settings.state_directory);
  return application;
}

Result<void> Application::RegisterDrivers() {
  DBSTOW_TRY(RegisterBuiltinEngines(engines_, ports_.for_engines));
  DBSTOW_TRY(RegisterStores(stores_, ports_));
  return RegisterSecrets(secrets_, ports_);
}

Result<void> Application::ReadConfigurationFile(const std::string& explicit_path) {
  DBSTOW_ASSIGN(ConfigurationPlace place,
                FindConfigurationFile(*ports_.files, SearchFromEnvironment(explicit_path)));
  unseen_places_ = std::move(place.unseen);
  const std::string& file = place.file;
  if (file.empty()) return {};
  DBSTOW_ASSIGN(const std::string text, ReadTextFile(*ports_.files, file));
  ConfigurationReading reading = ReadConfiguration(text, file);
  if (reading.problems.empty()) {
    reading.problems = CheckMeaning(reading.configuration, engines_, stores_, secrets_);
  }
  if (!reading.problems.empty()) {
    Error first = reading.problems.front();
    if (reading.problems.size() == 1) return first;
    return Error(first.code(), first.message() + " (and " +
                                   std::to_string(reading.problems.size() - 1) + " more)")
        .WithHint(first.hint() + (first.hint().empty() ? "" : "; ") +
                  "dbstow config lint --config " + file + " shows all");
  }
  configuration_ = std::move(reading.configuration);
  return {};
}

void Application::OpenLog(const Settings& settings) {
  if (settings.logger != nullptr) logger_ = settings.logger;
  if (!configuration_.log_path.empty()) OpenLogFile();
  trace_ = settings.trace;
  // Lines of an operation have its id; those of the rest have one too, for whoever reads them.
  correlated_logger_ = std::make_unique<operations::CorrelatedLogger>(*logger_, TraceFor({}));
  logger_ = correlated_logger_.get();
  WarnOfWhatIsIgnored();
}

void Application::WarnOfWhatIsIgnored() {
  const auto warn = [this](std::string_view what, const Error& why) {
    logger_->Log(LogLevel::kWarning, what, {{"why", why.message()}, {"next", why.hint()}});
  };
  for (const Error& unseen : unseen_places_)
    warn("going on as if no configuration was there", unseen);
  if (log_problem_) warn("going on without the log file", *log_problem_);
}

// A restore must not fail for want of a log. What has to be recorded is in the audit log.
void Application::OpenLogFile() {
  auto opened = observability::CreateFileLineWriter(configuration_.log_path);
  if (!opened) {
    log_problem_ = std::move(opened).error();
    return;
  }
  log_file_ = *std::move(opened);
  observability::LogOptions options;
  options.level = configuration_.log_level.value_or(LogLevel::kInfo);
  file_logger_ = std::make_unique<BothLoggers>(
      *logger_, observability::CreateJsonLogger(*log_file_, *ports_.clock, options));
  logger_ = file_logger_.get();
}

void Application::OpenState(const std::string& explicit_folder) {
  state_folder_ = AbsolutePath(StateFolder(explicit_folder, configuration_));
  audit_path_ = configuration_.audit_path.empty() ? state_folder_ + "/audit.jsonl"
                                                  : configuration_.audit_path;
  shared_files_ = observability::CreatePosixSharedFiles(*ports_.clock);
  audit_ = observability::CreateAuditLog(audit_path_, *shared_files_, *ports_.clock);
  catalog_ = catalog::CreateSqliteCatalog(state_folder_, {*ports_.files, *ports_.clock, *logger_});
  executor_ =
      std::make_unique<OperationExecutor>(ExecutorPorts{engines_, *catalog_, *audit_, Actor()});
}

Result<std::unique_ptr<DatabaseInstance>> Application::OpenInstance(
    std::string_view name_or_uri) const {
  DBSTOW_ASSIGN(InstanceSpec spec, LookUpInstance(configuration_, engines_, name_or_uri));
  return engines_.Create(std::move(spec));
}

RepositoryOpener Application::repositories() { return {ports_, stores_, secrets_, configuration_}; }

TraceId Application::TraceFor(const OperationSettings& settings) {
  if (settings.traceparent.empty() && trace_) return *trace_;
  const auto given = settings.traceparent.empty() ? TraceOfCaller(*ports_.random)
                                                  : TraceId::FromTraceparent(settings.traceparent);
  if (given) return *given;
  // As W3C Trace Context says: a header that cannot be read is no reason to refuse the work.
  logger_->Log(LogLevel::kWarning, "a new trace was begun", {{"why", given.error().message()}});
  return TraceId::Generate(*ports_.random);
}

Result<void> Application::RequireStateFolder() {
  auto made = ports_.files->CreateDirectories(state_folder_);
  if (made) return {};
  return Error(made.error().code(), "dbstow's state folder " + state_folder_ +
                                        " cannot be made: " + made.error().message())
      .WithHint(
          "let this user make it, or name a folder of its own in DBSTOW_STATE_DIR or, in "
          "dbstow.toml, under [state] as dir")
      .WithNative(made.error().native().value_or(NativeError{}));
}

Result<OperationContext> Application::NewContext(const OperationSettings& settings) {
  // The audit log and the catalog live there; what they cannot create is their error.
  DBSTOW_TRY(RequireStateFolder());
  OperationContext context{TraceFor(settings),
                           *ports_.clock,
                           *ports_.random,
                           *logger_,
                           metrics_,
                           settings.progress != nullptr ? *settings.progress : null_sinks_,
                           secrets_};
  context.store = settings.store;
  if (settings.timeout) context.deadline = Deadline::After(*ports_.clock, *settings.timeout);
  context.stop = settings.stop;
  context.dry_run = settings.effect == OperationSettings::Effect::kDryRun;
  return context;
}

Result<observability::AuditReport> Application::VerifyAudit(
    const std::optional<observability::AuditAnchor>& anchor, Deadline deadline,
    const std::stop_token& stop) {
  return observability::VerifyAuditLog(audit_path_, *shared_files_, anchor, deadline, stop);
}

Result<void> Application::Audit(AuditRecord record, Deadline deadline,
                                const std::stop_token& stop) {
  DBSTOW_TRY(RequireStateFolder());
  record.actor = Actor();
  if (record.stage == AuditRecord::Stage::kBegin) return audit_->Record(record, deadline, stop);
  return operations::EvenWhenStopped(
      [&](Deadline until, std::stop_token stopped) {
        return audit_->Record(record, until, std::move(stopped));
      },
      *ports_.clock, deadline, stop);
}

Result<void> Application::WriteMetrics(Deadline deadline, const std::stop_token& stop) {
  if (configuration_.metrics_textfile.empty()) return {};
  return operations::EvenWhenStopped(
      [this](Deadline until, const std::stop_token& stopped) {
        return metrics_.MergeIntoFile(configuration_.metrics_textfile, *shared_files_, until,
                                      stopped);
      },
      *ports_.clock, deadline, stop);
}

Result<LintReport> LintConfiguration(const std::string& explicit_path) {
  const SystemPorts ports;
  DBSTOW_ASSIGN(const ConfigurationPlace place,
                FindConfigurationFile(*ports.files, SearchFromEnvironment(explicit_path)));
  const std::string& file = place.file;
  if (file.empty()) {
    return Error(ErrorCode::kNotFound, "there is no configuration file to check")
        .WithHint("name one with --config, or write dbstow.toml");
  }
  DBSTOW_ASSIGN(const std::string text, ReadTextFile(*ports.files, file));
  ConfigurationReading reading = ReadConfiguration(text, file);
  EngineRegistry engines;
  DBSTOW_TRY(RegisterBuiltinEngines(engines, ports.for_engines));
  storage::StoreRegistry stores;
  DBSTOW_TRY(RegisterStores(stores, ports));
  secrets::SecretRegistry secrets;
  DBSTOW_TRY(RegisterSecrets(secrets, ports));
  for (Error& problem : CheckMeaning(reading.configuration, engines, stores, secrets)) {
    reading.problems.push_back(std::move(problem));
  }
  LintReport report{std::move(reading.problems), place.unseen};
  for (Error& impossible : FindImpossiblePlaces(reading.configuration, *ports.files)) {
    report.warnings.push_back(std::move(impossible));
  }
  return report;
}

}  // namespace dbstow::app
