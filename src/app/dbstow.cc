#include "dbstow/app/dbstow.h"

#include "app/application.h"

namespace dbstow {

Dbstow::Dbstow(std::unique_ptr<app::Application> application)
    : application_(std::move(application)) {}
Dbstow::~Dbstow() = default;

Result<std::unique_ptr<Dbstow>> Dbstow::Create(const Settings& settings) {
  DBSTOW_ASSIGN(auto application, app::Application::Create(settings));
  return std::unique_ptr<Dbstow>(new Dbstow(std::move(application)));
}

const EngineRegistry& Dbstow::engines() const { return application_->engines(); }
OperationExecutor& Dbstow::executor() { return application_->executor(); }

Result<std::unique_ptr<DatabaseInstance>> Dbstow::OpenInstance(std::string_view name_or_uri) const {
  return application_->OpenInstance(name_or_uri);
}

Result<std::unique_ptr<OpenRepository>> Dbstow::Open(const RepositoryAddress& address) {
  DBSTOW_ASSIGN(std::unique_ptr<OpenRepository> opened, application_->repositories().Open(address));
  return opened;
}

Result<OperationContext> Dbstow::NewContext(const OperationSettings& settings) {
  return application_->NewContext(settings);
}

Result<void> Dbstow::WriteMetrics(Deadline deadline, const std::stop_token& stop) {
  return application_->WriteMetrics(deadline, stop);
}

}  // namespace dbstow
