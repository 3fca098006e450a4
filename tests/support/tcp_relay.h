#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "dbstow/core/result.h"

namespace dbstow::test {

/// A network between a client and a server on the loopback: passes bytes until it is told to fail.
/// Thread-safe.
class TcpRelay {
 public:
  enum class Fault {
    kNone,
    kSlow,    ///< passes about a megabyte a second
    kSilent,  ///< takes connections and bytes, as far as they fit, and passes nothing on
    kCut,     ///< resets every connection, and each new one
    kBlip,    ///< resets every connection that there is, then is over
  };

  [[nodiscard]] static Result<std::unique_ptr<TcpRelay>> Create(std::uint16_t server_port);
  ~TcpRelay();
  TcpRelay(const TcpRelay&) = delete;
  TcpRelay& operator=(const TcpRelay&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// It has begun when this returns: what was to be reset is.
  void Set(Fault fault);
  /// Once this many more bytes have passed, both ways together.
  void After(std::uint64_t bytes, Fault fault);
  /// Once the server says `text`, which is then not passed on.
  void OnAnswer(std::string text, Fault fault);
  /// Waits until what `After` or `OnAnswer` armed has begun; false after three minutes.
  [[nodiscard]] bool AwaitFault();
  /// Whether it has begun.
  [[nodiscard]] bool HasFault();

 private:
  struct Flow;
  struct Pair;

  explicit TcpRelay(std::uint16_t server_port);
  [[nodiscard]] Result<void> Listen();
  void Run();
  void Accept();
  void CutAll();
  bool Pump(Flow& flow);
  void Count(const Flow& flow);
  void Begin(Fault fault);  // with mutex_ held
  [[nodiscard]] Fault fault();
  void WakeUp();

  const std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int wake_ = -1;
  std::vector<std::unique_ptr<Pair>> pairs_;  // of the thread alone

  std::mutex mutex_;
  std::condition_variable begun_;
  std::uint64_t set_ = 0;   ///< calls of `Set`
  std::uint64_t done_ = 0;  ///< and how many of them the thread has heard of
  Fault fault_ = Fault::kNone;
  Fault armed_ = Fault::kNone;
  std::uint64_t bytes_left_ = 0;
  std::string answer_;
  bool stop_ = false;
  std::jthread thread_;
};

}  // namespace dbstow::test
