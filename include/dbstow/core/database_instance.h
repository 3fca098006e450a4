#pragma once

#include <mutex>
#include <string>

#include "dbstow/core/capability.h"
#include "dbstow/core/connection_info.h"
#include "dbstow/core/database_engine.h"
#include "dbstow/core/operation_context.h"

namespace dbstow {

/// What an instance was, could do, and was made of when it was last looked at.
struct InstanceState {
  std::string version;
  CapabilitySet capabilities;
  StringMap attributes;
  std::vector<std::string> warnings;  ///< for example: the configuration claims another version
};

/// How closely an instance is looked at.
enum class Look {
  kQuick,     ///< what every operation needs to know first
  kThorough,  ///< also what takes long, such as reading everything to find damage: for `inspect`
};

/// One database that can be operated on: what it is, where it is, and what it can do right now.
///
/// Before the first `Refresh`, `version()` is the configured claim and `capabilities()` what the
/// engine can ever do; afterwards both come from the live server. What an instance can do is found
/// by interface: `As<SupportsBackup>(instance)`. Reading is thread-safe.
class DatabaseInstance {
 public:
  virtual ~DatabaseInstance() = default;
  DatabaseInstance(const DatabaseInstance&) = delete;
  DatabaseInstance& operator=(const DatabaseInstance&) = delete;

  [[nodiscard]] const DatabaseEngine& engine() const { return engine_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const ConnectionInfo& connection() const { return connection_; }
  [[nodiscard]] std::string version() const;
  [[nodiscard]] CapabilitySet capabilities() const;
  [[nodiscard]] StringMap attributes() const;
  [[nodiscard]] InstanceState state() const;

  /// Asks the live server what it is and what it allows. Blocks; honours the context's deadline and
  /// stop token. On an error the previous state stays.
  [[nodiscard]] Result<void> Refresh(OperationContext& context, Look look = Look::kQuick);

 protected:
  DatabaseInstance(DatabaseEngine engine, std::string name, std::string version,
                   ConnectionInfo connection, CapabilitySet ever);

  /// Looks at the live server. Errors: AuthenticationFailed, Unavailable, NotFound, SourceDamaged.
  [[nodiscard]] virtual Result<InstanceState> Probe(OperationContext& context) = 0;
  /// Adds to what a probe has just found what only a thorough look finds; engines that have nothing
  /// deeper leave it. Damage is a finding (attribute, warning), not an error. Errors: as `Probe`.
  [[nodiscard]] virtual Result<void> Examine(InstanceState& state, OperationContext& context);

 private:
  DatabaseEngine engine_;
  std::string name_;
  ConnectionInfo connection_;
  std::string claimed_version_;
  mutable std::mutex mutex_;
  InstanceState state_;
};

/// The name of an instance's chain in a repository: the instance's name.
[[nodiscard]] std::string ChainName(const DatabaseInstance& instance);

/// The interface `C` of the instance, or UnsupportedCapability with the reason and the remedy.
/// What the instance can do right now is asked first, then whether it is of that type.
template <class C>
[[nodiscard]] Result<C*> As(DatabaseInstance& instance) {
  DBSTOW_TRY(instance.capabilities().Require(C::kCapability));
  if (auto* interface = dynamic_cast<C*>(&instance)) return interface;
  return Error(ErrorCode::kUnsupportedCapability, "engine '" + instance.engine().id() +
                                                      "' does not implement '" +
                                                      std::string(C::kCapability) + "'");
}

}  // namespace dbstow
