#include <signal.h>

#include "cli/postgres/pg_cli_fixture.h"

namespace dbstow::test {
namespace {

using std::chrono::minutes;

/// Work that is disturbed while rows are flowing.
class PgDisturbed : public PgCliTest, public ::testing::WithParamInterface<PgWork> {
 protected:
  void SetUp() override {
    PgCliTest::SetUp();
    if (server_ != nullptr) PrepareFor(GetParam());
  }
  /// Starts it and waits until the fault has come over it.
  [[nodiscard]] std::unique_ptr<RunningProgram> StartInto(TcpRelay::Fault fault) {
    relay_->After(kInTheMiddle, fault);
    auto program = std::make_unique<RunningProgram>(PgSpec(WordsOf(GetParam())));
    EXPECT_TRUE(relay_->AwaitFault());
    return program;
  }
  /// The network is well again, and connections of before are gone.
  void Heal() {
    relay_->Set(TcpRelay::Fault::kCut);
    ExpectNoSession();
    relay_->Set(TcpRelay::Fault::kNone);
  }
  void ExpectNextSucceeds() {
    const ProgramRun next = Pg(WordsOf(GetParam()));
    EXPECT_EQ(next.status, 0) << next.err;
    std::set<std::string> expected = before_;
    if (GetParam() != PgWork::kBackup) {
      expected.insert(kTarget);
      ExpectEqual("shop", kTarget);
    }
    ExpectNoDebris(expected);
  }
};

TEST_P(PgDisturbed, CtrlCEndsItWith130AndLeavesNothing) {
  const std::size_t backups = Backups();
  for (const int signal : {SIGINT, SIGTERM}) {
    const auto program = StartInto(TcpRelay::Fault::kSlow);
    program->Signal(signal);
    const ProgramRun run = program->WaitAtMost(minutes(3));
    EXPECT_EQ(run.status, 130) << run.err;
    EXPECT_NE(run.err.find("Cancelled"), std::string::npos) << run.err;
    ExpectNoDebris(before_);
    EXPECT_EQ(Backups(), backups);
    relay_->Set(TcpRelay::Fault::kNone);
  }
  ExpectNextSucceeds();
}

TEST_P(PgDisturbed, CtrlCEndsItAlsoWhenTheNetworkIsDead) {
  const auto program = StartInto(TcpRelay::Fault::kSilent);
  program->Signal(SIGINT);
  const ProgramRun run = program->WaitAtMost(minutes(3));
  EXPECT_EQ(run.status, 130) << run.err;
  Heal();
  ExpectNextSucceeds();
}

TEST_P(PgDisturbed, ADeadlineEndsItWith124WhenTheServerFallsSilent) {
  // A busy machine needs some time to come as far as the fault.
  for (const char* limit : {"4s", "12s", "36s"}) {
    Words words = WordsOf(GetParam());
    words[1] += "&connect_timeout=60";  // else a new connection would be Unavailable before
    words.insert(words.end(), {"--timeout", limit});
    relay_->After(kInTheMiddle, TcpRelay::Fault::kSilent);
    ExpectHelpful(Pg(words), 124, "Timeout");
    if (relay_->HasFault()) break;
  }
  EXPECT_TRUE(relay_->HasFault());
  Heal();
  ExpectNextSucceeds();
}

TEST_P(PgDisturbed, ALostNetworkIsTriedAgainAndThenUnavailable) {
  const std::size_t backups = Backups();
  const auto program = StartInto(TcpRelay::Fault::kCut);
  const ProgramRun run = program->WaitAtMost(minutes(3));
  ExpectHelpful(run, 75, "Unavailable");
  Heal();
  EXPECT_EQ(Backups(), backups);
  ExpectNextSucceeds();
}

TEST_P(PgDisturbed, ANetworkThatComesBackIsNoticedOnlyInTheLog) {
  const auto program = StartInto(TcpRelay::Fault::kBlip);
  const ProgramRun run = program->WaitAtMost(minutes(3));
  EXPECT_EQ(run.status, 0) << run.err;
  std::set<std::string> expected = before_;
  if (GetParam() != PgWork::kBackup) {
    expected.insert(kTarget);
    ExpectEqual("shop", kTarget);
  }
  ExpectNoDebris(expected);
}

TEST_P(PgDisturbed, AKilledRunLeavesWhatWasThereAndTheNextClearsUp) {
  const std::size_t backups = Backups();
  const auto program = StartInto(TcpRelay::Fault::kSilent);
  program->Signal(SIGKILL);
  EXPECT_EQ(program->WaitAtMost(minutes(3)).status, -SIGKILL);
  EXPECT_FALSE(Databases().contains(kTarget));
  Heal();
  EXPECT_EQ(Backups(), backups);
  ExpectNextSucceeds();
}

INSTANTIATE_TEST_SUITE_P(Work, PgDisturbed,
                         ::testing::Values(PgWork::kBackup, PgWork::kRestore, PgWork::kClone),
                         [](const auto& each) { return NameOf(each.param); });

class PgKilled : public PgCliTest {
 protected:
  /// Starts it, and kills it when the server's answer `text` is on the way: so long it has not seen
  /// it.
  void KillAtAnswer(const Words& words, const std::string& text) {
    relay_->OnAnswer(text, TcpRelay::Fault::kSilent);
    RunningProgram program(PgSpec(words));
    ASSERT_TRUE(relay_->AwaitFault());
    program.Signal(SIGKILL);
    EXPECT_EQ(program.WaitAtMost(minutes(3)).status, -SIGKILL);
    relay_->Set(TcpRelay::Fault::kCut);
    ExpectNoSession();
    relay_->Set(TcpRelay::Fault::kNone);
  }
};

TEST_F(PgKilled, AnOldTargetIsUntouchedUntilTheNewOneIsWhole) {
  PrepareFor(PgWork::kRestore);
  Sql("postgres", "CREATE DATABASE " + SqlName(kTarget));
  Sql(kTarget, "CREATE TABLE precious AS SELECT 42 AS answer");
  Words overwrite = WordsOf(PgWork::kRestore);
  overwrite.emplace_back("--overwrite");
  // While rows are loaded, and when all is there but the names are not swapped.
  for (const char* answer : {"COPY 40000", "CREATE INDEX"}) {
    KillAtAnswer(overwrite, answer);
    EXPECT_EQ(Value(kTarget, "SELECT answer FROM precious"), "42") << answer;
  }
  const ProgramRun next = Pg(overwrite);
  EXPECT_EQ(next.status, 0) << next.err;
  ExpectEqual("shop", kTarget);
  before_.insert(kTarget);
  ExpectNoDebris(before_);
  before_.erase(kTarget);
}

// The moment in which the database is there and nothing has been said about it.
TEST_F(PgKilled, ADatabaseThatWasJustMadeIsClearedUpToo) {
  PrepareFor(PgWork::kRestore);
  Words by_template = WordsOf(PgWork::kClone);
  by_template.back() = "strategy=template_wal_log";
  for (const Words& words : {WordsOf(PgWork::kRestore), WordsOf(PgWork::kClone), by_template}) {
    KillAtAnswer(words, "CREATE DATABASE");
    EXPECT_EQ(Databases().size(), before_.size() + 1) << words[0];
    const ProgramRun next = Pg(words);
    EXPECT_EQ(next.status, 0) << next.err;
    ExpectEqual("shop", kTarget);
    std::set<std::string> expected = before_;
    expected.insert(kTarget);
    ExpectNoDebris(expected);
    Sql("postgres", "DROP DATABASE " + SqlName(kTarget));
  }
}

TEST_F(PgKilled, BetweenTheSwapAndDroppingTheOldOne) {
  PrepareFor(PgWork::kRestore);
  Sql("postgres", "CREATE DATABASE " + SqlName(kTarget));
  Words overwrite = WordsOf(PgWork::kRestore);
  overwrite.emplace_back("--overwrite");
  KillAtAnswer(overwrite, "COMMIT");
  const ProgramRun next = Pg(overwrite);
  EXPECT_EQ(next.status, 0) << next.err;
  ExpectEqual("shop", kTarget);
  std::set<std::string> expected = before_;
  expected.insert(kTarget);
  ExpectNoDebris(expected);
}

}  // namespace
}  // namespace dbstow::test
