#pragma once

#include <set>
#include <string_view>

#include "repository/chain.h"
#include "repository/reports.h"

namespace dbstow::repository {

/// Checks the named manifests of one chain and adds what it finds to the report. Errors: Cancelled,
/// Timeout, store errors while listing.
[[nodiscard]] Result<void> VerifyChain(const Chain& chain, const std::set<ManifestName>& names,
                                       const CheckContext& context, VerifyReport& report);

/// Adds what killed processes left half stored below `prefix`, as far as the store can tell.
void CountUnfinished(storage::ObjectStore& store, std::string_view prefix, CheckReport& report);

/// Presence and sizes only, and what is left over. Errors as above.
[[nodiscard]] Result<void> CheckChain(const Chain& chain, const CheckContext& context,
                                      CheckReport& report);

}  // namespace dbstow::repository
