#pragma once

#include "dbstow/core/engine_registry.h"
#include "io/engine_ports.h"

namespace dbstow {

/// Makes the engine `sqlite` known. The one public symbol of this folder.
[[nodiscard]] Result<void> RegisterSqlite(EngineRegistry& registry, const EnginePorts& ports);

}  // namespace dbstow
