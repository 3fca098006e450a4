#pragma once

#include <chrono>
#include <memory>

#include "io/process_runner.h"
#include "secrets/secret_provider.h"

namespace dbstow::secrets {

/// What the provider works with; must outlive it.
struct ExecPorts {
  io::ProcessRunner& processes;
  Clock& clock;
};

/// `exec:/path/to/program arg …`: what the program prints, without one trailing newline. No shell;
/// the program must be absolute, exit with 0 and print at most 64 KiB. It is ended after `limit`,
/// the deadline or a stop request. What it prints to standard error is never shown: it may hold the
/// secret.
[[nodiscard]] std::unique_ptr<SecretProvider> CreateExecSecretProvider(
    ExecPorts ports, std::chrono::seconds limit = std::chrono::seconds(60));

}  // namespace dbstow::secrets
