#pragma once

#include <set>

#include "doubles/sqlserver/media/payload.h"
#include "doubles/sqlserver/model/instance.h"

namespace dbstow::doubles::sqlserver {

/// All rows, or what changed in each file since its differential base.
enum class ImageKind { kWhole, kChanges };

/// The rows in these files as they are now, dirty ones too, which the log that belongs to them
/// makes right. No log.
[[nodiscard]] SqlResult<Payload> TakeImage(Instance& instance, int database,
                                           const std::set<int>& files, ImageKind kind);

}  // namespace dbstow::doubles::sqlserver
