#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "doubles/net/connection.h"

namespace dbstow::doubles {

struct ListenerOptions {
  std::uint16_t port = 0;  ///< 0: any free one
  std::size_t max_connections = 256;
};

/// Accepts on 127.0.0.1 and serves each connection in a thread of its own. Thread-safe.
class Listener {
 public:
  /// Serves one connection until it returns; the connection is closed then. Must return soon after
  /// the stop token says so, which every call of the connection sees to.
  using Handler = std::function<void(Connection&, std::stop_token)>;

  /// Listening when it returns. Connections beyond `max_connections` are accepted and closed.
  /// Errors: IOError when the port is taken.
  [[nodiscard]] static Result<std::unique_ptr<Listener>> Start(const ListenerOptions& options,
                                                               Handler handler);
  ~Listener() { Stop(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t open_connections() const;
  /// Cuts every connection, without a goodbye, and goes on accepting. Returns how many.
  std::size_t CutConnections();
  /// Closes the port and all connections; returns when every handler has. Not from a handler.
  void Stop();

 private:
  struct Slot {
    Slot(Descriptor socket, const std::stop_token& stop) : connection(std::move(socket), stop) {}
    Connection connection;
    std::atomic<bool> done = false;
    std::jthread thread;
  };

  Listener(Descriptor socket, std::uint16_t port, const ListenerOptions& options, Handler handler);
  void Accept();
  void Admit(Descriptor peer);
  [[nodiscard]] std::list<Slot> TakeFinished();

  Descriptor socket_;
  const std::uint16_t port_;
  const std::size_t max_connections_;
  const Handler handler_;
  std::stop_source stop_;
  mutable std::mutex mutex_;
  std::list<Slot> slots_;
  std::jthread acceptor_;
};

}  // namespace dbstow::doubles
