#pragma once

#include <string>
#include <vector>

#include "dbstow/core/operation_context.h"
#include "engines/postgres/pg_snapshot.h"
#include "engines/postgres/pg_tools.h"

namespace dbstow::postgres {

struct SchemaDumpRequest {
  PgSnapshot& snapshot;  ///< whose session nobody else uses meanwhile
  ClientProgram pg_dump;
  int lock_timeout_ms = 5000;
};

/// The item of a backup that holds the schema: a pg_dump archive of the custom format, without
/// data.
inline constexpr std::string_view kSchemaItem = "schema.pgdump";

/// Runs pg_dump and gives its archive to `consume` piece by piece. Returns what it warned of:
/// things that it left out, of which nothing else tells. Errors: Conflict (transient) when a lock
/// is not to be had in time; PermissionDenied; what became of the snapshot's session when that was
/// lost too; IOError with what pg_dump said, or when its archive is not whole.
[[nodiscard]] Result<std::vector<std::string>> DumpSchema(
    const SchemaDumpRequest& request, const EnginePorts& ports, const OperationContext& context,
    const std::function<Result<void>(ByteView)>& consume);

}  // namespace dbstow::postgres
