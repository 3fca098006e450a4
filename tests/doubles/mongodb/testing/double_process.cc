#include "doubles/mongodb/testing/double_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

namespace dbstow::doubles::mongodb::testing {

bool DoubleProcess::Start() {
  const std::string ready_file = folder_ / "ready.json";
  std::filesystem::remove(ready_file);
  std::vector<std::string> arguments = {DBSTOW_DOUBLE_MONGODB, "--data", folder_ / "data",
                                        "--ready-file", ready_file};
  for (const auto& [name, value] : settings_) {
    arguments.emplace_back("--set");
    arguments.push_back(name + "=" + value);
  }
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  child_ = ::fork();
  if (child_ == 0) {
    ::execv(words[0], words.data());
    ::_exit(127);
  }
  while (!std::filesystem::exists(ready_file)) {
    if (::waitpid(child_, nullptr, WNOHANG) != 0) {
      child_ = 0;
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ready_ = nlohmann::json::parse(std::ifstream(ready_file));
  return true;
}

void DoubleProcess::End(int signal) {
  if (child_ <= 0) return;
  ::kill(child_, signal);
  ::waitpid(child_, nullptr, 0);
  child_ = 0;
}

nlohmann::json DoubleProcess::Control(const nlohmann::json& request) const {
  const auto control = Connection::Dial("127.0.0.1", control_port());
  if (!control || !(*control)->WriteAll(AsBytes(request.dump() + "\n"))) return {};
  std::string answer;
  for (char byte = 0; byte != '\n'; answer += byte) {
    if (!(*control)->ReadExactly(std::as_writable_bytes(std::span(&byte, 1)))) return {};
  }
  return nlohmann::json::parse(answer);
}

}  // namespace dbstow::doubles::mongodb::testing
