#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "support/program_run.h"

namespace dbstow::test {

/// A program whose input, output and errors are one terminal, which the test sits at.
class TerminalProgram {
 public:
  explicit TerminalProgram(const ProgramSpec& spec);
  ~TerminalProgram();
  TerminalProgram(const TerminalProgram&) = delete;
  TerminalProgram& operator=(const TerminalProgram&) = delete;

  void Type(std::string_view line);
  void Signal(int number) const;
  /// Everything shown so far, once it holds `text`, the program has ended or the time is up.
  std::string ShownUntil(std::string_view text, std::chrono::milliseconds limit);
  /// Reads to the end; `out` is all that was shown.
  [[nodiscard]] ProgramRun Wait();

 private:
  // Adds what is shown within the time; false when there will be no more.
  [[nodiscard]] bool Read(std::chrono::milliseconds limit);

  int terminal_ = -1;
  int pid_ = -1;
  std::string shown_;
};

}  // namespace dbstow::test
