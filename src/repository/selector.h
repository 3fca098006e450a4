#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/backup_store.h"
#include "repository/chain.h"

namespace dbstow::repository {

/// Names of the instances that have a chain, sorted, and objects among them that name none.
struct InstanceList {
  std::vector<std::string> names;
  std::vector<std::string> strays;  ///< keys
};
[[nodiscard]] Result<InstanceList> ListInstances(storage::ObjectStore& store);
/// The one of `instance`, or all when it is empty.
[[nodiscard]] Result<std::vector<Chain>> ChainsOf(const Environment& environment,
                                                  std::string_view instance);
/// Manifests of sessions that were not fenced; oldest first.
[[nodiscard]] Result<std::vector<ListedManifest>> ListVisible(const Chain& chain);
/// Their records in the order in which they were made, oldest first. One whose manifest cannot be
/// read has only its id, its instance, and a warning.
[[nodiscard]] Result<std::vector<BackupRecord>> ListRecords(const Chain& chain);

/// The backup that was made last: of those that began at the same time on several machines, one of
/// them. Clocks that were wrong do not matter (chain_order.h). Errors: NotFound;
/// Corrupt when it may be one whose record is damaged, naming the newest that can be read.
[[nodiscard]] Result<BackupRecord> LatestOf(const Chain& chain);

struct Selected {
  Chain chain;
  ManifestName name;
};
/// A backup id, a unique prefix of one, or `latest` of an instance. Errors: NotFound,
/// InvalidOptions (ambiguous, or `latest` without an instance).
[[nodiscard]] Result<Selected> Select(const Environment& environment, std::string_view selector,
                                      std::string_view instance);

}  // namespace dbstow::repository
