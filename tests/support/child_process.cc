#include "support/child_process.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace dbstow::test {
namespace {

// glibc 2.36 declares pidfd_open without C linkage, so that C++ cannot link it.
int OpenProcessHandle(pid_t process) {
  return static_cast<int>(syscall(SYS_pidfd_open, process, 0));
}

Error Failed(const std::string& doing) {
  return Error(ErrorCode::kIoError, doing + ": " + std::strerror(errno));
}

// Everything a child needs, made before fork: between fork and exec only async-signal-safe calls
// are allowed, because other threads may have held the allocator's lock.
class Prepared {
 public:
  explicit Prepared(const ChildSpec& spec) : spec_(spec) {
    for (char** entry = environ; *entry != nullptr; ++entry) environment_.emplace_back(*entry);
    // Settings of the caller's own libpq must not reach a test's server.
    std::erase_if(environment_, [](const std::string& text) { return text.starts_with("PG"); });
    for (const std::string& entry : spec.environment) environment_.push_back(entry);
    for (std::string& entry : environment_) environment_pointers_.push_back(entry.data());
    environment_pointers_.push_back(nullptr);
    arguments_ = spec.arguments;
    for (std::string& entry : arguments_) argument_pointers_.push_back(entry.data());
    argument_pointers_.push_back(nullptr);
  }

  [[noreturn]] void Exec() {
    Redirect(spec_.output_file, STDOUT_FILENO);
    Redirect(spec_.error_file, STDERR_FILENO);
    const int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0) dup2(nothing, STDIN_FILENO);
    if (spec_.user) {
      const gid_t group = spec_.user->gid;
      if (setgroups(1, &group) != 0 || setgid(group) != 0 || setuid(spec_.user->uid) != 0) {
        _exit(126);
      }
    }
    if (chdir("/") != 0) _exit(126);
    execve(argument_pointers_[0], argument_pointers_.data(), environment_pointers_.data());
    _exit(127);
  }

 private:
  static void Redirect(const std::string& path, int target) {
    const char* name = path.empty() ? "/dev/null" : path.c_str();
    const int file = open(name, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file < 0 || dup2(file, target) < 0) _exit(125);
  }

  const ChildSpec& spec_;
  std::vector<std::string> environment_;
  std::vector<char*> environment_pointers_;
  std::vector<std::string> arguments_;
  std::vector<char*> argument_pointers_;
};

int StatusOf(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

struct Supervision {
  int lifeline;
  int report;
  char* const* remove_arguments;
};

// Runs in the supervisor process, which never returns to the caller's code.
[[noreturn]] void Supervise(Prepared& program, const Supervision& supervision) {
  setsid();
  // A signal to the terminal's group or a polite kill must not part the server from its watcher.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) signal(number, SIG_IGN);
  const pid_t child = fork();
  if (child == 0) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) signal(number, SIG_DFL);
    close(supervision.lifeline);
    program.Exec();
  }
  (void)!write(supervision.report, &child, sizeof child);
  close(supervision.report);
  if (child < 0) _exit(1);
  const int child_handle = OpenProcessHandle(child);
  std::array<pollfd, 2> events{{{supervision.lifeline, POLLIN, 0}, {child_handle, POLLIN, 0}}};
  while (poll(events.data(), events.size(), -1) < 0 && errno == EINTR) {
  }
  if (events[1].revents != 0) {
    int status = 0;
    waitpid(child, &status, 0);
    _exit(StatusOf(status));
  }
  kill(child, SIGQUIT);
  waitpid(child, nullptr, 0);
  if (supervision.remove_arguments[3] != nullptr) {
    execv(supervision.remove_arguments[0], supervision.remove_arguments);
  }
  _exit(0);
}

}  // namespace

Result<int> RunChild(const ChildSpec& spec) {
  Prepared prepared(spec);
  const pid_t child = fork();
  if (child < 0) return Failed("fork");
  if (child == 0) prepared.Exec();
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return Failed("waitpid");
  }
  return StatusOf(status);
}

Result<WatchedChild> StartWatched(const ChildSpec& spec, const std::string& cleanup_folder) {
  std::array<int, 2> lifeline{};
  std::array<int, 2> report{};
  if (pipe2(lifeline.data(), O_CLOEXEC) != 0 || pipe2(report.data(), O_CLOEXEC) != 0) {
    return Failed("pipe");
  }
  Prepared prepared(spec);
  std::array<std::string, 4> remove{"/bin/rm", "-rf", "--", cleanup_folder};
  std::array<char*, 5> remove_arguments{remove[0].data(), remove[1].data(), remove[2].data(),
                                        cleanup_folder.empty() ? nullptr : remove[3].data(),
                                        nullptr};
  const pid_t supervisor = fork();
  if (supervisor < 0) return Failed("fork");
  if (supervisor == 0) {
    // Our own copy of the writing end would keep the lifeline open for ever.
    close(lifeline[1]);
    close(report[0]);
    Supervise(prepared, {lifeline[0], report[1], remove_arguments.data()});
  }
  close(lifeline[0]);
  close(report[1]);
  pid_t program = -1;
  const bool told = read(report[0], &program, sizeof program) == sizeof program && program > 0;
  close(report[0]);
  if (!told) {
    close(lifeline[1]);
    waitpid(supervisor, nullptr, 0);
    return Error(ErrorCode::kIoError, "the supervisor could not start " + spec.arguments[0]);
  }
  return WatchedChild{supervisor, program, lifeline[1]};
}

Result<std::optional<OsUser>> UserToBecome(const std::string& name) {
  if (geteuid() != 0) return std::optional<OsUser>();
  const passwd* entry = getpwnam(name.c_str());
  if (entry == nullptr) {
    return Error(ErrorCode::kUnavailable, "there is no operating system user '" + name + "'");
  }
  return std::optional<OsUser>(OsUser{entry->pw_uid, entry->pw_gid});
}

}  // namespace dbstow::test
