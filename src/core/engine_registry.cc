#include "dbstow/core/engine_registry.h"

namespace dbstow {

Result<void> EngineRegistry::Register(EngineDescriptor descriptor) {
  const DatabaseEngine engine = descriptor.engine;
  if (!by_engine_.emplace(engine, std::move(descriptor)).second) {
    return Error(ErrorCode::kAlreadyExists, "engine '" + engine.id() + "' is registered twice");
  }
  return {};
}

Result<const EngineDescriptor*> EngineRegistry::Find(const DatabaseEngine& engine) const {
  const auto found = by_engine_.find(engine);
  if (found != by_engine_.end()) return &found->second;
  std::vector<std::string> known;
  for (const auto& [each, unused] : by_engine_) known.push_back(each.id());
  return UnknownWord("engine", engine.id(), known);
}

Result<std::unique_ptr<DatabaseInstance>> EngineRegistry::Create(InstanceSpec spec) const {
  DBSTOW_ASSIGN(const EngineDescriptor* descriptor, Find(spec.engine));
  if (!descriptor->create) {
    return Error(ErrorCode::kUnsupportedCapability,
                 "engine '" + spec.engine.id() + "' is registered without what makes its instances")
        .WithHint("fill in EngineDescriptor::create");
  }
  if (spec.name.empty()) {
    return Error(ErrorCode::kInvalidOptions, "an instance needs a name");
  }
  DBSTOW_TRY(spec.connection.Validate());
  DBSTOW_TRY(CheckOptions("property", spec.connection.properties, descriptor->properties));
  if (spec.connection.port == 0) spec.connection.port = descriptor->default_port;
  return descriptor->create(std::move(spec));
}

std::vector<const EngineDescriptor*> EngineRegistry::List() const {
  std::vector<const EngineDescriptor*> engines;
  for (const auto& [unused, descriptor] : by_engine_) engines.push_back(&descriptor);
  return engines;
}

}  // namespace dbstow
