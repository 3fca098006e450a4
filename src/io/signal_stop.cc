#include "io/signal_stop.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "io/file_system.h"
#include "io/thread_start.h"

namespace dbstow::io {
namespace {

constexpr int kExitInterrupted = 130;

sigset_t WatchedSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
  return signals;
}

class SignalFdStop final : public SignalStop {
 public:
  SignalFdStop(int signal_fd, int quit_fd, const sigset_t& previous)
      : signal_fd_(signal_fd), quit_fd_(quit_fd), previous_(previous) {}

  Result<void> Start() {
    watcher_ = TryStartThread(watch_);
    if (!watcher_) return NoThreadFor("watching for Ctrl-C");
    return {};
  }

  ~SignalFdStop() override {
    ::eventfd_write(quit_fd_, 1);
    watcher_.reset();
    ::close(signal_fd_);
    ::close(quit_fd_);
    ::pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
  }

  std::stop_token token() const override { return source_.get_token(); }

 private:
  void Watch() {
    std::array<pollfd, 2> descriptors{{{signal_fd_, POLLIN, 0}, {quit_fd_, POLLIN, 0}}};
    for (;;) {
      if (::poll(descriptors.data(), descriptors.size(), -1) < 0 && errno != EINTR) return;
      if ((descriptors[1].revents & POLLIN) != 0) return;
      signalfd_siginfo info;
      if (::read(signal_fd_, &info, sizeof info) != sizeof info) continue;
      if (source_.stop_requested()) ::_exit(kExitInterrupted);
      source_.request_stop();
    }
  }

  int signal_fd_;
  int quit_fd_;
  sigset_t previous_;
  std::stop_source source_;
  const ThreadWork watch_ = [this](const std::stop_token&) { Watch(); };
  std::optional<std::jthread> watcher_;
};

}  // namespace

Result<std::unique_ptr<SignalStop>> SignalStop::Create() {
  const sigset_t signals = WatchedSignals();
  const int signal_fd = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signal_fd < 0) return ErrnoError(errno, "cannot watch", "signals");
  const int quit_fd = ::eventfd(0, EFD_CLOEXEC);
  if (quit_fd < 0) {
    const int failure = errno;
    ::close(signal_fd);
    return ErrnoError(failure, "cannot watch", "signals");
  }
  sigset_t previous;
  ::pthread_sigmask(SIG_BLOCK, &signals, &previous);
  auto stop = std::make_unique<SignalFdStop>(signal_fd, quit_fd, previous);
  DBSTOW_TRY(stop->Start());
  return std::unique_ptr<SignalStop>(std::move(stop));
}

}  // namespace dbstow::io
