#include "dbstow/core/database_instance.h"

namespace dbstow {

DatabaseInstance::DatabaseInstance(DatabaseEngine engine, std::string name, std::string version,
                                   ConnectionInfo connection, CapabilitySet ever)
    : engine_(std::move(engine)),
      name_(std::move(name)),
      connection_(std::move(connection)),
      claimed_version_(std::move(version)) {
  state_.version = claimed_version_;
  state_.capabilities = std::move(ever);
}

InstanceState DatabaseInstance::state() const {
  const std::scoped_lock lock(mutex_);
  return state_;
}

std::string DatabaseInstance::version() const { return state().version; }
CapabilitySet DatabaseInstance::capabilities() const { return state().capabilities; }
StringMap DatabaseInstance::attributes() const { return state().attributes; }

Result<void> DatabaseInstance::Refresh(OperationContext& context, Look look) {
  DBSTOW_ASSIGN(InstanceState fresh, Probe(context));
  if (look == Look::kThorough) DBSTOW_TRY(Examine(fresh, context));
  // "15" claims any 15.x, "7.x" any 7.
  std::string claim = claimed_version_;
  if (claim.ends_with(".x")) claim.resize(claim.size() - 2);
  const bool matches = fresh.version == claim || fresh.version.starts_with(claim + ".") ||
                       fresh.version.starts_with(claim + " ");
  if (!claim.empty() && !matches) {
    fresh.warnings.push_back("the configuration says version " + claimed_version_ +
                             ", the server is " + fresh.version);
  }
  const std::scoped_lock lock(mutex_);
  state_ = std::move(fresh);
  return {};
}

Result<void> DatabaseInstance::Examine(InstanceState&, OperationContext&) { return {}; }

std::string ChainName(const DatabaseInstance& instance) { return instance.name(); }

}  // namespace dbstow
