#include "support/program_run.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

namespace dbstow::test {
namespace {

// Only what may be called between fork and exec.
[[noreturn]] void BecomeProgram(const std::string& folder, const std::string& out,
                                const std::string& err, char** words, char** environment) {
  if (!folder.empty() && chdir(folder.c_str()) != 0) _exit(126);
  const int input = open("/dev/null", O_RDONLY);
  const int output = open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int error = open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(error, 2) < 0) _exit(126);
  execve(words[0], words, environment);
  _exit(127);
}

}  // namespace

RunningProgram::RunningProgram(const ProgramSpec& spec) {
  std::vector<std::string> words = spec.words;
  const char* path = std::getenv("PATH");
  std::vector<std::string> environment = {std::string("PATH=") + (path != nullptr ? path : "")};
  for (const auto& [name, value] : spec.environment) environment.push_back(name + "=" + value);
  const std::vector<char*> word_pointers = ExecPointers(words);
  const std::vector<char*> environment_pointers = ExecPointers(environment);
  const std::string out = output_ / "out";
  const std::string err = output_ / "err";
  pid_ = fork();
  if (pid_ < 0) abort();  // never signal -1, which is everybody
  if (pid_ == 0) {
    BecomeProgram(spec.folder, out, err, const_cast<char**>(word_pointers.data()),
                  const_cast<char**>(environment_pointers.data()));
  }
}

RunningProgram::~RunningProgram() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void RunningProgram::Signal(int number) const {
  if (pid_ > 0) kill(pid_, number);
}

bool RunningProgram::AwaitStop() const {
  siginfo_t change{};
  while (waitid(P_PID, static_cast<id_t>(pid_), &change, WSTOPPED | WEXITED | WNOWAIT) < 0) {
    if (errno != EINTR) return false;
  }
  return change.si_code == CLD_STOPPED;
}

ProgramRun RunningProgram::Wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  return Ended(status);
}

ProgramRun RunningProgram::WaitAtMost(std::chrono::seconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < until) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) return Ended(status);
    usleep(2000);
  }
  Signal(SIGKILL);
  return Wait();
}

ProgramRun RunningProgram::Ended(int status) {
  pid_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
          ReadWholeFile(output_ / "out"), ReadWholeFile(output_ / "err")};
}

std::vector<char*> ExecPointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

ProgramRun RunProgram(const ProgramSpec& spec) { return RunningProgram(spec).Wait(); }

std::string ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace dbstow::test
