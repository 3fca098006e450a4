#include "doubles/net/listener.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace dbstow::doubles {
namespace {

// Out of descriptors: what is waiting stays in the backlog until some are free again.
constexpr std::chrono::milliseconds kPauseWhenExhausted{20};

}  // namespace

Result<std::unique_ptr<Listener>> Listener::Start(const ListenerOptions& options, Handler handler) {
  DBSTOW_ASSIGN(Descriptor socket, ListenOnLoopback(options.port));
  DBSTOW_ASSIGN(const std::uint16_t port, PortOf(socket));
  std::unique_ptr<Listener> listener(
      new Listener(std::move(socket), port, options, std::move(handler)));
  listener->acceptor_ = std::jthread([raw = listener.get()] { raw->Accept(); });
  return listener;
}

Listener::Listener(Descriptor socket, std::uint16_t port, const ListenerOptions& options,
                   Handler handler)
    : socket_(std::move(socket)),
      port_(port),
      max_connections_(options.max_connections),
      handler_(std::move(handler)) {}

void Listener::Accept() {
  Waiter waiter(stop_.get_token());
  while (waiter.Await(socket_.get(), POLLIN, Deadline::Never())) {
    Descriptor peer(::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (peer.is_open()) {
      Admit(std::move(peer));
    } else if (errno == EMFILE || errno == ENFILE) {
      // Nothing arrives at a descriptor of -1: this only waits, or stops.
      const Result<void> paused = waiter.Await(-1, 0, In(kPauseWhenExhausted));
      if (!paused && paused.error().code() == ErrorCode::kCancelled) return;
    }
  }
}

void Listener::Admit(Descriptor peer) {
  const std::list<Slot> finished = TakeFinished();
  const std::scoped_lock lock(mutex_);
  if (slots_.size() >= max_connections_) return;
  Slot& slot = slots_.emplace_back(std::move(peer), stop_.get_token());
  slot.thread = std::jthread([this, &slot] {
    handler_(slot.connection, stop_.get_token());
    slot.connection.Close();
    slot.done = true;
  });
}

std::list<Listener::Slot> Listener::TakeFinished() {
  const std::scoped_lock lock(mutex_);
  std::list<Slot> finished;
  for (auto slot = slots_.begin(); slot != slots_.end();) {
    const auto next = std::next(slot);
    if (slot->done) finished.splice(finished.end(), slots_, slot);
    slot = next;
  }
  return finished;
}

std::size_t Listener::open_connections() const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return !slot.done; }));
}

std::size_t Listener::CutConnections() {
  const std::scoped_lock lock(mutex_);
  std::size_t cut = 0;
  for (Slot& slot : slots_) {
    if (slot.done) continue;
    slot.connection.Cut();
    ++cut;
  }
  return cut;
}

void Listener::Stop() {
  stop_.request_stop();
  if (acceptor_.joinable()) acceptor_.join();
  std::list<Slot> remaining;
  {
    const std::scoped_lock lock(mutex_);
    remaining.swap(slots_);
  }
  remaining.clear();
  socket_.Close();
}

}  // namespace dbstow::doubles
