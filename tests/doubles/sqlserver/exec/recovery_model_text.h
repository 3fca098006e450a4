#pragma once

#include <string>

#include "doubles/sqlserver/model/database.h"

namespace dbstow::doubles::sqlserver {

/// As HEADERONLY and msdb spell it: the catalog has BULK_LOGGED.
[[nodiscard]] inline std::string RecoveryModelText(RecoveryModel model) {
  return model == RecoveryModel::kBulkLogged ? "BULK-LOGGED" : std::string(ToString(model));
}

}  // namespace dbstow::doubles::sqlserver
