#pragma once

#include <string>
#include <vector>

#include "engines/postgres/pg_archive.h"
#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

/// Compares the server that an archive comes from with the one that it is to be restored on.
/// Errors: UnsupportedCapability naming the first object that needs a newer server than
/// `server_version` (150004). Else warnings: one when the server is older than the source, because
/// not everything that it may stumble over can be recognised.
[[nodiscard]] Result<std::vector<std::string>> CompareVersions(const PgArchive& archive,
                                                               int server_version);

/// The same for the server of this connection, which is asked; nothing is made there.
[[nodiscard]] Result<std::vector<std::string>> CompareVersions(const PgArchive& archive,
                                                               const ConnectionInfo& server,
                                                               const OperationContext& context);

}  // namespace dbstow::postgres
