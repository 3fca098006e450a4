#include "doubles/sqlserver/exec/url_device.h"

#include "doubles/sqlserver/exec/errors.h"

namespace dbstow::doubles::sqlserver {

SqlResult<std::unique_ptr<BackupDevice>> OpenUrlDevice(const OperationContext&, const std::string&,
                                                       const WithOptions&) {
  return NotSupportedHere("BACKUP and RESTORE with URL");
}

}  // namespace dbstow::doubles::sqlserver
