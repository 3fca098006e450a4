#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "cli_fixture.h"
#include "held_at.h"

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
  Sql(database_, "update t set b = 'other'");
  const Words backup = {"backup", instance_, "--repo", repository_};
  ASSERT_EQ(SignalledAt("/packs/", Spec(backup), SIGKILL).status, -SIGKILL);
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
  const auto packs = [this] {
    Words files = FilesBelow(repository_folder_ + "/i");
    std::erase_if(files, [](const std::string& file) { return file.find("/packs/") == file.npos; });
    return files;
  };
  // Where its manifest is written, all else is there.
  const Words backup = {"backup", instance_, "--repo", repository_};
  ASSERT_EQ(SignalledAt("/m/~", Spec(backup), SIGKILL).status, -SIGKILL);
  ASSERT_FALSE(packs().empty());
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
  const auto before = audited();
  fs::path second;
  for (const auto& chain : fs::directory_iterator(repository_folder_ + "/i")) {
    second = std::max(second, chain.path());
  }
  const Words prune = {"prune", "--repo", repository_};
  const ProgramRun run = SignalledAt(second / "intent/", Spec(prune), SIGINT);
  EXPECT_EQ(run.status, 130) << run.err;
  EXPECT_EQ(audited(), before + 4) << "begin and end of both";
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
  const Words prune = {"prune", "--timeout", "1ms", "--repo", repository_};
  EXPECT_EQ(DelayedAt("/repo.json", Spec(prune)).status, 124);
}

}  // namespace
}  // namespace dbstow::test
