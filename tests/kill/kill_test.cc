#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>

#include "kill_lane.h"

namespace dbstow::test {
namespace {

constexpr int kLanes = 2;

std::uint64_t NumberFrom(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 10) : otherwise;
}

int KillsWanted() {
  const char* set = std::getenv("DBSTOW_TEST_SET");
  const bool is_long = set != nullptr && std::string(set) == "long";
  return static_cast<int>(NumberFrom("DBSTOW_KILLS", is_long ? 1000 : 200));
}

// The one promise that everything else rests on: whenever the program dies, no backup that was
// there is lost or damaged, and the next one works.
TEST(KillTest, NothingIsLostWheneverTheProgramDies) {
  const std::uint64_t seed = NumberFrom("DBSTOW_SEED", std::random_device{}());
  const int kills = KillsWanted();
  std::cout << "seed " << seed << " (again with DBSTOW_SEED=" << seed << ")" << std::endl;
  std::vector<KillCount> counts(kLanes);
  {
    std::vector<std::jthread> lanes;
    for (int lane = 0; lane < kLanes; ++lane) {
      lanes.emplace_back(
          [&, lane] { counts[lane] = KillLane(seed + lane).Run((kills + kLanes - 1) / kLanes); });
    }
  }
  int killed = 0;
  for (KillCount& count : counts) {
    killed += count.killed;
    std::cout << "killed " << count.by_victim[Victim::kBackup] << " backups, "
              << count.by_victim[Victim::kRestore] << " restores, "
              << count.by_victim[Victim::kPrune] << " prunes; " << count.ended_before
              << " ended before the kill" << std::endl;
  }
  EXPECT_TRUE(HasFailure() || killed >= kills);
}

}  // namespace
}  // namespace dbstow::test
