#pragma once

#include <poll.h>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "dbstow/core/clock.h"
#include "dbstow/core/result.h"

namespace dbstow::doubles {

/// Owns a file descriptor. Not thread-safe.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { Close(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  void Close();

 private:
  int Release();

  int fd_ = -1;
};

/// IOError with the reason in `errno`: "cannot <what>: <reason>".
[[nodiscard]] Error SocketError(std::string_view what);

/// `duration` from now.
[[nodiscard]] Deadline In(Duration duration);

/// Waits for a descriptor, a deadline or a stop, whichever comes first. Thread-safe.
class Waiter {
 public:
  explicit Waiter(std::stop_token stop);
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  /// `events` as for poll(2). Errors: Timeout, Cancelled when stopped, IOError.
  [[nodiscard]] Result<void> Await(int fd, short events, Deadline deadline);

 private:
  struct Wake {
    int fd;
    void operator()() const;
  };

  std::stop_token stop_;
  Descriptor wake_;
  std::stop_callback<Wake> on_stop_;
};

/// A non-blocking listening socket on 127.0.0.1; port 0 takes any free one.
[[nodiscard]] Result<Descriptor> ListenOnLoopback(std::uint16_t port);
[[nodiscard]] Result<std::uint16_t> PortOf(const Descriptor& socket);
/// A connected, non-blocking socket. `host` is a name or an IPv4 address.
[[nodiscard]] Result<Descriptor> ConnectTo(const std::string& host, std::uint16_t port,
                                           Waiter& waiter, Deadline deadline);

}  // namespace dbstow::doubles
