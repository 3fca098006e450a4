#pragma once

#include <string>
#include <vector>

#include "app/configuration.h"
#include "io/file_system.h"
#include "observability/shared_files.h"

namespace dbstow::app {

/// What it takes to look at the files that dbstow writes for itself.
struct FilePorts {
  io::FileSystem& files;
  observability::SharedFiles& shared;
};

/// Makes, fills and removes a file of that name. Errors: as FileSystem.
[[nodiscard]] Result<void> TryNewFile(io::FileSystem& files, const std::string& path);

/// Whether the audit log at `path` could take a record now: its folder takes a file, and what is
/// there can be written. Leaves nothing behind. Errors: as FileSystem and SharedFiles.
[[nodiscard]] Result<void> TryAuditLog(const FilePorts& ports, const std::string& path);
/// The same of the metrics file, which is read and replaced.
[[nodiscard]] Result<void> TryMetricsFile(const FilePorts& ports, const std::string& path);

/// What the configuration names and cannot be on this machine as it is now: a file in a folder that
/// is not there, or that is a folder. Each error has the setting in front.
[[nodiscard]] std::vector<Error> FindImpossiblePlaces(const Configuration& configuration,
                                                      io::FileSystem& files);

}  // namespace dbstow::app
