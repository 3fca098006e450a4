#pragma once

#include <optional>

#include "doubles/sqlserver/media/payload.h"
#include "doubles/sqlserver/model/instance.h"

namespace dbstow::doubles::sqlserver {

/// The rows of a database as they are now, dirty ones too, which the log that belongs to them makes
/// right; with `base` only what changed since, as a differential has them. No log.
[[nodiscard]] SqlResult<Payload> TakeImage(Instance& instance, int database,
                                           const std::optional<Lsn>& base);

}  // namespace dbstow::doubles::sqlserver
