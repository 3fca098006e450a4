#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "io/process_runner.h"
#include "io/system_clock.h"
#include "support/fakes.h"

namespace dbstow::io {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ProcessRunnerTest : public ::testing::Test {
 protected:
  Result<ProcessOutcome> Shell(const std::string& script, Deadline deadline = {},
                               std::stop_token stop = {}) {
    Command command{"/bin/sh", {"-c", script}, {}, {}, {}};
    return Run(command, deadline, std::move(stop));
  }
  Result<ProcessOutcome> Run(const Command& command, Deadline deadline = {},
                             std::stop_token stop = {}) {
    return runner_->Run(
        command,
        [this](ByteView bytes) -> Result<void> {
          output_ += AsText(bytes);
          return {};
        },
        *clock_, deadline, std::move(stop));
  }
  static bool IsGone(const std::string& pid_text) {
    EXPECT_FALSE(pid_text.empty()) << "it was never said who";
    // A killed grandchild may be a zombie of init for a moment, and longer on a busy machine.
    for (int i = 0; i < 6000; ++i) {
      std::ifstream status("/proc/" + pid_text + "/stat");
      std::string line;
      std::getline(status, line);
      if (line.empty() || line.find(") Z ") != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  std::unique_ptr<Clock> clock_ = CreateSystemClock();
  std::unique_ptr<ProcessRunner> runner_ = CreatePosixProcessRunner();
  std::string output_;
};

TEST_F(ProcessRunnerTest, ChildrenInheritTheEnvironmentButForWhatIsWithheld) {
  ASSERT_EQ(setenv("DBSTOW_TEST_PLAIN", "plain", 1), 0);
  ASSERT_EQ(setenv("DBSTOW_TEST_SECRET", "canary", 1), 0);
  runner_->Withhold("DBSTOW_TEST_SECRET");
  ASSERT_TRUE(Shell("env"));
  EXPECT_THAT(output_, HasSubstr("DBSTOW_TEST_PLAIN=plain"));
  EXPECT_THAT(output_, Not(HasSubstr("canary")));
  unsetenv("DBSTOW_TEST_PLAIN");
  unsetenv("DBSTOW_TEST_SECRET");
}

TEST_F(ProcessRunnerTest, GivesOutputErrorsAndStatus) {
  const auto outcome = Shell("echo out; echo err >&2; exit 3");
  ASSERT_TRUE(outcome) << outcome.error().ToString();
  EXPECT_EQ(output_, "out\n");
  EXPECT_EQ(outcome->error_tail, "err\n");
  EXPECT_EQ(outcome->exit_status, 3);
  EXPECT_FALSE(outcome->ok());
}

TEST_F(ProcessRunnerTest, TellsASignalFromAnExit) {
  const auto outcome = Shell("kill -9 $$");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->signal, SIGKILL);
}

TEST_F(ProcessRunnerTest, NamesAMissingProgram) {
  for (const char* program : {"no-such-program-here", "/no/such/program"}) {
    const auto outcome = Run({program, {}, {}, {}, {}});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code(), ErrorCode::kNotFound);
    EXPECT_THAT(outcome.error().message(), HasSubstr(program));
    EXPECT_THAT(outcome.error().hint(), HasSubstr("path"));
  }
}

// Ignored signals would stay so in the child, which may count on being ended by them.
TEST_F(ProcessRunnerTest, ChildrenAreEndedByTheSignalsThatWeIgnore) {
  for (const int number : {SIGPIPE, SIGXFSZ}) {
    const auto before = signal(number, SIG_IGN);
    const auto outcome = Shell("kill -" + std::to_string(number) + " $$; exit 3");
    signal(number, before);
    ASSERT_TRUE(outcome) << outcome.error().ToString();
    EXPECT_EQ(outcome->signal, number);
  }
}

// The system then drops how a child ended; that must be nobody's success.
TEST_F(ProcessRunnerTest, WithoutSigchldTheEndIsUnknown) {
  const auto before = signal(SIGCHLD, SIG_IGN);
  const auto good = Shell("exit 0");
  const auto bad = Shell("exit 3");
  // It waits for its input, and so cannot end, and take its output with it, before we look.
  const std::string ask = "read line; grep SigIgn /proc/self/status";
  const auto asking = Run({"/bin/sh", {"-c", ask}, {}, {}, Bytes(1, std::byte{'\n'})});
  signal(SIGCHLD, before);
  for (const auto& outcome : {good, bad, asking}) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code(), ErrorCode::kIoError);
    EXPECT_THAT(outcome.error().message(), HasSubstr("unknown"));
    EXPECT_THAT(outcome.error().hint(), HasSubstr("SIGCHLD"));
  }
  // The child itself has its own children, and wants to know how they end.
  ASSERT_THAT(output_, HasSubstr(":"));
  const std::uint64_t ignored = std::stoull(output_.substr(output_.find(':') + 1), nullptr, 16);
  EXPECT_EQ(ignored & (1u << (SIGCHLD - 1)), 0u) << output_;
}

// Linux before 6.15 has another error for a child that has gone while its group has members.
TEST_F(ProcessRunnerTest, WithoutSigchldTheEndIsUnknownWhoeverOfTheGroupLives) {
  const auto before = signal(SIGCHLD, SIG_IGN);
  std::vector<Result<ProcessOutcome>> outcomes;
  for (int i = 0; i < 100; ++i) outcomes.push_back(Shell("sleep 60 >/dev/null 2>&1 & exit 0"));
  signal(SIGCHLD, before);
  for (const auto& outcome : outcomes) {
    ASSERT_FALSE(outcome);
    EXPECT_THAT(outcome.error().message(), HasSubstr("is unknown")) << outcome.error().ToString();
  }
}

