#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <optional>
#include <set>

#include "io/process_image.h"
#include "io/process_runner.h"

namespace dbstow::io {
namespace {

constexpr std::size_t kErrorTail = 64 * 1024;
constexpr std::size_t kReadSize = 256 * 1024;
constexpr auto kGrace = std::chrono::milliseconds(400);  // between SIGTERM and SIGKILL
constexpr auto kDrain = std::chrono::milliseconds(300);  // for pipes that outlive the program

// Whether the program did its work is not known then, and must not be guessed.
Error LostEnd(std::string_view program) {
  return Error(ErrorCode::kIoError,
               "how '" + std::string(program) +
                   "' ended is unknown: this process ignores SIGCHLD, or reaped a child that it "
                   "did not start")
      .WithHint(
          "leave SIGCHLD at its default (no SIG_IGN, no SA_NOCLDWAIT), and wait for your own "
          "children by their ids, not for any (waitpid(-1), wait)");
}

struct Pipe {
  Descriptor read;
  Descriptor write;
};

std::optional<Pipe> MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  Descriptor read(ends[0]);
  Descriptor write(ends[1]);
  Pipe pipe{AboveTheStandardStreams(std::move(read)), AboveTheStandardStreams(std::move(write))};
  if (!pipe.read.open() || !pipe.write.open()) return std::nullopt;
  return pipe;
}

// Runs in the forked child. Never returns.
[[noreturn]] void Become(ProcessImage& image, int input, int output, int errors, int report,
                         pid_t parent) {
  const auto fail = [report] {
    const int number = errno;
    [[maybe_unused]] const ssize_t ignored = write(report, &number, sizeof number);
    _exit(127);
  };
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_DFL);
  signal(SIGCHLD, SIG_DFL);
  if (setpgid(0, 0) != 0) fail();
  // A killed dbstow must not leave its children at work.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail();
  if (getppid() != parent) _exit(127);
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0) fail();
  for (const Descriptor& secret : image.secrets) {
    if (fcntl(secret.get(), F_SETFD, 0) != 0) fail();
  }
  execve(image.path.c_str(), image.argv.data(), image.envp.data());
  fail();
  _exit(127);
}

/// One running child and the pipes to it.
class Child {
 public:
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    kill(-pid_, SIGKILL);
    Reap();
  }

  Result<void> Start(const Command& command, const std::set<std::string>& withheld) {
    DBSTOW_ASSIGN(ProcessImage image, MakeProcessImage(command, withheld));
    auto input = MakePipe();
    auto output = MakePipe();
    auto errors = MakePipe();
    auto report = MakePipe();
    if (!input || !output || !errors || !report) return ProcessError("make pipes for", image.path);
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) return ProcessError("start", image.path);
    if (pid_ == 0) {
      Become(image, input->read.get(), output->write.get(), errors->write.get(),
             report->write.get(), parent);
    }
    // Also here, so that the group exists whoever runs first.
    setpgid(pid_, pid_);
    report->write.Close();
    int number = 0;
    ssize_t told = -1;
    do told = read(report->read.get(), &number, sizeof number);
    while (told < 0 && errno == EINTR);
    if (told == sizeof number) {
      Reap();
      errno = number;
      return ProcessError("run", image.path);
    }
    exited_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
    if (!exited_.open()) {
      // The first of a child that has gone; the second too, while its group has members.
      const bool gone = errno == ESRCH || errno == EINVAL;
      return gone ? LostEnd(image.path) : ProcessError("watch", image.path);
    }
    input_ = std::move(input->write);
    output_ = std::move(output->read);
    errors_ = std::move(errors->read);
    fcntl(input_.get(), F_SETFL, O_NONBLOCK);
    return {};
  }

  void Signal(int number) const { kill(-pid_, number); }

  /// Waits for the end. None when somebody else in this process has taken it.
  std::optional<ProcessOutcome> Reap() {
    const pid_t pid = std::exchange(pid_, -1);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
      if (errno != EINTR) return std::nullopt;
    }
    ProcessOutcome outcome;
    if (WIFEXITED(status)) outcome.exit_status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
    return outcome;
  }

  Descriptor input_, output_, errors_, exited_;

 private:
  pid_t pid_ = -1;
};

/// Moves bytes between the child and the caller until it has ended.
class Pump {
 public:
  Pump(Child& child, const Command& command, const std::function<Result<void>(ByteView)>& consume)
      : child_(child), command_(command), consume_(consume), buffer_(kReadSize) {
    if (command.input.empty()) child_.input_.Close();
  }

  Result<ProcessOutcome> Run(Clock& clock, Deadline deadline, std::stop_token stop) {
    Descriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const std::stop_callback on_stop(stop, [&wake] {
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t ignored = write(wake.get(), &one, sizeof one);
    });
    std::optional<Monotonic> drain_until;
    while (!ended_ || child_.output_.open() || child_.errors_.open()) {
      if (stop.stop_requested()) return GiveUp(ErrorCode::kCancelled, "cancelled while running");
      if (deadline.Passed(clock))
        return GiveUp(ErrorCode::kTimeout, "the deadline passed while running");
      if (drain_until && std::chrono::steady_clock::now() > *drain_until) break;
      // One step at least follows, however long we were not run: it takes all that pipes hold.
      if (ended_ && !drain_until) drain_until = std::chrono::steady_clock::now() + kDrain;
      DBSTOW_TRY(Step(wake.get(), TimeoutMs(clock, deadline, drain_until.has_value())));
    }
    // Whoever of the group still lives holds our pipes; the program itself is gone.
    child_.Signal(SIGKILL);
    auto outcome = child_.Reap();
    if (!outcome) return LostEnd(command_.program);
    outcome->error_tail = std::move(tail_);
    return *std::move(outcome);
  }

