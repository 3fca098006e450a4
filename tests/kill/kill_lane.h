#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "killed_repository.h"
#include "support/program_run.h"

namespace dbstow::test {

/// What a killed command was doing.
enum class Victim { kBackup, kRestore, kPrune };

/// What the kills hit.
struct KillCount {
  int killed = 0;
  int ended_before = 0;
  std::map<Victim, int> by_victim;
};

/// One database, one repository, and commands that are killed on them one after the other.
class KillLane {
 public:
  explicit KillLane(std::uint64_t seed);

  /// Kills commands until `kills` of them died of it, and after each looks whether anything is
  /// lost. Returns early, with a test failure, when something is.
  KillCount Run(int kills);

 private:
  void CreateDatabase();
  void ChangeDatabase();
  [[nodiscard]] std::vector<std::string> WordsOf(Victim victim) const;
  [[nodiscard]] ProgramSpec Spec(const std::vector<std::string>& words) const;
  [[nodiscard]] std::chrono::microseconds Measure(Victim victim);
  /// True when it was still there to be killed.
  bool Kill(Victim victim);
  void ForgetTarget();

  // Each fails the test when the promise is broken.
  void ExpectRepositoryWhole(Victim after);
  void ExpectTargetWholeOrAbsent();
  void ExpectNextBackupSucceeds();

  ScratchFolder folder_;
  std::mt19937_64 random_;
  KilledRepository repository_{folder_ / "repo"};
  std::map<Victim, std::chrono::microseconds> length_;
  std::set<std::string> backups_;
  int round_ = 0;
};

}  // namespace dbstow::test
