#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "doubles/net/control_port.h"
#include "doubles/net/server_certificate.h"

namespace dbstow::doubles {

/// How long a double waits before each of its answers; the control command `delay` sets it.
/// Thread-safe.
class AnswerDelay {
 public:
  void Set(std::chrono::milliseconds delay) { milliseconds_ = delay.count(); }
  /// Called by a double once before it answers a request. Returns early when stopped.
  void Wait(std::stop_token stop) const;

 private:
  std::atomic<std::int64_t> milliseconds_ = 0;
};

/// What a double is given to be made from. The references outlive the double.
struct DoubleSetup {
  std::string data_folder;                      ///< exists; its state survives a restart
  std::map<std::string, std::string> settings;  ///< from `--set NAME=VALUE`
  const ServerCertificate& certificate;
  ControlPort& control;  ///< the double registers its own commands here
  const AnswerDelay& delay;
};

/// A server as RunDouble sees it.
class Double {
 public:
  virtual ~Double() = default;
  /// Answers clients on 127.0.0.1 when it returns; port 0 takes any free one. Returns the port.
  [[nodiscard]] virtual Result<std::uint16_t> Start(std::uint16_t port) = 0;
  /// Cuts every client connection (`Listener::CutConnections`). Returns how many.
  virtual std::size_t CutConnections() = 0;
  /// Never waits for a client. Also called when `Start` failed.
  virtual void Stop() = 0;
  /// More for the ready file: "uri", further ports. Called after `Start`.
  [[nodiscard]] virtual std::map<std::string, std::string> ReadyDetails() const { return {}; }
};

using DoubleFactory = std::function<Result<std::unique_ptr<Double>>(const DoubleSetup&)>;

/// The main() of every double. Options:
///   --data FOLDER         made when missing; required
///   --port N              0 (default): any free one
///   --control-port N      the same
///   --ready-file FILE     one JSON object, in place only once the double answers: name, pid,
///                         port, control_port, certificate (a PEM file to trust), ReadyDetails
///   --set NAME=VALUE      a setting of this double, any number of times
/// Control commands of every double: `ping`, `shutdown`, `cut` (close all client connections),
/// `delay` {"ms": n}. Runs until SIGTERM, SIGINT, `shutdown` or the death of the parent process.
/// Returns the exit status: 0, 2 for wrong arguments, 1 when it could not start.
[[nodiscard]] int RunDouble(const std::string& name, int argc, char** argv,
                            const DoubleFactory& factory);

}  // namespace dbstow::doubles
