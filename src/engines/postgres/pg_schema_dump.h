#pragma once

#include "dbstow/core/connection_info.h"
#include "dbstow/core/operation_context.h"
#include "engines/postgres/pg_tools.h"

namespace dbstow::postgres {

struct SchemaDumpRequest {
  ConnectionInfo connection;
  ClientProgram pg_dump;
  std::string snapshot;  ///< exported by a session that stays open meanwhile
  int lock_timeout_ms = 5000;
};

/// The item of a backup that holds the schema: a pg_dump archive of the custom format, without
/// data.
inline constexpr std::string_view kSchemaItem = "schema.pgdump";

/// Runs pg_dump and gives its archive to `consume` piece by piece. Errors: Conflict (transient)
/// when a lock is not to be had in time; PermissionDenied; IOError with what pg_dump said.
[[nodiscard]] Result<void> DumpSchema(const SchemaDumpRequest& request, const EnginePorts& ports,
                                      const OperationContext& context,
                                      const std::function<Result<void>(ByteView)>& consume);

}  // namespace dbstow::postgres
