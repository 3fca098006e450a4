#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/fakes.h"

namespace dbstow::test {

/// What a program did.
struct ProgramRun {
  int status = -1;  ///< exit status, or minus the signal that ended it
  std::string out;
  std::string err;
};

struct ProgramSpec {
  std::vector<std::string> words;                  ///< the program's path first
  std::map<std::string, std::string> environment;  ///< replaces ours, but for PATH
  std::string folder;                              ///< to run in; empty: ours
};

/// A program that runs beside the test, its output going to files. Killed when still there at the
/// end.
class RunningProgram {
 public:
  explicit RunningProgram(const ProgramSpec& spec);
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  [[nodiscard]] int pid() const { return pid_; }
  void Signal(int number) const;
  /// Blocks until it has stopped; false when it has ended instead.
  [[nodiscard]] bool AwaitStop() const;
  /// Blocks until it has ended; to be called once.
  [[nodiscard]] ProgramRun Wait();
  /// The same; one that has not ended by then is killed.
  [[nodiscard]] ProgramRun WaitAtMost(std::chrono::seconds limit);

 private:
  [[nodiscard]] ProgramRun Ended(int wait_status);

  ScratchFolder output_;
  int pid_ = -1;
};

/// What `execve` takes: the texts, which must outlive it, and a null at the end.
[[nodiscard]] std::vector<char*> ExecPointers(std::vector<std::string>& texts);

[[nodiscard]] ProgramRun RunProgram(const ProgramSpec& spec);
[[nodiscard]] std::string ReadWholeFile(const std::string& path);

}  // namespace dbstow::test
