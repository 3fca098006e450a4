#pragma once

#include <memory>
#include <string>

#include "doubles/sqlserver/exec/with_options.h"
#include "doubles/sqlserver/media/device.h"

namespace dbstow::doubles::sqlserver {

/// TO URL = 's3://…' (from 2022 on, not in Express) or 'https://…'. Errors: 3291, 3297, 3289, 3233,
/// 3225 and 3201 as the documentation's matrix of URLs and credentials has them.
[[nodiscard]] SqlResult<std::unique_ptr<BackupDevice>> OpenUrlDevice(
    const OperationContext& context, const std::string& url, const WithOptions& options);

}  // namespace dbstow::doubles::sqlserver
