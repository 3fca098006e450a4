#include "secrets/exec/exec_secret_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "io/system_clock.h"
#include "secrets/exec/command_line.h"
#include "support/fakes.h"

namespace dbstow::secrets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(SplitCommandLine, SplitsWithoutAShell) {
  EXPECT_THAT(*SplitCommandLine("/bin/get  a 'b c' \"d 'e'\" f\\ g '' h$HOME"),
              ElementsAre("/bin/get", "a", "b c", "d 'e'", "f g", "", "h$HOME"));
  EXPECT_THAT(*SplitCommandLine("'/opt/my tools/get'"), ElementsAre("/opt/my tools/get"));
  EXPECT_THAT(*SplitCommandLine("/bin/get 'a\\b'"), ElementsAre("/bin/get", "a\\b"));
}

TEST(SplitCommandLine, RefusesWhatItCannotRun) {
  for (const std::string_view bad :
       {"", "  ", "get-password", "./get", "/bin/get 'open", "/bin/get \\"}) {
    EXPECT_EQ(SplitCommandLine(bad).error().code(), ErrorCode::kInvalidOptions) << bad;
  }
}

class ExecSecretProviderTest : public ::testing::Test {
 protected:
  // A program that does what `script` says; real processes, as that is what can go wrong. The shell
  // is named, as no program may be run from some machines' folders for temporary files (noexec).
  std::string Program(const std::string& script) {
    const std::string path = folder / "get";
    std::ofstream(path) << script << "\n";
    return "/bin/sh \"" + path + "\"";
  }
  Result<SecretString> Fetch(const std::string& key) { return provider->Fetch(key, {}, {}); }
  Error Refused(const std::string& script) {
    auto secret = Fetch(Program(script));
    if (secret) return Error(ErrorCode::kInternal, "it was not refused");
    EXPECT_THAT(secret.error().ToString(), Not(HasSubstr("hunter2")));
    return secret.error();
  }

  test::ScratchFolder folder;
  std::unique_ptr<io::ProcessRunner> processes = io::CreatePosixProcessRunner();
  std::unique_ptr<Clock> clock = io::CreateSystemClock();
  std::unique_ptr<SecretProvider> provider = CreateExecSecretProvider({*processes, *clock});
};

TEST_F(ExecSecretProviderTest, TakesWhatTheProgramPrints) {
  EXPECT_EQ(Fetch(Program("echo hunter2"))->Reveal(), "hunter2");
  EXPECT_EQ(Fetch(Program("printf '%s|' \"$@\"") + " a 'b c'")->Reveal(), "a|b c|");
}

TEST_F(ExecSecretProviderTest, AFailingProgramIsRefusedWithoutItsOutput) {
  const Error failed = Refused("echo hunter2; echo hunter2 >&2; exit 3");
  EXPECT_EQ(failed.code(), ErrorCode::kAuthenticationFailed);
  EXPECT_THAT(failed.message(), HasSubstr("status 3"));
  EXPECT_THAT(Refused("echo hunter2; kill -9 $$").message(), HasSubstr("signal 9"));
  EXPECT_THAT(Refused("exit 0").message(), HasSubstr("printed nothing"));
}

TEST_F(ExecSecretProviderTest, TooMuchOutputIsRefusedWhileItRuns) {
  EXPECT_EQ(Refused("while :; do echo hunter2; done").code(), ErrorCode::kInvalidOptions);
}

TEST_F(ExecSecretProviderTest, AMissingProgramIsNotFound) {
  EXPECT_EQ(Fetch("/no/such/program").error().code(), ErrorCode::kNotFound);
}

TEST_F(ExecSecretProviderTest, AProgramThatHangsIsEndedByTheLimitTheDeadlineOrAStop) {
  const std::string hanging = Program("sleep 1000");
  const auto impatient = CreateExecSecretProvider({*processes, *clock}, std::chrono::seconds(0));
  EXPECT_EQ(impatient->Fetch(hanging, {}, {}).error().code(), ErrorCode::kTimeout);
  const Deadline soon = Deadline::After(*clock, std::chrono::milliseconds(50));
  EXPECT_EQ(provider->Fetch(hanging, soon, {}).error().code(), ErrorCode::kTimeout);
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  EXPECT_EQ(provider->Fetch(hanging, {}, source.get_token()).error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace dbstow::secrets
