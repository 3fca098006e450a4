#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "secrets/secret_provider.h"

namespace dbstow::secrets {

/// Looks an environment variable up; none when it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] EnvironmentLookup ProcessEnvironment();

/// `env:NAME`: the value of an environment variable, as it is.
[[nodiscard]] std::unique_ptr<SecretProvider> CreateEnvSecretProvider(
    EnvironmentLookup lookup = ProcessEnvironment());

}  // namespace dbstow::secrets
