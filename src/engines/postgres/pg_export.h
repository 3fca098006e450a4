#pragma once

#include <string>
#include <string_view>

#include "dbstow/core/interfaces.h"
#include "io/engine_ports.h"

namespace dbstow::postgres {

/// Writes a logical backup of the chain as a directory that `pg_restore` reads: `toc.dat`, one
/// `.dat` file per table with the rows as COPY has them, `blobs.toc` and the large objects. Needs
/// no server. Tables that were backed up in binary carry a binary COPY statement: `pg_restore -d`
/// loads them, a script (`pg_restore -f`) cannot hold them. What was written is removed when it
/// fails. Errors: AlreadyExists (the path is there), InvalidOptions (another format), Corrupt,
/// NotFound, OutOfSpace.
[[nodiscard]] Result<ExportResult> ExportBackup(const ExportOptions& options,
                                                std::string_view chain, const EnginePorts& ports,
                                                OperationContext& context);

}  // namespace dbstow::postgres
