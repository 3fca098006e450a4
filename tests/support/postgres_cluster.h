#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dbstow/core/result.h"
#include "support/child_process.h"

namespace dbstow::test {

struct NewCluster {
  std::string bin_directory;
  std::vector<std::string> init_arguments;  ///< more arguments for initdb
  std::string superuser;
  std::optional<OsUser> owner;
};

/// Makes the files of a new cluster at `data_directory`, UTF8 and scram-sha-256; the superuser's
/// password. initdb runs once for each installed server: what it made is kept in the build folder,
/// and the other clusters are copies, so that all have one system identifier and one password. With
/// `init_arguments` it runs each time.
/// Errors: IOError with what initdb said, which `log_file` has too.
[[nodiscard]] Result<std::string> CreateCluster(const NewCluster& cluster,
                                                const std::string& data_directory,
                                                const std::string& log_file);

}  // namespace dbstow::test
