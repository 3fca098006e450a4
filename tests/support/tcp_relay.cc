#include "support/tcp_relay.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace dbstow::test {
namespace {

constexpr std::size_t kChunk = 16 * 1024;
constexpr auto kSlowChunkTime = std::chrono::milliseconds(16);

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int ConnectTo(std::uint16_t port) {
  const int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  if (handle >= 0 &&
      connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return handle;
  }
  if (handle >= 0) close(handle);
  return -1;
}

// So that closing sends a reset.
void Harden(int handle) {
  const linger hard{1, 0};
  setsockopt(handle, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

Error Failed(const std::string& what) {
  return Error(ErrorCode::kIoError, what + ": " + std::strerror(errno));
}

}  // namespace

// Bytes on their way from one socket to another: read, but not yet written.
struct TcpRelay::Flow {
  int from = -1;
  int to = -1;
  bool of_server = false;
  std::string waiting;
};

struct TcpRelay::Pair {
  Pair(int client, int server) : up{client, server, false, {}}, down{server, client, true, {}} {}
  ~Pair() {
    close(up.from);
    close(down.from);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  Flow up;
  Flow down;
  bool over = false;
};

Result<std::unique_ptr<TcpRelay>> TcpRelay::Create(std::uint16_t server_port) {
  std::unique_ptr<TcpRelay> relay(new TcpRelay(server_port));
  DBSTOW_TRY(relay->Listen());
  relay->thread_ = std::jthread([&relay = *relay] { relay.Run(); });
  return relay;
}

TcpRelay::TcpRelay(std::uint16_t server_port) : server_port_(server_port) {}

TcpRelay::~TcpRelay() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  WakeUp();
  if (thread_.joinable()) thread_.join();
  pairs_.clear();
  if (listener_ >= 0) close(listener_);
  if (wake_ >= 0) close(wake_);
}

Result<void> TcpRelay::Listen() {
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t length = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (wake_ < 0 || listener_ < 0 || bind(listener_, raw, length) != 0 ||
      listen(listener_, 64) != 0 || getsockname(listener_, raw, &length) != 0) {
    return Failed("cannot listen");
  }
  port_ = ntohs(address.sin_port);
  return {};
}

void TcpRelay::WakeUp() {
  if (wake_ >= 0) eventfd_write(wake_, 1);
}

TcpRelay::Fault TcpRelay::fault() {
  const std::scoped_lock lock(mutex_);
  return fault_;
}

void TcpRelay::Begin(Fault fault) {
  fault_ = fault;
  armed_ = Fault::kNone;
  answer_.clear();
  begun_.notify_all();
}

void TcpRelay::Set(Fault fault) {
  std::unique_lock lock(mutex_);
  Begin(fault);
  WakeUp();
  const std::uint64_t mine = ++set_;
  begun_.wait(lock, [this, mine] { return done_ >= mine; });
}

void TcpRelay::After(std::uint64_t bytes, Fault fault) {
  const std::scoped_lock lock(mutex_);
  bytes_left_ = bytes;
  armed_ = fault;
}

void TcpRelay::OnAnswer(std::string text, Fault fault) {
  const std::scoped_lock lock(mutex_);
  answer_ = std::move(text);
  armed_ = fault;
}

bool TcpRelay::AwaitFault() {
  std::unique_lock lock(mutex_);
  return begun_.wait_for(lock, std::chrono::minutes(3), [this] { return armed_ == Fault::kNone; });
}

bool TcpRelay::HasFault() {
  const std::scoped_lock lock(mutex_);
  return armed_ == Fault::kNone;
}

// What passes may be what a fault waits for.
void TcpRelay::Count(const Flow& flow) {
  const std::scoped_lock lock(mutex_);
  if (armed_ == Fault::kNone) return;
  if (!answer_.empty()) {
    if (flow.of_server && flow.waiting.find(answer_) != std::string::npos) Begin(armed_);
  } else if (bytes_left_ > flow.waiting.size()) {
    bytes_left_ -= flow.waiting.size();
  } else {
    Begin(armed_);
  }
}

// Writes what waits, else reads. False when the connection is over.
bool TcpRelay::Pump(Flow& flow) {
  if (flow.waiting.empty()) {
    std::array<char, kChunk> buffer;
    const ssize_t got = recv(flow.from, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    flow.waiting.assign(buffer.data(), static_cast<std::size_t>(got));
    Count(flow);
    const Fault now = fault();
    if (now == Fault::kSilent || now == Fault::kCut || now == Fault::kBlip) return true;
  }
  const ssize_t put =
      send(flow.to, flow.waiting.data(), flow.waiting.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (put < 0) return errno == EAGAIN || errno == EINTR;
  flow.waiting.erase(0, static_cast<std::size_t>(put));
  return true;
}

void TcpRelay::Accept() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = fault() == Fault::kCut ? -1 : ConnectTo(server_port_);
  if (server < 0) {
    Harden(client);
    close(client);
  } else {
    pairs_.push_back(std::make_unique<Pair>(client, server));
  }
}

void TcpRelay::CutAll() {
  for (const auto& pair : pairs_) {
    Harden(pair->up.from);
    Harden(pair->down.from);
  }
  pairs_.clear();
}

void TcpRelay::Run() {
  for (;;) {
    Fault now = Fault::kNone;
    {
      const std::scoped_lock lock(mutex_);
      if (stop_) return;
      now = fault_;
      if (now == Fault::kBlip) fault_ = Fault::kNone;
      if (now == Fault::kCut || now == Fault::kBlip) CutAll();
      done_ = set_;
    }
    begun_.notify_all();
    std::vector<pollfd> waits{{wake_, POLLIN, 0}};
    if (now != Fault::kSilent) {
      waits.push_back({listener_, POLLIN, 0});
      for (const auto& pair : pairs_) {
        for (const Flow* flow : {&pair->up, &pair->down}) {
          const bool reads = flow->waiting.empty();
          waits.push_back(
              {reads ? flow->from : flow->to, static_cast<short>(reads ? POLLIN : POLLOUT), 0});
        }
      }
    }
    if (poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) return;
    eventfd_t ignored = 0;
    eventfd_read(wake_, &ignored);
    if (now == Fault::kSilent) continue;
    const std::size_t known = pairs_.size();
    if ((waits[1].revents & POLLIN) != 0) Accept();
    for (std::size_t i = 0; i < known; ++i) {
      Pair& pair = *pairs_[i];
      if (waits[2 + 2 * i].revents != 0 && !Pump(pair.up)) pair.over = true;
      if (waits[3 + 2 * i].revents != 0 && !Pump(pair.down)) pair.over = true;
    }
    std::erase_if(pairs_, [](const auto& pair) { return pair->over; });
    if (now == Fault::kSlow) std::this_thread::sleep_for(kSlowChunkTime);
  }
}

}  // namespace dbstow::test
