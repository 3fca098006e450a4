#pragma once

#include <memory>

#include "engines/postgres/pg_backup_contents.h"
#include "engines/postgres/pg_options.h"
#include "engines/postgres/pg_roles.h"
#include "io/engine_ports.h"

namespace dbstow::postgres {

/// A live database that looks like a backup: the same descriptions, and items whose bytes are
/// copied out of the server at the moment they are read, all under one snapshot. What restores a
/// backup thus also clones, with nothing stored in between.
struct LiveSource {
  BackupContents contents;
  PgGlobals globals;  ///< the roles that the database uses
  int server_version = 0;
  std::vector<std::string> warnings;

  /// Takes the snapshot and reads the descriptions. Errors: as for a backup.
  [[nodiscard]] static Result<LiveSource> Take(const ConnectionInfo& connection,
                                               const DumpOptions& options, const EnginePorts& ports,
                                               const OperationContext& context);
};

}  // namespace dbstow::postgres
