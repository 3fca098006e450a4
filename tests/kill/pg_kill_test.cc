#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>

#include "pg_kill_lane.h"

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
  return static_cast<int>(NumberFrom("DBSTOW_PG_KILLS", is_long ? 400 : 40));
}

// Whenever the program dies, no backup is lost, nothing half-made stands under the target's name,
// and the same command then works and clears up.
TEST(PgKillTest, NothingIsLostOrHalfMadeWheneverTheProgramDies) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  const std::uint64_t seed = NumberFrom("DBSTOW_SEED", std::random_device{}());
  const int kills = KillsWanted();
  std::cout << "seed " << seed << " (again with DBSTOW_SEED=" << seed << ")" << std::endl;
  std::vector<PgKillCount> counts(kLanes);
  {
    std::vector<std::jthread> lanes;
    for (int lane = 0; lane < kLanes; ++lane) {
      lanes.emplace_back([&, lane] {
        counts[lane] = PgKillLane(server, lane, seed + lane).Run((kills + kLanes - 1) / kLanes);
      });
    }
  }
  int killed = 0;
  for (PgKillCount& count : counts) {
    killed += count.killed;
    std::cout << "killed " << count.by_victim[PgVictim::kBackup] << " backups, "
              << count.by_victim[PgVictim::kRestore] << " restores, "
              << count.by_victim[PgVictim::kOverwrite] << " overwrites, "
              << count.by_victim[PgVictim::kStreamClone] << " streamed and "
              << count.by_victim[PgVictim::kTemplateClone] << " template clones; "
              << count.ended_before << " ended before the kill" << std::endl;
  }
  EXPECT_TRUE(HasFailure() || killed >= kills);
}

}  // namespace
}  // namespace dbstow::test
