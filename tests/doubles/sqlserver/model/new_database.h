#pragma once

#include "doubles/sqlserver/model/instance.h"

namespace dbstow::doubles::sqlserver {

/// A new, empty database with its identities, one data and one log file named after it, not yet
/// added to the instance. LSNs begin above 2^63, so that whoever keeps them in 64 bits fails.
[[nodiscard]] Database MakeDatabase(Instance& instance, int id, const std::string& name);
/// NAME.mdf and NAME_log.ldf in the instance's data folder.
[[nodiscard]] std::vector<DatabaseFile> DefaultFiles(Instance& instance, const std::string& name,
                                                     const Lsn& created);

/// Errors: 1828, 1834 when two files have one name or one place.
[[nodiscard]] SqlResult<void> CheckNames(const std::vector<DatabaseFile>& files);
/// Errors: 1827 when an edition does not allow data files of that size.
[[nodiscard]] SqlResult<void> CheckLicensedSize(const Instance& instance,
                                                const std::vector<DatabaseFile>& files);

}  // namespace dbstow::doubles::sqlserver
