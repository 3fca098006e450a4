#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>

#include "cli_fixture.h"
#include "support/sqlite_database.h"

// Commands that would never end by themselves: a lock that nobody gives back, a query without end,
// a secret that is never told. Ctrl-C and SIGTERM must end them, whatever the machine's speed.

namespace dbstow::test {
namespace {

constexpr std::chrono::seconds kLoadedMachine{60};

class EndlessWorkTest : public CliTest, public ::testing::WithParamInterface<int> {
 protected:
  EndlessWorkTest() {
    Write(hang_, "#!/bin/sh\necho $$ > '" + mark_ + "'\nexec sleep 86400\n", 0700);
  }

  /// Lets it run to where `reached` says, signals, and looks at what is left.
  void ExpectEndedBySignal(const Words& words, const std::function<bool()>& reached) {
    const std::vector<std::string> before = Lying();
    RunningProgram program(Spec(words));
    const auto until = std::chrono::steady_clock::now() + kLoadedMachine;
    while (!reached() && std::chrono::steady_clock::now() < until) usleep(1000);
    ASSERT_TRUE(reached()) << words.front() << " did not come to its endless work";
    const std::string secret_program = ReadWholeFile(mark_);
    program.Signal(GetParam());
    const ProgramRun run = program.WaitAtMost(kLoadedMachine);
    EXPECT_EQ(run.status, 130) << words.front() << ": " << run.err;
    EXPECT_NE(run.err.find("Cancelled"), std::string::npos) << run.err;
    EXPECT_EQ(Lying(), before) << "debris of " << words.front();
    if (secret_program.empty()) return;
    EXPECT_NE(kill(std::stoi(secret_program), 0), 0) << "the secret's program is still there";
    std::filesystem::remove(mark_);
  }

  /// The operation itself has begun, and can only wait.
  [[nodiscard]] std::function<bool()> Begun() const {
    const std::size_t records = AuditRecords();
    return [this, records] { return AuditRecords() > records; };
  }
  [[nodiscard]] bool SecretIsAsked() const {
    return ReadWholeFile(mark_).find('\n') != std::string::npos;
  }
  [[nodiscard]] std::size_t AuditRecords() const {
    const std::string log = ReadWholeFile(folder_ / "state/audit.jsonl");
    return static_cast<std::size_t>(std::count(log.begin(), log.end(), '\n'));
  }

  const std::string hang_ = folder_ / "hang";
  const std::string mark_ = folder_ / "mark";
  const std::string patient_ = "?busy_timeout_ms=86400000";

 private:
  // But for the house's own records and SQLite's files beside an open database.
  [[nodiscard]] std::vector<std::string> Lying() const {
    std::vector<std::string> files = FilesBelow(folder_.path());
    std::erase_if(files, [this](const std::string& file) {
      return file.starts_with(folder_ / "state") || file == mark_ || file.ends_with("-journal");
    });
    return files;
  }
};

TEST_P(EndlessWorkTest, ABackupAndACloneThatWaitForALock) {
  Backup();
  SqliteDatabase holder(database_);
  ASSERT_TRUE(holder.Execute("BEGIN EXCLUSIVE"));
  ExpectEndedBySignal({"backup", instance_ + patient_, "--repo", repository_}, Begun());
  ExpectEndedBySignal({"clone", instance_ + patient_, "--target", folder_ / "copy.db"}, Begun());
  ASSERT_TRUE(holder.Execute("ROLLBACK"));
  EXPECT_EQ(WithRepo({"backup", instance_}).status, 0) << "no lease is left";
  EXPECT_EQ(Dbstow({"audit", "verify"}).status, 0);
}

TEST_P(EndlessWorkTest, ARestoreThatWaitsForTheLockOfItsTarget) {
  Backup();
  const std::string target = folder_ / "old.db";
  Sql(target, "create table kept(x); insert into kept values (1)");
  SqliteDatabase holder(target);
  ASSERT_TRUE(holder.Execute("BEGIN EXCLUSIVE"));
  ExpectEndedBySignal({"restore", instance_ + patient_, "--from", "latest", "--target", target,
                       "--overwrite", "--repo", repository_},
                      Begun());
  ASSERT_TRUE(holder.Execute("ROLLBACK"));
  EXPECT_EQ(Ask(target, "select count(*) from kept"), "1");
}

TEST_P(EndlessWorkTest, AProofWhoseQueryNeverEnds) {
  Backup();
  ExpectEndedBySignal(
      {"verify", "latest", "--level", "3", "--instance", instance_, "--repo", repository_,
       "--query",
       "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i)"
       " from n"},
      Begun());
}

TEST_P(EndlessWorkTest, EveryCommandThatWaitsForASecret) {
  Backup();
  const std::string secret = "exec:" + hang_;
  const std::vector<Words> commands = {
      {"backup", instance_},
      {"restore", instance_, "--from", "latest", "--target", folder_ / "copy.db"},
      {"verify", "latest", "--level", "2"},
      {"export", "latest", "--to", folder_ / "out.db"},
      {"prune", "--confirm"}};
  for (Words words : commands) {
    for (const std::string& word :
         {std::string("--repo"), repository_, std::string("--repo-secret"), secret}) {
      words.push_back(word);
    }
    ExpectEndedBySignal(words, [this] { return SecretIsAsked(); });
  }
  ExpectEndedBySignal(
      {"clone", "postgres://nobody@127.0.0.1:1/shop?secret=" + secret, "--target", "shop_copy"},
      [this] { return SecretIsAsked(); });
}

INSTANTIATE_TEST_SUITE_P(Signals, EndlessWorkTest, ::testing::Values(SIGINT, SIGTERM),
                         [](const auto& each) {
                           return each.param == SIGINT ? std::string("Interrupt")
                                                       : std::string("Terminate");
                         });

}  // namespace
}  // namespace dbstow::test
