#include <signal.h>
#include <unistd.h>

#include "cli/postgres/pg_cli_fixture.h"
#include "support/small_disk.h"

namespace dbstow::test {
namespace {

using ::testing::Values;

// What every command that reaches a server says of a server that it cannot use.
class PgUnusable : public PgCliTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    PgCliTest::SetUp();
    if (server_ == nullptr || std::string(GetParam()) != "restore") return;
    const ProgramRun backup = Pg(WordsOf(PgWork::kBackup));
    ASSERT_EQ(backup.status, 0) << backup.err;
    id_ = backup.out.substr(0, backup.out.find('\n'));
  }
  [[nodiscard]] ProgramRun Try(const std::string& uri) const {
    const std::string command = GetParam();
    if (command == "backup") return Pg({"backup", uri, "--type", "logical"});
    if (command == "restore") return Pg({"restore", uri, "--from", id_, "--target", kTarget});
    if (command == "clone") return Pg({"clone", uri, "--target", kTarget});
    return Pg({"inspect", uri});
  }

  std::string id_;  ///< of a backup to restore
};

TEST_P(PgUnusable, AWrongPasswordIsRefusedByTheServerAndExits4) {
  const std::string right = std::exchange(password_, "canary-wrong-password");
  const ProgramRun run = Try(Uri("shop"));
  password_ = right;
  ExpectHelpful(run, 4, "AuthenticationFailed");
  EXPECT_NE(run.err.find("secret"), std::string::npos) << run.err;
  EXPECT_EQ((run.out + run.err).find("canary"), std::string::npos);
  EXPECT_NE(server_->Log().find("password authentication failed"), std::string::npos);
  ExpectNoDebris(before_);
}

TEST_P(PgUnusable, AnUnknownRoleAndNoPasswordExit4) {
  ExpectHelpful(Try(UriAs("nobody at all", "shop")), 4, "AuthenticationFailed");
  const std::string silent = Uri("shop").substr(0, Uri("shop").find('?'));
  ExpectHelpful(Try(silent), 4, "AuthenticationFailed");
  ExpectNoDebris(before_);
}

TEST_P(PgUnusable, AnUnreachableServerExits75) {
  const ProgramRun refused = Try(UriAt(1, "shop"));
  ExpectHelpful(refused, 75, "Unavailable");
  EXPECT_NE(refused.err.find("127.0.0.1:1"), std::string::npos) << refused.err;
  const ProgramRun unknown = Try("postgres://u@no-such-host.invalid/shop?secret=env:PG_SECRET");
  ExpectHelpful(unknown, 75, "Unavailable");
  EXPECT_NE(unknown.err.find("no-such-host.invalid"), std::string::npos) << unknown.err;
}

TEST_P(PgUnusable, AServerThatSaysNothingExits75) {
  relay_->Set(TcpRelay::Fault::kSilent);
  const ProgramRun run = Try(Uri("shop") + "&connect_timeout=1");
  ExpectHelpful(run, 75, "Unavailable");
}

INSTANTIATE_TEST_SUITE_P(Command, PgUnusable, Values("inspect", "backup", "restore", "clone"),
                         [](const auto& each) { return std::string(each.param); });

class PgBadInput : public PgCliTest {};

TEST_F(PgBadInput, AnUnknownDatabaseExits5) {
  for (const Words& words : {Words{"inspect", Uri("no such db")},
                             Words{"backup", Uri("no such db"), "--type", "logical"},
                             Words{"clone", Uri("no such db"), "--target", kTarget}}) {
    const ProgramRun run = Pg(words);
    ExpectHelpful(run, 5, "NotFound");
    EXPECT_NE(run.err.find("no such db"), std::string::npos) << run.err;
  }
  ExpectNoDebris(before_);
}

TEST_F(PgBadInput, ATargetThatExistsExits9AndStaysAsItIs) {
  PrepareFor(PgWork::kRestore);
  Sql("postgres", "CREATE DATABASE " + SqlName(kTarget));
  Sql(kTarget, "CREATE TABLE precious AS SELECT 42 AS answer");
  for (const PgWork work : {PgWork::kRestore, PgWork::kClone}) {
    const ProgramRun run = Pg(WordsOf(work));
    ExpectHelpful(run, 9, "AlreadyExists");
    EXPECT_EQ(Value(kTarget, "SELECT answer FROM precious"), "42");
  }
  std::set<std::string> expected = before_;
  expected.insert(kTarget);
  ExpectNoDebris(expected);
}

TEST_F(PgBadInput, TwoBackupsOfOneInstanceAtOnceExit8) {
  relay_->After(kInTheMiddle, TcpRelay::Fault::kSilent);
  RunningProgram first(PgSpec(WordsOf(PgWork::kBackup)));
  ASSERT_TRUE(relay_->AwaitFault());
  const ProgramRun second = Pg(WordsOf(PgWork::kBackup));
  ExpectHelpful(second, 8, "Conflict");
  relay_->Set(TcpRelay::Fault::kNone);
  const ProgramRun run = first.WaitAtMost(std::chrono::minutes(3));
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(Backups(), 1u);
}

TEST_F(PgBadInput, ASourceDroppedInMidBackupExits5AndLosesNothing) {
  const ProgramRun copied = Pg({"clone", Uri("shop"), "--target", "doomed"});
  ASSERT_EQ(copied.status, 0) << copied.err;
  const Words backup = {"backup", Uri("doomed"), "--type", "logical"};
  ASSERT_EQ(Pg(backup).status, 0);
  // Not kSilent: DROP DATABASE waits for every session of the server, also for one whose client was
  // cut off from it while logging in.
  relay_->After(kInTheMiddle, TcpRelay::Fault::kSlow);
  RunningProgram second(PgSpec(backup));
  ASSERT_TRUE(relay_->AwaitFault());
  Sql("postgres", "DROP DATABASE doomed WITH (FORCE)");
  relay_->Set(TcpRelay::Fault::kNone);
  const ProgramRun run = second.WaitAtMost(std::chrono::minutes(3));
  ExpectHelpful(run, 5, "NotFound");
  EXPECT_EQ(Backups(), 1u);
  const ProgramRun restored =
      Pg({"restore", Uri("doomed"), "--from", "latest", "--target", "doomed"});
  EXPECT_EQ(restored.status, 0) << restored.err;
  ExpectEqual("shop", "doomed");
  std::set<std::string> expected = before_;
  expected.insert("doomed");
  ExpectNoDebris(expected);
}

TEST_F(PgBadInput, AFullRepositoryExits1AndCommitsNothing) {
  const auto disk = SmallDisk::Mount(256 << 10);
  if (disk == nullptr) GTEST_SKIP() << "needs the right to mount a tmpfs";
  repository_ = "file://" + disk->path() + "/repo";
  const ProgramRun run = Pg(WordsOf(PgWork::kBackup));
  ExpectHelpful(run, 1, "OutOfSpace");
  EXPECT_EQ(Backups(), 0u);
  ExpectNoDebris(before_);
}

}  // namespace
}  // namespace dbstow::test
