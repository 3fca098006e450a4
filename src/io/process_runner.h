#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "dbstow/core/bytes.h"
#include "dbstow/core/clock.h"
#include "dbstow/core/result.h"

namespace dbstow::io {

/// A program to run, without a shell. Secrets go in by `secret_files`, never by `arguments`.
struct Command {
  std::string program;  ///< a path, or a name looked up in PATH
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  ///< added to or replacing ours
  /// Each becomes an anonymous in-memory file, mode 0600, open in the child; its path
  /// (`/proc/self/fd/N`) is put into the named environment variable. Never on disk.
  std::vector<std::pair<std::string, std::string>> secret_files;
  Bytes input;  ///< given on standard input, then end of file
};

struct ProcessOutcome {
  int exit_status = 0;     ///< when it exited
  int signal = 0;          ///< when a signal ended it
  std::string error_tail;  ///< the last 64 KiB of standard error
  [[nodiscard]] bool ok() const { return exit_status == 0 && signal == 0; }
};

/// Runs child programs. Each runs in a process group of its own, which is killed as a whole on
/// cancellation, deadline or a failing consumer. Thread-safe.
class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  /// `consume` gets standard output piece by piece, in the calling thread. A program that ran and
  /// failed is an outcome, not an error. Errors: NotFound (no such program), Cancelled, Timeout,
  /// IOError (also when its end is unknown: SIGCHLD is ignored, or another thread of this process
  /// reaped it), or what `consume` returned.
  [[nodiscard]] virtual Result<ProcessOutcome> Run(
      const Command& command, const std::function<Result<void>(ByteView)>& consume, Clock& clock,
      Deadline deadline, std::stop_token stop) = 0;
  /// From now on children do not inherit this environment variable of ours: it holds a secret.
  virtual void Withhold(const std::string& variable) = 0;
};

[[nodiscard]] std::unique_ptr<ProcessRunner> CreatePosixProcessRunner();

}  // namespace dbstow::io
