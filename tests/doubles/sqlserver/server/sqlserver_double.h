#pragma once

#include <memory>

#include "doubles/net/run_double.h"

namespace dbstow::doubles::sqlserver {

/// The server. Settings: `version` (2019, 2022), `edition` (standard, express, enterprise),
/// `encryption` (off, on, required, unsupported), `sa_password`, `server_name`, `zone_minutes`.
/// Control commands: `clock` {"utc": "yyyy-mm-dd hh:mm:ss" or null}, `faults` {"step_ms",
/// "fail_write_at_percent", "os_error"}, `bulk` {"database"}, `state`.
[[nodiscard]] Result<std::unique_ptr<Double>> MakeSqlServerDouble(const DoubleSetup& setup);

}  // namespace dbstow::doubles::sqlserver
