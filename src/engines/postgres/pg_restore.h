#pragma once

#include <string>
#include <vector>

#include "dbstow/core/connection_info.h"
#include "dbstow/core/interfaces.h"
#include "io/engine_ports.h"

namespace dbstow::postgres {

/// Where from and where to.
struct RestoreSite {
  std::string chain;          ///< whose backups `latest` means
  ConnectionInfo connection;  ///< the server to restore on
};

/// Restores a logical backup into a database beside the target and swaps it in at the end.
[[nodiscard]] Result<RestoreResult> RunRestore(const RestoreSite& site,
                                               const RestoreOptions& options,
                                               OperationContext& context);

/// Restores into a scratch database, checks and compares it, drops it.
[[nodiscard]] Result<ProofReport> ProveBackup(const RestoreSite& site, const ProofOptions& options,
                                              OperationContext& context);

}  // namespace dbstow::postgres
