#pragma once

#include "repository/chain.h"
#include "repository/reports.h"

namespace dbstow::repository {

[[nodiscard]] Result<PrunePlan> PlanChainPrune(const Chain& chain, const RetentionPolicy& policy);
/// Marks, spares what is in use, deletes manifests, then sweeps packs and debris.
[[nodiscard]] Result<PruneReport> PruneChain(const Chain& chain, const PrunePlan& plan);

}  // namespace dbstow::repository
