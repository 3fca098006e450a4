#pragma once

#include "dbstow/core/engine_registry.h"
#include "io/engine_ports.h"

namespace dbstow {

/// Registers every engine that this build has. The source is generated from the folders of
/// src/engines. `ports` must outlive every instance created through the registry.
[[nodiscard]] Result<void> RegisterBuiltinEngines(EngineRegistry& registry,
                                                  const EnginePorts& ports);

}  // namespace dbstow
