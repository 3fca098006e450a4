#pragma once

#include "repository/chain.h"
#include "repository/reports.h"

namespace dbstow::repository {

[[nodiscard]] Result<PrunePlan> PlanChainPrune(const Chain& chain, const RetentionPolicy& policy,
                                               const CheckContext& context);
/// Marks, spares what is in use, deletes manifests, then sweeps packs and debris. Stopped anywhere,
/// it takes its mark away and leaves a chain that the next prune goes on with.
[[nodiscard]] Result<PruneReport> PruneChain(const Chain& chain, const PrunePlan& plan,
                                             const CheckContext& context);

}  // namespace dbstow::repository
