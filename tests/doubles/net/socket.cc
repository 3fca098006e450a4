#include "doubles/net/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace dbstow::doubles {
namespace {

constexpr int kBacklog = 512;

constexpr std::chrono::minutes kLongestPoll{1};

// Milliseconds for poll(2); a deadline that is far away takes several polls.
int PollTimeout(Deadline deadline) {
  if (!deadline.at()) return -1;
  const Monotonic now = std::chrono::steady_clock::now();
  if (*deadline.at() <= now) return 0;
  const Duration left = std::min<Duration>(*deadline.at() - now, kLongestPoll);
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

sockaddr_in LoopbackAddress(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

Result<sockaddr_in> Look(const std::string& host, std::uint16_t port) {
  addrinfo wanted{};
  wanted.ai_family = AF_INET;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(host.c_str(), nullptr, &wanted, &found);
  if (status != 0) {
    return Error(ErrorCode::kUnavailable, "no address for '" + host + "': " + gai_strerror(status));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  sockaddr_in address = *reinterpret_cast<sockaddr_in*>(found->ai_addr);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = other.Release();
  }
  return *this;
}

void Descriptor::Close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

int Descriptor::Release() { return std::exchange(fd_, -1); }

Error SocketError(std::string_view what) {
  const int number = errno;
  const std::string reason = std::generic_category().message(number);
  return Error(ErrorCode::kIoError, "cannot " + std::string(what) + ": " + reason)
      .WithNative({"errno", std::to_string(number), reason});
}

Deadline In(Duration duration) { return Deadline(std::chrono::steady_clock::now() + duration); }

void Waiter::Wake::operator()() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd, &one, sizeof(one));
}

Waiter::Waiter(std::stop_token stop)
    : stop_(stop),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      on_stop_(std::move(stop), Wake{wake_.get()}) {}

Result<void> Waiter::Await(int fd, short events, Deadline deadline) {
  pollfd waits[] = {{fd, events, 0}, {wake_.get(), POLLIN, 0}};
  while (true) {
    if (stop_.stop_requested()) return Error(ErrorCode::kCancelled, "the double is stopping");
    const int ready = ::poll(waits, 2, PollTimeout(deadline));
    if (ready < 0 && errno != EINTR) return SocketError("wait for a socket");
    if (ready > 0 && waits[0].revents != 0) return {};
    if (deadline.at() && std::chrono::steady_clock::now() >= *deadline.at()) {
      return Error(ErrorCode::kTimeout, "the other side said nothing before the deadline");
    }
  }
}

Result<Descriptor> ListenOnLoopback(std::uint16_t port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return SocketError("make a socket");
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const sockaddr_in address = LoopbackAddress(port);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return SocketError("bind 127.0.0.1:" + std::to_string(port));
  }
  if (::listen(socket.get(), kBacklog) != 0) return SocketError("listen");
  return socket;
}

Result<std::uint16_t> PortOf(const Descriptor& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return SocketError("read a socket's port");
  }
  return ntohs(address.sin_port);
}

Result<Descriptor> ConnectTo(const std::string& host, std::uint16_t port, Waiter& waiter,
                             Deadline deadline) {
  DBSTOW_ASSIGN(const sockaddr_in address, Look(host, port));
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return SocketError("make a socket");
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const std::string what = "connect to " + host + ":" + std::to_string(port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    if (errno != EINPROGRESS) return SocketError(what);
    DBSTOW_TRY(waiter.Await(socket.get(), POLLOUT, deadline));
    socklen_t size = sizeof(errno);
    int failure = 0;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failure, &size);
    errno = failure;
    if (failure != 0) return SocketError(what);
  }
  return socket;
}

}  // namespace dbstow::doubles
