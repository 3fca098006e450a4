#pragma once

#include <string_view>

#include "app/configuration.h"
#include "dbstow/core/engine_registry.h"

namespace dbstow::app {

/// What a name from the configuration, or a URI, stands for.
/// Errors: NotFound naming the nearest, InvalidOptions.
[[nodiscard]] Result<InstanceSpec> LookUpInstance(const Configuration& configuration,
                                                  const EngineRegistry& engines,
                                                  std::string_view name_or_uri);

/// The entry of the configuration as what an engine creates an instance from.
[[nodiscard]] Result<InstanceSpec> SpecOf(const InstanceEntry& entry);

}  // namespace dbstow::app
