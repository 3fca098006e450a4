#include "simulator/simulation.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace dbstow::simulator {
namespace {

struct Case {
  Mutation mutation;
  const char* name;
  std::uint64_t first = 1;  ///< where to begin; near one that is known to find it
};

class SimulatorFinds : public ::testing::TestWithParam<Case> {};

// A checker that cannot fail proves nothing: with each rule of the protocol broken it must say so.
TEST_P(SimulatorFinds, ABrokenRule) {
  constexpr std::uint64_t kMostSeeds = 20'000;
  for (std::uint64_t seed = GetParam().first; seed <= kMostSeeds; ++seed) {
    if (!Simulate(seed, GetParam().mutation)) continue;
    EXPECT_FALSE(Simulate(seed)) << "seed " << seed << " fails without the mutation too";
    std::printf("found with seed %llu\n", static_cast<unsigned long long>(seed));
    return;
  }
  FAIL() << "no violation in " << kMostSeeds << " seeds";
}

INSTANTIATE_TEST_SUITE_P(
    Rules, SimulatorFinds,
    ::testing::Values(Case{Mutation::kSweepListsManifestsFirst, "SweepListsManifestsFirst"},
                      Case{Mutation::kSweepListsIntentsFirst, "SweepListsIntentsFirst"},
                      Case{Mutation::kIgnoreMarks, "IgnoreMarks", 890},
                      Case{Mutation::kIgnoreFences, "IgnoreFences"},
                      Case{Mutation::kIgnoreIntents, "IgnoreIntents"},
                      Case{Mutation::kAnnounceNothing, "AnnounceNothing"},
                      Case{Mutation::kRelyOnUnended, "RelyOnUnended"},
                      Case{Mutation::kIgnoreOthersIds, "IgnoreOthersIds"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(Simulator, TheSameSeedDoesTheSame) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_EQ(Simulate(seed, Mutation::kAnnounceNothing),
              Simulate(seed, Mutation::kAnnounceNothing));
  }
}

}  // namespace
}  // namespace dbstow::simulator
