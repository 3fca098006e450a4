#pragma once

#include "repository/chain.h"
#include "repository/reports.h"

namespace dbstow::repository {

/// Deletes packs that no manifest needs and no announced session may still use, then the other
/// debris of sessions, pruners and removed backups, and what killed processes left half stored.
/// Errors: Corrupt when a manifest cannot be read: then nothing can be said of any pack, and none
/// is deleted; Cancelled, Timeout.
[[nodiscard]] Result<void> Sweep(const Chain& chain, const CheckContext& context,
                                 PruneReport& report);

}  // namespace dbstow::repository
