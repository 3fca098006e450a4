#include <signal.h>
#include <unistd.h>

#include <filesystem>

#include "cli_fixture.h"
#include "terminal_program.h"

namespace dbstow::test {
namespace {

constexpr std::chrono::seconds kPatience{60};

class TerminalTest : public CliTest {
 protected:
  Words Overwrite() {
    Sql(target_, "create table mine(x); insert into mine values (42)");
    return {"restore", instance_, "--from",    "latest",     "--target",
            target_,   "--repo",  repository_, "--overwrite"};
  }
  const std::string target_ = folder_ / "back.db";
};

TEST_F(TerminalTest, OverwritingAsksAndDoesItWhenTheNameIsTyped) {
  Backup();
  TerminalProgram program(Spec(Overwrite()));
  const std::string question = program.ShownUntil("to go on:", kPatience);
  EXPECT_NE(question.find("replaces " + target_), std::string::npos) << question;
  EXPECT_EQ(Ask(target_, "select x from mine"), "42") << "nothing happens before the answer";
  program.Type(target_);
  const ProgramRun run = program.Wait();
  EXPECT_EQ(run.status, 0) << run.out;
  EXPECT_EQ(Ask(target_, "select count(*) from t"), "2000");
}

TEST_F(TerminalTest, AnythingElseConfirmsNothing) {
  Backup();
  for (const char* answer : {"yes", ""}) {
    std::filesystem::remove(target_);
    TerminalProgram program(Spec(Overwrite()));
    program.ShownUntil("to go on:", kPatience);
    program.Type(answer);
    const ProgramRun run = program.Wait();
    EXPECT_EQ(run.status, 9) << run.out;
    EXPECT_NE(run.out.find("not confirmed"), std::string::npos) << run.out;
    EXPECT_NE(run.out.find("[SafetyRefused]"), std::string::npos) << run.out;
    EXPECT_NE(run.out.find("--yes"), std::string::npos) << run.out;
    EXPECT_EQ(Ask(target_, "select x from mine"), "42");
  }
}

TEST_F(TerminalTest, YesIsNotAsked) {
  Backup();
  Words words = Overwrite();
  words.emplace_back("--yes");
  TerminalProgram program(Spec(words));
  const ProgramRun run = program.Wait();
  EXPECT_EQ(run.status, 0) << run.out;
  EXPECT_EQ(run.out.find("to go on"), std::string::npos) << run.out;
}

TEST_F(TerminalTest, AKeyIsRemovedAfterItsNameIsTyped) {
  Backup();
  const ProgramRun add =
      WithRepo({"key", "add", "--new-secret", "env:SECOND"}, {{"SECOND", "another"}});
  ASSERT_EQ(add.status, 0) << add.err;
  const std::string slot = add.out.substr(0, add.out.find('\n'));
  for (const auto& [answer, status] : {std::pair(std::string("no"), 9), std::pair(slot, 0)}) {
    TerminalProgram program(Spec({"key", "remove", slot, "--repo", repository_}));
    program.ShownUntil("to go on:", kPatience);
    program.Type(answer);
    EXPECT_EQ(program.Wait().status, status);
  }
}

TEST_F(TerminalTest, AnInterruptedQuestionEndsTheCommand) {
  Backup();
  TerminalProgram program(Spec(Overwrite()));
  program.ShownUntil("to go on:", kPatience);
  program.Signal(SIGINT);
  EXPECT_NE(program.Wait().status, 0);
  EXPECT_EQ(Ask(target_, "select x from mine"), "42");
}

TEST_F(TerminalTest, WhatTakesLongHasABarThatGoesAway) {
  Fill(database_, 150'000);
  TerminalProgram program(Spec({"backup", instance_, "--repo", repository_}));
  // Held up now and then, so that it takes long enough to be watched on any machine.
  std::string shown;
  for (int round = 0; round < 200 && shown.find("%") == std::string::npos; ++round) {
    program.Signal(SIGSTOP);
    usleep(120'000);
    program.Signal(SIGCONT);
    shown = program.ShownUntil("%", std::chrono::milliseconds(20));
  }
  const ProgramRun run = program.Wait();
  EXPECT_EQ(run.status, 0) << run.out;
  const std::size_t bar = run.out.find("  [");
  ASSERT_NE(bar, std::string::npos) << run.out;
  EXPECT_NE(run.out.find("% ", bar), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("\r\033[K", bar), std::string::npos) << "the bar is wiped";
  const std::string last = run.out.substr(run.out.rfind("\033[K"));
  EXPECT_EQ(last.find("  ["), std::string::npos) << last;
  EXPECT_NE(last.find("backed up"), std::string::npos) << last;
}

}  // namespace
}  // namespace dbstow::test
