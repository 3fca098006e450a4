#pragma once

#include <memory>
#include <string>

#include "app/configuration.h"
#include "app/repository_opening.h"
#include "app/system_ports.h"
#include "catalog/sqlite/sqlite_catalog.h"
#include "dbstow/app/dbstow.h"
#include "observability/audit_log.h"
#include "observability/loggers.h"
#include "observability/metrics_registry.h"
#include "secrets/secret_registry.h"

namespace dbstow::app {

/// Every part of the product, wired together by the configuration. The facade `Dbstow` and the
/// command line are two faces of it. Thread-safe once created.
class Application {
 public:
  /// As Dbstow::Create.
  [[nodiscard]] static Result<std::unique_ptr<Application>> Create(const Settings& settings);
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  [[nodiscard]] const Configuration& configuration() const { return configuration_; }
  /// Places of which it is not known whether a configuration is there; each was a warning.
  [[nodiscard]] const std::vector<Error>& unseen_places() const { return unseen_places_; }
  [[nodiscard]] const EngineRegistry& engines() const { return engines_; }
  [[nodiscard]] const storage::StoreRegistry& stores() const { return stores_; }
  [[nodiscard]] const SystemPorts& ports() const { return ports_; }
  [[nodiscard]] secrets::SecretRegistry& secrets() { return secrets_; }
  [[nodiscard]] OperationExecutor& executor() { return *executor_; }
  [[nodiscard]] observability::SharedFiles& shared_files() { return *shared_files_; }
  [[nodiscard]] const std::string& state_folder() const { return state_folder_; }
  [[nodiscard]] const std::string& audit_path() const { return audit_path_; }
  /// Why nothing is written to the log file that is configured.
  [[nodiscard]] const std::optional<Error>& log_problem() const { return log_problem_; }
  /// Makes it where it is missing. Errors: as FileSystem, with the settings that move it.
  [[nodiscard]] Result<void> RequireStateFolder();
  /// Errors: as VerifyAuditLog.
  [[nodiscard]] Result<observability::AuditReport> VerifyAudit(
      const std::optional<observability::AuditAnchor>& anchor, Deadline deadline,
      const std::stop_token& stop);

  [[nodiscard]] Result<std::unique_ptr<DatabaseInstance>> OpenInstance(
      std::string_view name_or_uri) const;
  [[nodiscard]] RepositoryOpener repositories();
  [[nodiscard]] Result<OperationContext> NewContext(const OperationSettings& settings);
  /// As Dbstow::WriteMetrics.
  [[nodiscard]] Result<void> WriteMetrics(Deadline deadline, const std::stop_token& stop);
  /// For what is not an operation on an instance; fills in the actor. The record of an end is
  /// written also when that was stopped. Errors: as AuditLogger.
  [[nodiscard]] Result<void> Audit(AuditRecord record, Deadline deadline,
                                   const std::stop_token& stop);

 private:
  Application() = default;
  [[nodiscard]] Result<void> ReadConfigurationFile(const std::string& explicit_path);
  [[nodiscard]] Result<void> RegisterDrivers();
  void OpenLog(const Settings& settings);
  void OpenLogFile();
  void WarnOfWhatIsIgnored();
  [[nodiscard]] TraceId TraceFor(const OperationSettings& settings);
  void OpenState(const std::string& explicit_folder);

  SystemPorts ports_;
  NullSinks null_sinks_;
  Configuration configuration_;
  std::vector<Error> unseen_places_;
  EngineRegistry engines_;
  storage::StoreRegistry stores_;
  secrets::SecretRegistry secrets_;
  std::optional<TraceId> trace_;
  std::string state_folder_;
  std::string audit_path_;
  std::optional<Error> log_problem_;
  Logger* logger_ = &null_sinks_;
  std::unique_ptr<observability::LineWriter> log_file_;
  std::unique_ptr<Logger> file_logger_;
  std::unique_ptr<Logger> correlated_logger_;
  std::unique_ptr<observability::SharedFiles> shared_files_;
  observability::MetricsRegistry metrics_;
  std::unique_ptr<AuditLogger> audit_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<OperationExecutor> executor_;
};

/// Everything wrong with a configuration, that the engines and secret providers know too: unknown
/// engines, properties, providers.
struct LintReport {
  std::vector<Error> problems;  ///< empty: it is good
  std::vector<Error> warnings;  ///< what does not fit this machine, but may another
};
[[nodiscard]] Result<LintReport> LintConfiguration(const std::string& file);

}  // namespace dbstow::app
