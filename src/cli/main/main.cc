#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "app/environment.h"
#include "app/signals.h"
#include "cli/run.h"

namespace {

using namespace dbstow;

// A core dump, or a debugger of the same user, would see passphrases.
void KeepMemoryPrivate() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

// What the caller closed would be the number of the next file that is opened, and what is said to a
// person would be written into that file.
void FillStandardDescriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest number that is free is this one.
    if (::open("/dev/null", O_RDWR) != fd) std::_Exit(EXIT_FAILURE);
  }
}

// Whoever starts us may have left signals ignored, and that is inherited.
void SetSignals() {
  // Each of these ends a program that does not ask for the error that the call would give.
  ::signal(SIGPIPE, SIG_IGN);  // a reader that went away
  ::signal(SIGXFSZ, SIG_IGN);  // a file that would pass the limit of `ulimit -f`
  // Ignored, it hides how our children ended.
  ::signal(SIGCHLD, SIG_DFL);
}

// Looks for a stop request while it waits; an empty answer confirms nothing.
std::string AskPerson(const std::stop_token& stop) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (::poll(&input, 1, 100) <= 0) {
    if (stop.stop_requested()) return "";
  }
  std::string line;
  std::getline(std::cin, line);
  return line;
}

int RunProgram(int argc, char** argv) {
  FillStandardDescriptors();
  KeepMemoryPrivate();
  SetSignals();
  std::ios::sync_with_stdio(false);
  SecretString passphrase = app::TakeFromEnvironment("DBSTOW_PASSPHRASE");
  const auto signals = app::StopOnSignals();

  const std::vector<std::string> words(argv + 1, argv + argc);
  const bool watched = ::isatty(STDERR_FILENO) == 1;
  const bool json = cli::WantsJson(words);
  const auto output =
      json ? cli::CreateJsonOutput(std::cout)
           : cli::CreateHumanOutput(std::cout, std::cerr,
                                    watched ? cli::Audience::kTerminal : cli::Audience::kLog);
  cli::Surroundings surroundings{*output};
  if (signals) {
    surroundings.stop = (*signals)->token();
  } else {
    output->ShowLog(LogLevel::kWarning, "Ctrl-C ends this run at once, not cleanly",
                    {{"why", signals.error().message()}, {"next", signals.error().hint()}});
  }
  surroundings.passphrase = std::move(passphrase);
  if (watched && !json && ::isatty(STDIN_FILENO) == 1) {
    surroundings.ask = [stop = surroundings.stop] { return AskPerson(stop); };
  }
  surroundings.progress_pace =
      watched && !json ? std::chrono::milliseconds(100) : std::chrono::milliseconds(1000);
  return cli::Run(words, surroundings);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return RunProgram(argc, argv);
  } catch (...) {
    // Nothing that takes memory: this is what had none even to say so.
    constexpr std::string_view kText =
        "error: the memory that it takes cannot be had [OutOfSpace]\n"
        "  next: give it more: ulimit -v, the limit of its cgroup or container\n";
    [[maybe_unused]] const auto said = ::write(STDERR_FILENO, kText.data(), kText.size());
    return EXIT_FAILURE;
  }
}
