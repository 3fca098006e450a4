#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dbstow/core/capability.h"
#include "dbstow/core/database_engine.h"
#include "dbstow/core/database_instance.h"

namespace dbstow {

/// Everything needed to create one instance.
struct InstanceSpec {
  DatabaseEngine engine;
  std::string name;
  std::string version;  ///< what the configuration claims; may be empty
  ConnectionInfo connection;
};

/// What an engine says of itself without connecting: what it can ever do, and what words it knows.
struct EngineDescriptor {
  DatabaseEngine engine;
  std::string display_name;
  std::uint16_t default_port = 0;
  CapabilitySet capabilities;  ///< what it can ever do
  std::vector<OptionSpec> properties;
  std::vector<OptionSpec> backup_extra;
  std::vector<OptionSpec> restore_mapping;
  std::vector<OptionSpec> clone_extra;
  std::function<Result<std::unique_ptr<DatabaseInstance>>(InstanceSpec)> create;
};

/// The engines a program knows. A value, filled by each engine's one `Register…` function; there is
/// no global registry. Not thread-safe while being filled; reading is.
class EngineRegistry {
 public:
  /// Errors: AlreadyExists for an id registered twice.
  [[nodiscard]] Result<void> Register(EngineDescriptor descriptor);
  /// Errors: InvalidOptions naming the nearest known engine.
  [[nodiscard]] Result<const EngineDescriptor*> Find(const DatabaseEngine& engine) const;
  /// Checks connection and properties, then creates. Does not connect.
  [[nodiscard]] Result<std::unique_ptr<DatabaseInstance>> Create(InstanceSpec spec) const;
  [[nodiscard]] std::vector<const EngineDescriptor*> List() const;

 private:
  std::map<DatabaseEngine, EngineDescriptor> by_engine_;
};

}  // namespace dbstow
