#pragma once

#include <string>

#include "app/configuration.h"
#include "dbstow/core/operation_context.h"
#include "dbstow/core/secret.h"

namespace dbstow::app {

/// An environment variable, empty when it is not set.
[[nodiscard]] std::string EnvironmentText(const char* name);

/// The value of an environment variable, which no child process inherits any more. For the start of
/// a program: changing the environment beside other threads is not safe.
[[nodiscard]] SecretString TakeFromEnvironment(const char* name);

/// Where a configuration file named so (may be empty) or not at all is looked for.
[[nodiscard]] ConfigurationSearch SearchFromEnvironment(const std::string& explicit_path);

/// The first of: the explicit folder, $DBSTOW_STATE_DIR, the configured one, /var/lib/dbstow for
/// root, $XDG_STATE_HOME/dbstow, ~/.local/state/dbstow.
[[nodiscard]] std::string StateFolder(const std::string& explicit_path,
                                      const Configuration& configuration);

/// The same place also after the program went to another folder.
[[nodiscard]] std::string AbsolutePath(const std::string& path);

/// Where files that nobody keeps are made: $TMPDIR, or /tmp.
[[nodiscard]] std::string ScratchFolder();

/// The trace of whoever called this program ($TRACEPARENT), or a new one. Errors: InvalidOptions.
[[nodiscard]] Result<TraceId> TraceOfCaller(Random& random);

/// "user@host", for audit records and leases.
[[nodiscard]] std::string Actor();

}  // namespace dbstow::app
