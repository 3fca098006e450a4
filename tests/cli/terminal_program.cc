#include "terminal_program.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <vector>

namespace dbstow::test {
TerminalProgram::TerminalProgram(const ProgramSpec& spec) {
  std::vector<std::string> words = spec.words;
  std::vector<std::string> environment = {"TERM=xterm"};
  for (const auto& [name, value] : spec.environment) environment.push_back(name + "=" + value);
  const std::vector<char*> word_pointers = ExecPointers(words);
  const std::vector<char*> environment_pointers = ExecPointers(environment);
  pid_ = forkpty(&terminal_, nullptr, nullptr, nullptr);
  if (pid_ < 0) std::abort();  // never signal -1, which is everybody
  if (pid_ == 0) {
    if (chdir(spec.folder.c_str()) != 0) _exit(126);
    execve(word_pointers[0], word_pointers.data(), environment_pointers.data());
    _exit(127);
  }
}

TerminalProgram::~TerminalProgram() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(terminal_);
}

void TerminalProgram::Type(std::string_view line) {
  const std::string text = std::string(line) + "\n";
  if (write(terminal_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    std::abort();
  }
}

void TerminalProgram::Signal(int number) const {
  if (pid_ > 0) kill(pid_, number);
}

bool TerminalProgram::Read(std::chrono::milliseconds limit) {
  pollfd event{terminal_, POLLIN, 0};
  if (poll(&event, 1, static_cast<int>(limit.count())) <= 0) return true;
  std::array<char, 4096> piece{};
  const ssize_t count = read(terminal_, piece.data(), piece.size());
  if (count <= 0) return false;  // EIO: nobody has the other end any more
  shown_.append(piece.data(), static_cast<std::size_t>(count));
  return true;
}

std::string TerminalProgram::ShownUntil(std::string_view text, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (shown_.find(text) == std::string::npos && std::chrono::steady_clock::now() < until) {
    if (!Read(std::chrono::milliseconds(5))) break;
  }
  return shown_;
}

ProgramRun TerminalProgram::Wait() {
  while (Read(std::chrono::seconds(1))) {
  }
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), shown_, ""};
}

}  // namespace dbstow::test
