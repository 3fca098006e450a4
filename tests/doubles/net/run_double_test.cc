#include "doubles/net/run_double.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/fakes.h"

namespace dbstow::doubles {
namespace {

using nlohmann::json;

// Becomes the program; in a child after fork only.
[[noreturn]] void Become(const std::vector<std::string>& arguments) {
  std::vector<char*> words;
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  ::execv(words[0], words.data());
  ::_exit(127);
}

class RunDoubleTest : public testing::Test {
 protected:
  ~RunDoubleTest() override {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
  }

  std::vector<std::string> Command() const {
    return {DBSTOW_DOUBLE_ECHO, "--data", folder_ / "data", "--ready-file", folder_ / "ready.json"};
  }

  void Start() {
    const std::vector<std::string> command = Command();
    child_ = ::fork();
    if (child_ == 0) Become(command);
    ready_ = AwaitReady();
  }

  json AwaitReady() const {
    while (!std::filesystem::exists(folder_ / "ready.json")) std::this_thread::yield();
    return json::parse(std::ifstream(folder_ / "ready.json"));
  }

  int AwaitEnd() {
    int status = 0;
    ::waitpid(std::exchange(child_, 0), &status, 0);
    return status;
  }

  json Control(const std::string& line) const {
    const auto control = Connection::Dial("127.0.0.1", ready_.at("control_port").get<uint16_t>());
    EXPECT_TRUE(control) << control.error().ToString();
    EXPECT_TRUE((*control)->WriteAll(AsBytes(line + "\n")));
    std::string answer;
    for (char byte = 0; byte != '\n'; answer += byte) {
      if (!(*control)->ReadExactly(std::as_writable_bytes(std::span(&byte, 1)))) return answer;
    }
    return json::parse(answer);
  }

  std::unique_ptr<Connection> Client() const {
    auto client = Connection::Dial("127.0.0.1", ready_.at("port").get<uint16_t>());
    EXPECT_TRUE(client) << client.error().ToString();
    return std::move(*client);
  }

  test::ScratchFolder folder_;
  pid_t child_ = 0;
  json ready_;
};

TEST_F(RunDoubleTest, SaysWhereItAnswersAndEndsOnSigterm) {
  Start();
  EXPECT_EQ(ready_.at("name"), "echo");
  EXPECT_EQ(ready_.at("says"), "echo");
  EXPECT_EQ(ready_.at("pid"), child_);
  EXPECT_TRUE(std::filesystem::exists(ready_.at("certificate").get<std::string>()));
  const auto client = Client();
  char answer = '?';
  ASSERT_TRUE(client->WriteAll(AsBytes("x")));
  ASSERT_TRUE(client->ReadExactly(std::as_writable_bytes(std::span(&answer, 1))));
  EXPECT_EQ(answer, 'x');
  ::kill(child_, SIGTERM);
  const int status = AwaitEnd();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(RunDoubleTest, HasTheCommandsOfEveryDouble) {
  Start();
  EXPECT_EQ(Control(R"({"command": "ping"})"), (json{{"ok", true}}));
  EXPECT_EQ(Control(R"({"command": "delay", "ms": 60000})"), (json{{"ok", true}}));
  const auto client = Client();
  ASSERT_TRUE(client->WriteAll(AsBytes("x")));
  EXPECT_FALSE(*client->HasInput(In(std::chrono::milliseconds(50))));
  json cut;
  // The double may not have accepted us yet.
  do cut = Control(R"({"command": "cut"})");
  while (cut.at("cut") == 0);
  std::byte byte{};
  const Result<std::size_t> after = client->Read({&byte, 1}, In(std::chrono::minutes(1)));
  EXPECT_TRUE(!after || *after == 0);
  Control(R"({"command": "shutdown"})");
  const int status = AwaitEnd();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(RunDoubleTest, EndsWhenItsParentDies) {
  // Orphans come to us, so that the end of the grandchild can be awaited.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const std::vector<std::string> command = Command();
  const pid_t parent = ::fork();
  if (parent == 0) {
    if (::fork() == 0) Become(command);
    ::pause();
    ::_exit(0);
  }
  child_ = AwaitReady().at("pid").get<pid_t>();
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  const int status = AwaitEnd();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(RunDoubleTest, RefusesWrongArguments) {
  const std::vector<std::vector<std::string>> wrong = {
      {DBSTOW_DOUBLE_ECHO},
      {DBSTOW_DOUBLE_ECHO, "--data", folder_ / "data", "--port", "65536"},
      {DBSTOW_DOUBLE_ECHO, "--data", folder_ / "data", "--set", "no equals sign"},
      {DBSTOW_DOUBLE_ECHO, "--data"},
      {DBSTOW_DOUBLE_ECHO, "--dance", "1"}};
  for (const std::vector<std::string>& command : wrong) {
    child_ = ::fork();
    if (child_ == 0) Become(command);
    const int status = AwaitEnd();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 2) << command.back();
  }
}

}  // namespace
}  // namespace dbstow::doubles
