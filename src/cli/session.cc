#include "cli/session.h"

#include "cli/progress_view.h"
#include "dbstow/core/redaction.h"

namespace dbstow::cli {
namespace {

/// Shows log lines as part of the output.
class OutputLogger final : public Logger {
 public:
  OutputLogger(Output& output, std::optional<LogLevel> level) : output_(output), level_(level) {}
  void SetLevel(LogLevel level) { level_ = level; }
  // Unless more was asked for, warnings only: an error is the last thing said anyway.
  void Log(LogLevel level, std::string_view message, const Fields& fields) override {
    if (level_ ? level >= *level_ : level == LogLevel::kWarning) {
      output_.ShowLog(level, message, fields);
    }
  }

 private:
  Output& output_;
  std::optional<LogLevel> level_;
};

}  // namespace

Session::Session(const Arguments& arguments, Surroundings& surroundings, TraceId trace,
                 Deadline deadline)
    : arguments_(arguments),
      surroundings_(surroundings),
      trace_(std::move(trace)),
      deadline_(deadline) {}
Session::~Session() = default;

Result<app::Application*> Session::Application() {
  if (application_ != nullptr) return application_.get();
  auto logger = std::make_unique<OutputLogger>(output(), arguments_.log_level);
  OutputLogger& shown = *logger;
  logger_ = std::move(logger);
  Settings settings;
  settings.configuration_file = arguments_.config_file;
  settings.logger = logger_.get();
  settings.trace = trace_;
  DBSTOW_ASSIGN(application_, app::Application::Create(settings));
  const app::Configuration& configuration = application_->configuration();
  // With a path the level is that of the file.
  if (!arguments_.log_level && configuration.log_level && configuration.log_path.empty()) {
    shown.SetLevel(*configuration.log_level);
  }
  return application_.get();
}

Result<std::unique_ptr<DatabaseInstance>> Session::OpenInstance(std::string_view name_or_uri) {
  DBSTOW_ASSIGN(app::Application * application, Application());
  return application->OpenInstance(name_or_uri);
}

Result<RepositoryAddress> Session::Address() const {
  RepositoryAddress address;
  address.uri = arguments_.repository;
  address.passphrase = &surroundings_.passphrase;
  address.deadline = deadline_;
  address.stop = surroundings_.stop;
  if (!arguments_.repository_secret.empty()) {
    auto secret = SecretRef::Parse(arguments_.repository_secret);
    if (!secret) {
      return Error(ErrorCode::kInvalidOptions, "--repo-secret: " + secret.error().message())
          .WithHint(secret.error().hint());
    }
    address.secret = std::move(*secret);
  }
  return address;
}

Result<app::OpenedRepository*> Session::OpenOnce(RepositoryAddress::Missing missing) {
  if (repository_ != nullptr) return repository_.get();
  DBSTOW_ASSIGN(app::Application * application, Application());
  DBSTOW_ASSIGN(RepositoryAddress address, Address());
  address.missing = missing;
  DBSTOW_ASSIGN(repository_, application->repositories().Open(address));
  return repository_.get();
}

Result<app::OpenedRepository*> Session::RepositoryToWrite() {
  using Missing = RepositoryAddress::Missing;
  if (arguments_.dry_run) return OpenOnce(Missing::kImitate);
  return OpenOnce(arguments_.repository.empty() ? Missing::kRefuse : Missing::kCreate);
}

Result<app::OpenedRepository*> Session::RepositoryToRead() {
  return OpenOnce(RepositoryAddress::Missing::kRefuse);
}

void Session::Plan(const Fields& plan) {
  if (!arguments_.dry_run && !arguments_.json) return;
  Fields shown = plan;
  for (auto& [unused, value] : shown) value = WithoutPasswords(std::move(value));
  output().Plan(shown);
}

Result<void> Session::Confirm(const std::string& question, const std::string& word) {
  if (arguments_.yes || arguments_.dry_run || !surroundings_.ask) return {};
  output().Note(question + " Type " + word + " to go on:");
  if (surroundings_.ask() == word) return {};
  return Error(ErrorCode::kSafetyRefused, "not confirmed; nothing was changed")
      .WithHint("type the name as shown, or add --yes");
}

Result<OperationContext> Session::NewContext(BackupStore* store, ProgressSink* progress) {
  DBSTOW_ASSIGN(app::Application * application, Application());
  OperationSettings settings;
  settings.store = store;
  settings.stop = surroundings_.stop;
  settings.progress = progress;
  if (arguments_.dry_run) settings.effect = OperationSettings::Effect::kDryRun;
  DBSTOW_ASSIGN(OperationContext context, application->NewContext(settings));
  context.deadline = deadline_;
  return context;
}

Result<OperationResult> Session::Execute(Operation& operation, DatabaseInstance& instance,
                                         BackupStore* store) {
  ProgressView progress(output(), surroundings_.progress_pace);
  DBSTOW_ASSIGN(OperationContext context, NewContext(store, &progress));
  DBSTOW_ASSIGN(app::Application * application, Application());
  OperationResult result =
      application->executor().Execute(operation, instance, context, arguments_.idempotency_key);
  if (const auto written = application->WriteMetrics(deadline_, stop()); !written) {
    result.warnings.push_back("the metrics could not be written: " + written.error().message());
  }
  return result;
}

Result<OperationResult> Session::Audited(const std::string& operation, const std::string& target,
                                         const std::function<Result<void>()>& body) {
  DBSTOW_ASSIGN(app::Application * application, Application());
  AuditRecord record;
  record.operation = operation;
  record.target = target;
  record.correlation_id = trace_.hex();
  DBSTOW_TRY(application->Audit(record, deadline_, stop()));
  const Result<void> done = body();
  record.stage = AuditRecord::Stage::kEnd;
  record.outcome = done ? "success" : std::string(Describe(done.error().code()).name);
  const Result<void> recorded = application->Audit(record, deadline_, stop());
  if (!done) return done.error();
  OperationResult result = Done("");
  if (!recorded) result.warnings.push_back("not audited: " + recorded.error().message());
  return result;
}

OperationResult Failed(const Error& error) {
  OperationResult result;
  result.message = error.message();
  result.error = error;
  return result;
}

OperationResult Done(std::string message, StringMap details) {
  OperationResult result;
  result.success = true;
  result.message = std::move(message);
  result.details = std::move(details);
  return result;
}

}  // namespace dbstow::cli
