#pragma once

#include <map>
#include <mutex>
#include <string>

#include "dbstow/core/engine_registry.h"

namespace dbstow::toy {

using Rows = std::map<std::string, std::string>;

/// The toy's server: databases of rows, and snapshots that it keeps itself, like Time Travel.
struct ToyServer {
  std::mutex mutex;
  std::map<std::string, Rows> databases;
  std::map<std::string, Rows> snapshots;
  bool keeps_snapshots = true;
};

/// Makes the engine `toy` known. `server` must outlive every instance.
[[nodiscard]] Result<void> RegisterToy(EngineRegistry& registry, ToyServer& server);

}  // namespace dbstow::toy
