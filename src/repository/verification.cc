#include "repository/verification.h"

#include <algorithm>
#include <array>

#include "io/hash.h"

namespace dbstow::repository {
namespace {

constexpr std::array kOutcomes = {VerifyOutcome::kPassed, VerifyOutcome::kFailed,
                                  VerifyOutcome::kCouldNotVerify};

}  // namespace

std::string_view ToString(VerifyOutcome outcome) {
  switch (outcome) {
    case VerifyOutcome::kPassed: return "passed";
    case VerifyOutcome::kFailed: return "failed";
    case VerifyOutcome::kCouldNotVerify: return "could_not_verify";
  }
  return "could_not_verify";
}

std::string VerificationName(const Verification& verification, Random& random) {
  std::array<std::byte, 4> unique{};
  random.Fill(unique);
  return verification.backup_id + "." + std::to_string(verification.level) + "." +
         std::string(ToString(verification.outcome)) + "." + CompactTime(verification.time) + "." +
         io::ToHex(unique);
}

std::optional<Verification> ParseVerification(std::string_view name) {
  std::array<std::string_view, 5> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t dot = i + 1 == parts.size() ? name.size() : name.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    parts[i] = name.substr(0, dot);
    name.remove_prefix(std::min(name.size(), dot + 1));
  }
  const auto time = CompactTimeFromText(parts[3]);
  if (!time || parts[1].size() != 1 || parts[1][0] < '0' || parts[1][0] > '3') return std::nullopt;
  Verification found;
  found.backup_id = std::string(parts[0]);
  found.level = parts[1][0] - '0';
  found.time = *time;
  for (const VerifyOutcome each : kOutcomes) {
    if (ToString(each) != parts[2]) continue;
    found.outcome = each;
    return found;
  }
  return std::nullopt;
}

Soundness Standing::soundness() const {
  if (failed) return Soundness::kFailed;
  return level >= 1 ? Soundness::kVerified : Soundness::kUnchecked;
}

std::map<std::string, Standing> StandingsOf(const std::vector<Verification>& all) {
  std::map<std::string, Standing> standings;
  for (const Verification& each : all) {
    Standing& standing = standings[each.backup_id];
    if (each.outcome == VerifyOutcome::kFailed) standing.failed = true;
    if (each.outcome == VerifyOutcome::kPassed)
      standing.level = std::max(standing.level, each.level);
  }
  return standings;
}

}  // namespace dbstow::repository