 private:
  static int TimeoutMs(Clock& clock, Deadline deadline, bool draining) {
    if (draining) return 20;
    if (!deadline.at()) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(*deadline.at() - clock.MonotonicNow());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
  }

  Error GiveUp(ErrorCode code, std::string_view why) {
    child_.Signal(SIGTERM);
    pollfd ended{child_.exited_.get(), POLLIN, 0};
    poll(&ended, 1, static_cast<int>(kGrace.count()));
    child_.Signal(SIGKILL);
    child_.Reap();
    return Error(code, std::string(why) + " '" + command_.program + "'");
  }

  Result<void> Step(int wake, int timeout_ms) {
    std::array<pollfd, 5> waits{
        pollfd{child_.output_.get(), POLLIN, 0}, pollfd{child_.errors_.get(), POLLIN, 0},
        pollfd{child_.input_.get(), POLLOUT, 0},
        pollfd{ended_ ? -1 : child_.exited_.get(), POLLIN, 0}, pollfd{wake, POLLIN, 0}};
    if (poll(waits.data(), waits.size(), timeout_ms) < 0) {
      if (errno == EINTR) return {};
      return ProcessError("wait for", command_.program);
    }
    if (waits[1].revents != 0) DBSTOW_TRY(TakeErrors());
    if (waits[2].revents != 0) Feed();
    if (waits[0].revents != 0) DBSTOW_TRY(TakeOutput());
    if (waits[3].revents != 0) ended_ = true;
    return {};
  }

  Result<void> TakeOutput() {
    const ssize_t count = read(child_.output_.get(), buffer_.data(), buffer_.size());
    if (count < 0)
      return errno == EINTR ? Result<void>() : ProcessError("read from", command_.program);
    if (count == 0) {
      child_.output_.Close();
      return {};
    }
    return consume_(ByteView(buffer_.data(), static_cast<std::size_t>(count)));
  }

  Result<void> TakeErrors() {
    const ssize_t count = read(child_.errors_.get(), buffer_.data(), buffer_.size());
    if (count < 0)
      return errno == EINTR ? Result<void>() : ProcessError("read from", command_.program);
    if (count == 0) child_.errors_.Close();
    tail_ += AsText(ByteView(buffer_.data(), static_cast<std::size_t>(count)));
    if (tail_.size() > kErrorTail) tail_.erase(0, tail_.size() - kErrorTail);
    return {};
  }

  // A program that closes its input early is its own business: no error.
  void Feed() {
    const ByteView rest = ByteView(command_.input).subspan(fed_);
    const ssize_t count = write(child_.input_.get(), rest.data(), rest.size());
    if (count > 0) fed_ += static_cast<std::size_t>(count);
    const bool again = count < 0 && (errno == EAGAIN || errno == EINTR);
    if (fed_ == command_.input.size() || (count < 0 && !again)) child_.input_.Close();
  }

  Child& child_;
  const Command& command_;
  const std::function<Result<void>(ByteView)>& consume_;
  Bytes buffer_;
  std::string tail_;
  std::size_t fed_ = 0;
  bool ended_ = false;
};

// A write to a pipe whose reader is gone must be an error, not the end of this process.
class IgnorePipeSignal {
 public:
  IgnorePipeSignal() {
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &mask, &before_);
  }
  ~IgnorePipeSignal() {
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGPIPE);
    const timespec now{};
    while (sigtimedwait(&mask, nullptr, &now) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  IgnorePipeSignal(const IgnorePipeSignal&) = delete;
  IgnorePipeSignal& operator=(const IgnorePipeSignal&) = delete;

 private:
  sigset_t before_{};
};

class PosixProcessRunner final : public ProcessRunner {
 public:
  Result<ProcessOutcome> Run(const Command& command,
                             const std::function<Result<void>(ByteView)>& consume, Clock& clock,
                             Deadline deadline, std::stop_token stop) override {
    const IgnorePipeSignal guard;
    Child child;
    DBSTOW_TRY(child.Start(command, Withheld()));
    return Pump(child, command, consume).Run(clock, deadline, std::move(stop));
  }

  void Withhold(const std::string& variable) override {
    const std::scoped_lock lock(mutex_);
    withheld_.insert(variable);
  }

 private:
  std::set<std::string> Withheld() {
    const std::scoped_lock lock(mutex_);
    return withheld_;
  }

  std::mutex mutex_;
  std::set<std::string> withheld_;
};

}  // namespace

std::unique_ptr<ProcessRunner> CreatePosixProcessRunner() {
  return std::make_unique<PosixProcessRunner>();
}

}  // namespace dbstow::io
