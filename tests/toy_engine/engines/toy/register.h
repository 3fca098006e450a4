#pragma once

#include "dbstow/core/engine_registry.h"
#include "io/engine_ports.h"

namespace dbstow {

/// Makes the engine `toy` known.
[[nodiscard]] Result<void> RegisterToy(EngineRegistry& registry, const EnginePorts& ports);

}  // namespace dbstow
