#pragma once

#include <chrono>
#include <map>
#include <random>
#include <set>
#include <string>

#include "killed_repository.h"
#include "support/postgres_server.h"
#include "support/program_run.h"

namespace dbstow::test {

/// What a killed command was doing.
enum class PgVictim { kBackup, kRestore, kOverwrite, kStreamClone, kTemplateClone };

struct PgKillCount {
  int killed = 0;
  int ended_before = 0;
  std::map<PgVictim, int> by_victim;
};

/// One database on a server that lanes share, one repository, and commands that are killed on them
/// one after the other.
class PgKillLane {
 public:
  /// `number` tells lanes of one server apart.
  PgKillLane(const PostgresServer& server, int number, std::uint64_t seed);

  /// Kills commands until `kills` of them died of it. After each, looks whether anything is lost or
  /// half there, and whether the same command now succeeds and clears up. Returns early, with a
  /// test failure, when not.
  PgKillCount Run(int kills);

 private:
  void CreateDatabase();
  /// Other rows than before, so that a backup has something to write.
  void ChangeDatabase();
  /// What has to be there before the command.
  void Prepare(PgVictim victim);
  [[nodiscard]] std::vector<std::string> WordsOf(PgVictim victim) const;
  [[nodiscard]] ProgramSpec Spec(const std::vector<std::string>& words) const;
  [[nodiscard]] std::chrono::microseconds Measure(PgVictim victim);
  /// True when it was still there to be killed.
  bool Kill(PgVictim victim);
  void AwaitNoSession() const;

  // Each fails the test when the promise is broken.
  void ExpectRepositorySound();
  void ExpectNothingHalf(PgVictim victim);
  void ExpectTheSameSucceeds(PgVictim victim);
  void ExpectNoDebris(PgVictim victim);

  void Sql(const std::string& database, const std::string& statements) const;
  [[nodiscard]] std::string Ask(const std::string& database, const std::string& query) const;
  /// All that the database holds, in a few words.
  [[nodiscard]] std::string Contents(const std::string& database) const;
  /// The target and all that is named after it.
  [[nodiscard]] std::set<std::string> Targets() const;

  const PostgresServer& server_;
  const std::string source_;
  const std::string target_;
  const std::string trace_;  ///< by which the server shows our sessions
  std::mt19937_64 random_;
  ScratchFolder folder_;
  KilledRepository repository_{folder_ / "repo"};
  std::map<PgVictim, std::chrono::microseconds> length_;
  std::set<std::string> backups_;
  int round_ = 0;
};

}  // namespace dbstow::test
