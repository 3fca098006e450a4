#include "kill_lane.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace dbstow::test {
namespace {

using std::chrono::microseconds;

constexpr int kRows = 24'000;  // about 10 MB
constexpr std::size_t kKept = 4;
constexpr int kThoroughEvery = 20;

void Sql(const std::string& path, const std::string& statements) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, statements.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

std::string Ask(const std::string& path, const std::string& query) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  std::string answer;
  const auto first_cell = [](void* out, int, char** cells, char**) {
    *static_cast<std::string*>(out) = cells[0] != nullptr ? cells[0] : "";
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(database, query.c_str(), first_cell, &answer, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
  return answer;
}

}  // namespace

KillLane::KillLane(std::uint64_t seed) : random_(seed) {
  CreateDatabase();
  std::ofstream(folder_ / "dbstow.toml")
      << "[retention]\nkeep_last = " << kKept << "\nfloor_verified = 0\n";
}

void KillLane::CreateDatabase() {
  Sql(folder_ / "app.db",
      "pragma synchronous = off; create table t(a integer primary key, b text);"
      "with recursive n(i) as (select 1 union all select i + 1 from n where i < " +
          std::to_string(kRows) + ") insert into t select i, hex(randomblob(200)) from n;");
}

// A third of the pages, all over the file, so that every backup has packs to write.
void KillLane::ChangeDatabase() {
  const std::uint64_t start = random_() % 24;
  Sql(folder_ / "app.db",
      "pragma synchronous = off; update t set b = hex(randomblob(200)) where "
      "a % 24 = " +
          std::to_string(start));
}

std::vector<std::string> KillLane::WordsOf(Victim victim) const {
  const std::string instance = "sqlite://" + (folder_ / "app.db");
  switch (victim) {
    case Victim::kBackup: return {"backup", instance};
    case Victim::kRestore:
      return {"restore", instance, "--from", "latest", "--target", folder_ / "target.db"};
    case Victim::kPrune: break;
  }
  return {"prune", "--confirm"};
}

ProgramSpec KillLane::Spec(const std::vector<std::string>& words) const {
  ProgramSpec spec;
  spec.words = {DBSTOW_PROGRAM, "--repo", repository_.uri()};
  spec.words.insert(spec.words.end(), words.begin(), words.end());
  spec.environment = {{"DBSTOW_PASSPHRASE", KilledRepository::kPassphrase},
                      {"DBSTOW_STATE_DIR", folder_ / "state"},
                      {"HOME", folder_.path()}};
  spec.folder = folder_.path();
  return spec;
}

microseconds KillLane::Measure(Victim victim) {
  ChangeDatabase();
  ForgetTarget();
  const auto begin = std::chrono::steady_clock::now();
  const ProgramRun run = RunProgram(Spec(WordsOf(victim)));
  EXPECT_EQ(run.status, 0) << run.err;
  return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begin);
}

void KillLane::ForgetTarget() {
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    if (entry.is_regular_file() &&
        entry.path().filename().string().find("target.db") != std::string::npos) {
      std::filesystem::remove(entry.path());
    }
  }
}

bool KillLane::Kill(Victim victim) {
  ForgetTarget();
  RunningProgram program(Spec(WordsOf(victim)));
  usleep(static_cast<useconds_t>(random_() % (length_[victim].count() + 1)));
  program.Signal(SIGKILL);
  const ProgramRun run = program.Wait();
  EXPECT_TRUE(run.status == -SIGKILL || run.status == 0) << run.status << run.err;
  return run.status == -SIGKILL;
}

void KillLane::ExpectRepositoryWhole(Victim after) {
  // What they mean only now and then, and at the end.
  const std::set<std::string> listed =
      repository_.ExpectSound(round_ % kThoroughEvery == 0 ? 2 : 1);
  for (const std::string& id : backups_) {
    EXPECT_TRUE(listed.contains(id) || after == Victim::kPrune) << "lost backup " << id;
  }
  EXPECT_GE(listed.size(), std::min(kKept, backups_.size())) << "pruned too much";
  backups_ = listed;
}

void KillLane::ExpectTargetWholeOrAbsent() {
  if (!std::filesystem::exists(folder_ / "target.db")) return;
  EXPECT_EQ(Ask(folder_ / "target.db", "select count(*) from t"), std::to_string(kRows));
  EXPECT_EQ(Ask(folder_ / "target.db", "pragma quick_check"), "ok");
}

void KillLane::ExpectNextBackupSucceeds() {
  const ProgramRun run = RunProgram(Spec(WordsOf(Victim::kBackup)));
  ASSERT_EQ(run.status, 0) << run.err;
  backups_.insert(run.out.substr(0, run.out.find('\n')));
}

KillCount KillLane::Run(int kills) {
  for (const Victim victim : {Victim::kBackup, Victim::kRestore, Victim::kPrune}) {
    length_[victim] = Measure(victim);
  }
  KillCount count;
  while (count.killed < kills && !::testing::Test::HasFailure()) {
    // Half of the kills hit backups, a quarter each restores and prunes.
    const Victim victim = std::array{Victim::kBackup, Victim::kRestore, Victim::kBackup,
                                     Victim::kPrune}[static_cast<std::size_t>(round_++ % 4)];
    ChangeDatabase();
    if (Kill(victim)) {
      ++count.killed;
      ++count.by_victim[victim];
    } else {
      ++count.ended_before;
      // It is quicker than when it was measured.
      length_[victim] = length_[victim] * 9 / 10;
    }
    ExpectTargetWholeOrAbsent();
    ExpectNextBackupSucceeds();
    ExpectRepositoryWhole(victim);
  }
  round_ = 0;  // thorough
  ExpectRepositoryWhole(Victim::kPrune);
  repository_.ExpectPrunedClean();
  ExpectRepositoryWhole(Victim::kPrune);
  return count;
}

}  // namespace dbstow::test
