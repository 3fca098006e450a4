#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "cli_fixture.h"

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;

class PruneTest : public CliTest {
 protected:
  /// The announcements of backups that have not ended, by path.
  [[nodiscard]] Words Announced() const {
    Words files = FilesBelow(repository_folder_ + "/i");
    std::erase_if(files, [](const std::string& file) {
      return fs::path(file).filename().string().find(".write.") == std::string::npos;
    });
    return files;
  }
  /// As if what was announced had begun long ago: the time is a part of the name.
  void Backdate(const Words& announcements) {
    for (const fs::path file : announcements) {
      std::string name = file.filename();
      const std::size_t dot = name.find('.');
      ASSERT_NE(dot, std::string::npos) << name;
      fs::rename(file, file.parent_path() / name.replace(dot + 1, 16, "20200101T000000Z"));
    }
  }
};

TEST_F(PruneTest, EndsABackupThatDiedAsLongAgoAsTheConfigurationSays) {
  Backup();
  Fill(database_, 150'000);
  const std::size_t before = Announced().size();
  RunningProgram victim(Spec({"backup", instance_, "--repo", repository_}));
  while (Announced().size() == before) usleep(1000);
  victim.Signal(SIGKILL);
  ASSERT_EQ(victim.Wait().status, -SIGKILL);
  Write(folder_ / "dbstow.toml", "[retention]\nfence_after = \"1h\"\n");
  EXPECT_NE(WithRepo({"prune", "--confirm", "--json"}).out.find(R"("sessions_fenced":"0")"),
            std::string::npos);
  Backdate(Announced());
  const ProgramRun prune = WithRepo({"prune", "--confirm", "--json"});
  EXPECT_EQ(prune.status, 0) << prune.err;
  EXPECT_NE(prune.out.find(R"("sessions_fenced":"1")"), std::string::npos) << prune.out;
}

// The first backup of an instance died, and its database is no more: nobody will back it up again.
TEST_F(PruneTest, ClearsUpAChainThatHasNoBackup) {
  Fill(database_, 300'000);  // of several packs
  RunningProgram victim(Spec({"backup", instance_, "--repo", repository_}));
  const auto packs = [this] {
    Words files = FilesBelow(repository_folder_ + "/i");
    std::erase_if(files, [](const std::string& file) { return file.find("/packs/") == file.npos; });
    return files;
  };
  while (packs().empty()) usleep(1000);
  victim.Signal(SIGKILL);
  ASSERT_EQ(victim.Wait().status, -SIGKILL);
  fs::remove(database_);
  Backdate(Announced());
  for (const std::string& file : packs()) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(72));
  }
  const ProgramRun prune = WithRepo({"prune", "--confirm", "--json"});
  EXPECT_EQ(prune.status, 0) << prune.err;
  EXPECT_NE(prune.out.find(R"("sessions_fenced":"1")"), std::string::npos) << prune.out;
  EXPECT_EQ(packs(), Words());
}

// A backup that runs must not be taken for one that died because somebody mistook the unit.
TEST_F(PruneTest, RefusesToTakeForDeadWhatHasJustBegun) {
  Backup();
  for (const char* time : {"500ms", "59m"}) {
    Write(folder_ / "dbstow.toml", "[retention]\nfence_after = \"" + std::string(time) + "\"\n");
    for (const Words& words : {Words{"prune", "--confirm"}, Words{"config", "lint"}}) {
      const ProgramRun run = WithRepo(words);
      EXPECT_EQ(run.status, 2) << words.front();
      EXPECT_NE((run.out + run.err).find("'fence_after' must be at least 1h"), std::string::npos)
          << run.out << run.err;
    }
  }
}

// Of several chains, with the first one done: what was asked for is not a part that failed.
TEST_F(PruneTest, AnInterruptAmongSeveralChainsEndsWith130) {
  const std::string other = folder_ / "other.db";
  Fill(other, 100);
  Backup();
  for (int i = 0; i < 5; ++i) ASSERT_EQ(WithRepo({"backup", "sqlite://" + other}).status, 0);
  const auto audited = [this] {
    const std::string text = ReadWholeFile(folder_ / "state/audit.jsonl");
    return std::ranges::count(text, '\n');
  };
  int interrupted = 0;
  for (int round = 0; round < 20 && interrupted == 0; ++round) {
    const auto before = audited();
    RunningProgram program(Spec({"prune", "--repo", repository_}));
    // Begin and end of the first chain, begin of the second.
    while (audited() < before + 3) usleep(300);
    program.Signal(SIGSTOP);
    program.Signal(SIGINT);
    program.Signal(SIGCONT);
    const ProgramRun run = program.Wait();
    // It was done, and perhaps no longer listened, when the signal came.
    if (run.status == 0 || run.status == -SIGINT) continue;
    ++interrupted;
    EXPECT_EQ(run.status, 130) << run.err;
  }
  EXPECT_GT(interrupted, 0);
}

// Of several chains, one has a manifest whose list of packs cannot be read.
TEST_F(PruneTest, DamageOfOneChainSaysWhatToDoAboutIt) {
  Backup();
  const Words before = FilesBelow(repository_folder_);
  const std::string other = folder_ / "other.db";
  Fill(other, 100);
  ASSERT_EQ(WithRepo({"backup", "sqlite://" + other}).status, 0);
  for (const std::string& file : FilesBelow(repository_folder_ + "/i")) {
    const bool is_new = std::ranges::find(before, file) == before.end();
    if (!is_new || file.find("/m/") == std::string::npos) continue;
    std::string bytes = ReadWholeFile(file);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    Write(file, bytes);
  }
  const ProgramRun run = WithRepo({"prune", "--confirm"});
  EXPECT_EQ(run.status, 3) << run.err;
  EXPECT_NE(run.err.find("next: no pack was removed"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("run it again"), std::string::npos) << run.err;
}

TEST_F(PruneTest, TheTimeoutAmongSeveralChainsEndsWith124) {
  const std::string other = folder_ / "other.db";
  Fill(other, 100);
  Backup();
  ASSERT_EQ(WithRepo({"backup", "sqlite://" + other}).status, 0);
  EXPECT_EQ(WithRepo({"prune", "--timeout", "1ms"}).status, 124);
}

}  // namespace
}  // namespace dbstow::test
