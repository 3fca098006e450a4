#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repository/chain.h"
#include "repository/write_session.h"

namespace dbstow::repository {

/// A writer's announced session, with the parent it may rely on.
struct BegunSession {
  Intent intent;
  std::optional<ParentBackup> parent;
  std::vector<std::string> warnings;
};

/// The writer's half of the protocol up to reading the parent: announces the newest suitable
/// backup, and takes another, or none, when a pruner has marked it, its writer has not ended, or it
/// is damaged.
[[nodiscard]] Result<BegunSession> BeginSession(const Chain& chain, const BackupPlan& plan);

}  // namespace dbstow::repository