TEST_F(ProcessRunnerTest, AnEndThatSomebodyElseTookIsUnknown) {
  // Of all children: as process 1 of a container we also have orphans of other tests.
  const auto take_the_end = [](ByteView) -> Result<void> {
    EXPECT_GT(waitpid(-1, nullptr, 0), 0);
    while (waitpid(-1, nullptr, 0) > 0) {
    }
    return {};
  };
  const auto outcome =
      runner_->Run({"/bin/sh", {"-c", "echo; exit 3"}, {}, {}, {}}, take_the_end, *clock_, {}, {});
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().hint(), HasSubstr("waitpid(-1)"));
}

TEST_F(ProcessRunnerTest, AHostMayHaveClosedItsStandardStreams) {
  std::array<int, 3> kept{};
  for (int fd = 0; fd < 3; ++fd) kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
  for (int fd = 0; fd < 3; ++fd) close(fd);
  const auto outcome = Run({"/bin/sh",
                            {"-c", "cat $PASS -; echo err >&2; exit 3"},
                            {},
                            {{"PASS", "canary"}},
                            Bytes(9, std::byte{'x'})});
  const auto missing = Run({"/no/such/program", {}, {}, {}, {}});
  for (int fd = 0; fd < 3; ++fd) {
    dup2(kept[fd], fd);
    close(kept[fd]);
  }
  ASSERT_TRUE(outcome) << outcome.error().ToString();
  EXPECT_EQ(output_, "canaryxxxxxxxxx");
  EXPECT_EQ(outcome->error_tail, "err\n");
  EXPECT_EQ(outcome->exit_status, 3);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
}

TEST_F(ProcessRunnerTest, LargeInputAndOutputDoNotDeadlock) {
  Command command{"cat", {}, {}, {}, Bytes(5'000'000, std::byte{'x'})};
  const auto outcome = Run(command);
  ASSERT_TRUE(outcome) << outcome.error().ToString();
  EXPECT_EQ(output_.size(), 5'000'000u);
}

TEST_F(ProcessRunnerTest, AProgramMayIgnoreItsInput) {
  Command command{"true", {}, {}, {}, Bytes(5'000'000, std::byte{'x'})};
  const auto outcome = Run(command);
  ASSERT_TRUE(outcome) << outcome.error().ToString();
  EXPECT_TRUE(outcome->ok());
}

TEST_F(ProcessRunnerTest, ASecretIsAPrivateFileAndNowhereElse) {
  Command command{"/bin/sh",
                  {"-c",
                   "cat $PASS; stat -L -c ' %a %F' $PASS; tr '\\0' ' ' </proc/$$/cmdline; "
                   "tr '\\0' ' ' </proc/$$/environ"},
                  {{"PLAIN", "visible"}, {"LC_ALL", "C"}},  // stat speaks other languages, too
                  {{"PASS", "hunter2"}},
                  {}};
  const auto outcome = Run(command);
  ASSERT_TRUE(outcome && outcome->ok());
  EXPECT_THAT(output_, HasSubstr("hunter2 600 regular file"));
  EXPECT_THAT(output_, HasSubstr("PLAIN=visible"));
  EXPECT_EQ(output_.find("hunter2"), output_.rfind("hunter2"));
}

TEST_F(ProcessRunnerTest, StopKillsTheWholeGroup) {
  std::stop_source source;
  std::jthread stopper;
  // Told that its child is there, somebody else stops it.
  const auto stop_it = [&](ByteView bytes) -> Result<void> {
    output_ += AsText(bytes);
    stopper = std::jthread([&source] { source.request_stop(); });
    return {};
  };
  const std::string script = "trap '' TERM; sleep 1000 & echo $!; wait; sleep 1000";
  const auto outcome = runner_->Run({"/bin/sh", {"-c", script}, {}, {}, {}}, stop_it, *clock_, {},
                                    source.get_token());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::kCancelled);
  EXPECT_TRUE(IsGone(output_.substr(0, output_.find('\n'))));
}

TEST_F(ProcessRunnerTest, TheDeadlineEndsIt) {
  const auto outcome =
      Shell("sleep 1000", Deadline::After(*clock_, std::chrono::milliseconds(100)));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::kTimeout);
}

TEST_F(ProcessRunnerTest, ABackgroundChildDoesNotKeepUsWaiting) {
  const auto outcome = Shell("sleep 1000 & echo $!");
  ASSERT_TRUE(outcome) << outcome.error().ToString();
  EXPECT_TRUE(IsGone(output_.substr(0, output_.find('\n'))));
}

TEST_F(ProcessRunnerTest, AFailingConsumerEndsTheProgram) {
  const auto outcome =
      runner_->Run({"yes", {}, {}, {}, {}},
                   [](ByteView) -> Result<void> { return Error(ErrorCode::kOutOfSpace, "full"); },
                   *clock_, Deadline::Never(), {});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::kOutOfSpace);
}

TEST_F(ProcessRunnerTest, OnlyTheTailOfErrorsIsKept) {
  const auto outcome = Shell("yes | head -c 1000000 >&2; echo last >&2");
  ASSERT_TRUE(outcome);
  EXPECT_LE(outcome->error_tail.size(), 64u * 1024);
  EXPECT_THAT(outcome->error_tail, ::testing::EndsWith("last\n"));
}

}  // namespace
}  // namespace dbstow::io
