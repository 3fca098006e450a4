#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "doubles/net/listener.h"

namespace dbstow::doubles {

/// How a test reaches behind a double's own protocol: one JSON object a line in,
/// `{"command": "cut", …}`, one a line out: what the handler returned, or
/// `{"error": "…", "code": "InvalidOptions"}`. Thread-safe.
class ControlPort {
 public:
  /// Gets the whole request; returns the answer, an object. Handlers run one at a time.
  using Handler = std::function<Result<nlohmann::json>(const nlohmann::json& request)>;

  ControlPort() = default;
  ~ControlPort() { Stop(); }
  ControlPort(const ControlPort&) = delete;
  ControlPort& operator=(const ControlPort&) = delete;

  /// Replaces a handler of that name.
  void On(const std::string& command, Handler handler);
  /// Listening when it returns; port 0 takes any free one. Errors: IOError.
  [[nodiscard]] Result<void> Start(std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const { return listener_ ? listener_->port() : 0; }
  void Stop();

 private:
  void Serve(Connection& connection);
  [[nodiscard]] std::string Answer(const std::string& line);

  std::mutex mutex_;
  std::map<std::string, Handler> handlers_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace dbstow::doubles
