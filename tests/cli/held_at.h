#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <utility>

#include "support/program_run.h"

// What comes in the middle of a program's work, and does so however fast or slow the machine is.

namespace dbstow::test {

/// The same program, but that it stops itself (`RunningProgram::AwaitStop`) once it has opened a
/// path with `part` in it. Continued with SIGCONT, it first takes what signals wait for it, and
/// goes on 20 ms later at the earliest.
[[nodiscard]] inline ProgramSpec HeldAt(const std::string& part, ProgramSpec spec) {
  spec.environment["LD_PRELOAD"] = DBSTOW_HELD_AT;
  spec.environment["HELD_AT"] = part;
  return spec;
}

/// Runs it, and signals it there.
[[nodiscard]] inline ProgramRun SignalledAt(const std::string& part, ProgramSpec spec, int signal) {
  RunningProgram program(HeldAt(part, std::move(spec)));
  EXPECT_TRUE(program.AwaitStop()) << "it never came to " << part;
  program.Signal(signal);
  program.Signal(SIGCONT);
  return program.Wait();
}

/// Runs it, and lets some time pass there, if it comes there at all.
[[nodiscard]] inline ProgramRun DelayedAt(const std::string& part, ProgramSpec spec) {
  RunningProgram program(HeldAt(part, std::move(spec)));
  if (program.AwaitStop()) program.Signal(SIGCONT);
  return program.Wait();
}

}  // namespace dbstow::test
