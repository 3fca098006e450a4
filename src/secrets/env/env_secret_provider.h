#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "io/process_runner.h"
#include "secrets/secret_provider.h"

namespace dbstow::secrets {

/// Looks an environment variable up; none when it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] EnvironmentLookup ProcessEnvironment();
/// The same; what has been looked up is no longer handed on to child processes. `processes` must
/// outlive it.
[[nodiscard]] EnvironmentLookup WithheldEnvironment(io::ProcessRunner& processes);

/// `env:NAME`: the value of an environment variable, as it is.
[[nodiscard]] std::unique_ptr<SecretProvider> CreateEnvSecretProvider(
    EnvironmentLookup lookup = ProcessEnvironment());

}  // namespace dbstow::secrets
