#pragma once

#include <memory>

#include "doubles/net/run_double.h"

namespace dbstow::doubles::sqlserver {

/// The server. Settings: `version` (2019, 2022), `edition` (standard, express, enterprise),
/// `encryption` (off, on, required, unsupported), `sa_password`, `server_name`, `zone_minutes`.
/// Control commands: `clock` {"utc": "yyyy-mm-dd hh:mm:ss" or null}, `faults` {"step_ms",
/// "break_upload_at_part", "most_parts", "free_bytes", "statements": [{"statement": "BACKUP LOG",
/// "nth": 2, "times", "at_percent", "wait_ms", "cut": true, "errors": [{"number", "severity",
/// "text", "state"}]}]}, which replaces all faults (exec/faults.h), `database` {"database", …},
/// `state`.
[[nodiscard]] Result<std::unique_ptr<Double>> MakeSqlServerDouble(const DoubleSetup& setup);

}  // namespace dbstow::doubles::sqlserver
