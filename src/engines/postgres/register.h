#pragma once

#include "dbstow/core/engine_registry.h"
#include "io/engine_ports.h"

namespace dbstow {

/// Makes PostgreSQL known. `ports` must outlive every instance created through the registry.
[[nodiscard]] Result<void> RegisterPostgres(EngineRegistry& registry, const EnginePorts& ports);

}  // namespace dbstow
