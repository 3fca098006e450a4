#pragma once

#include <map>
#include <optional>
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

/// What all checks of a backup come to.
struct Standing {
  int level = -1;  ///< the highest that was passed
  bool failed = false;
  [[nodiscard]] Soundness soundness() const;
};
/// By backup id.
[[nodiscard]] std::map<std::string, Standing> StandingsOf(const std::vector<Verification>& all);

}  // namespace dbstow::repository
