#pragma once

#include <memory>
#include <string>

#include "dbstow/core/clock.h"
#include "dbstow/core/ports.h"
#include "io/file_system.h"

namespace dbstow::catalog {

/// What a catalog works with; must outlive it.
struct SqliteCatalogPorts {
  io::FileSystem& files;
  Clock& clock;
  Logger& logger;
};

/// A catalog in a folder of the local machine: results in `catalog.sqlite`, leases as locked files
/// in `leases/`. Several processes and threads may use the same folder.
///
/// Nothing is opened until the first call that needs it. A damaged database file is moved aside
/// (`catalog.sqlite.damaged-…`), logged as a warning, and begun anew; one that a later version made
/// is UnsupportedCapability and stays untouched. A lease is a lock of the operating system on an
/// open file: it ends with its process, however that ends, and needs no time-out.
/// Errors of its methods: IOError, OutOfSpace, PermissionDenied; Conflict from `Acquire`.
[[nodiscard]] std::unique_ptr<Catalog> CreateSqliteCatalog(std::string state_directory,
                                                           SqliteCatalogPorts ports);

}  // namespace dbstow::catalog
