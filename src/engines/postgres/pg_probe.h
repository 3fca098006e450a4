#pragma once

#include <string>

#include "dbstow/core/database_instance.h"
#include "io/engine_ports.h"

namespace dbstow::postgres {

/// What the engine can ever do, known without a server.
[[nodiscard]] CapabilitySet EverCapabilities();

/// What to grant to a role that may not read everything: pg_read_all_data came with 14.
[[nodiscard]] std::string RemedyForReading(int server_version);

/// What the live server is and allows this role.
[[nodiscard]] Result<InstanceState> ProbeServer(const ConnectionInfo& connection,
                                                const EnginePorts& ports,
                                                const OperationContext& context);

}  // namespace dbstow::postgres
