#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "cli_fixture.h"

namespace dbstow::test {
namespace {

/// Names of unfinished objects, which a clean end must not leave.
std::vector<std::string> Unfinished(const std::vector<std::string>& files) {
  std::vector<std::string> found;
  for (const std::string& file : files) {
    if (std::filesystem::path(file).filename().string().starts_with('~')) found.push_back(file);
  }
  return found;
}

TEST_F(CliTest, InterruptsEndABackupWith130AndLeaveTheRepositoryGood) {
  const std::string first = Backup();
  Fill(database_, 150'000);
  int interrupted = 0;
  for (int round = 0; round < 8; ++round) {
    Sql(database_, "update t set b = hex(randomblob(200)) where a % 3 = 0");
    RunningProgram program(Spec({"backup", instance_, "--repo", repository_}));
    usleep(30'000 + round * 40'000);
    program.Signal(round % 2 == 0 ? SIGINT : SIGTERM);
    const auto asked = std::chrono::steady_clock::now();
    const ProgramRun run = program.Wait();
    const auto took = std::chrono::steady_clock::now() - asked;
    if (run.status == 0) continue;
    // A signal before the program has begun to watch for it ends it as any other program.
    if (run.status == -SIGINT || run.status == -SIGTERM) continue;
    ++interrupted;
    EXPECT_EQ(run.status, 130) << run.err;
    EXPECT_NE(run.err.find("Cancelled"), std::string::npos) << run.err;
    RecordProperty(
        "end_ms_" + std::to_string(round),
        static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
    EXPECT_TRUE(Unfinished(FilesBelow(repository_folder_)).empty());
  }
  EXPECT_GT(interrupted, 0);
  EXPECT_EQ(WithRepo({"verify", first, "--level", "2"}).status, 0);
  EXPECT_EQ(WithRepo({"backup", instance_}).status, 0);
}

TEST_F(CliTest, AnInterruptedRestoreLeavesNoTargetAndNoDebris) {
  Fill(database_, 150'000);
  Backup();
  const auto before = FilesBelow(folder_.path());
  const std::string target = folder_ / "x.db";
  int interrupted = 0;
  for (int round = 0; round < 6; ++round) {
    RunningProgram program(Spec(
        {"restore", instance_, "--from", "latest", "--target", target, "--repo", repository_}));
    usleep(60'000 + round * 40'000);
    program.Signal(SIGINT);
    const ProgramRun run = program.Wait();
    if (run.status == 0) {
      std::filesystem::remove(target);
      continue;
    }
    if (run.status == -SIGINT) continue;
    ++interrupted;
    EXPECT_EQ(run.status, 130) << run.err;
    EXPECT_FALSE(std::filesystem::exists(target));
    for (const std::string& file : FilesBelow(folder_.path())) {
      const bool known = std::ranges::find(before, file) != before.end();
      const bool ours = file.starts_with(folder_ / "state") || file.starts_with(repository_folder_);
      EXPECT_TRUE(known || ours) << "debris: " << file;
    }
  }
  EXPECT_GT(interrupted, 0);
}

}  // namespace
}  // namespace dbstow::test
