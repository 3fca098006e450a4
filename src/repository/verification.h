#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dbstow/core/clock.h"
#include "repository/ids.h"
#include "repository/reports.h"

namespace dbstow::repository {

/// The outcome of a check is all in the object's name: `<backup
/// id>.<level>.<outcome>.<time>.<random>`.
[[nodiscard]] std::string VerificationName(const Verification& verification, Random& random);
[[nodiscard]] std::optional<Verification> ParseVerification(std::string_view name);

/// Ids that a check of level 1 or more passed and none failed. Not by time: a clock that jumped
/// must not make a damaged backup count.
[[nodiscard]] std::set<std::string> VerifiedIds(const std::vector<Verification>& all);

}  // namespace dbstow::repository
