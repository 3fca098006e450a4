#pragma once

#include <string>

#include "dbstow/core/operation_context.h"
#include "io/engine_ports.h"

namespace dbstow::postgres {

/// One of the server's own client programs, as installed here.
struct ClientProgram {
  std::string path;
  int major_version = 0;
};

/// The installed `program` (pg_dump, pg_restore) with the lowest major version that can work with a
/// server of `server_major`, that is the same or a newer one: an older client does not know what a
/// newer server holds. Looks into the folders of the Debian packages and into PATH.
/// Errors: UnsupportedCapability naming what is there and the package that is missing.
[[nodiscard]] Result<ClientProgram> FindClientProgram(const std::string& program, int server_major,
                                                      const EnginePorts& ports,
                                                      const OperationContext& context);

/// 15 of `pg_dump (PostgreSQL) 15.20 (Debian …)`; 0 when there is none.
[[nodiscard]] int MajorVersionOf(std::string_view version_line);

}  // namespace dbstow::postgres
