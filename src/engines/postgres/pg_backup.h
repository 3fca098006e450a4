#pragma once

#include <string>
#include <vector>

#include "dbstow/core/connection_info.h"
#include "dbstow/core/interfaces.h"
#include "io/engine_ports.h"

namespace dbstow::postgres {

/// What is backed up.
struct BackupSource {
  std::string chain;
  ConnectionInfo connection;
};

/// A logical backup of one database at one moment: `schema.pgdump`, `catalog.json`, the rows of
/// every table and the large objects. Writers are not blocked.
[[nodiscard]] Result<BackupResult> RunBackup(const BackupSource& source,
                                             const BackupOptions& options, const EnginePorts& ports,
                                             OperationContext& context);

/// The contents of the live database, table by table, as a backup would record them. Tables that
/// `recorded` names are read in the format that they were read in for it, since only then are
/// fingerprints comparable.
[[nodiscard]] Result<std::vector<ContentFingerprint>> FingerprintDatabase(
    const ConnectionInfo& connection, const std::vector<ContentFingerprint>& recorded,
    const OperationContext& context);

}  // namespace dbstow::postgres
