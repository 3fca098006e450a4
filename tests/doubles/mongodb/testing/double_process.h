#pragma once

#include <sys/types.h>

#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "doubles/mongodb/testing/wire_client.h"
#include "support/fakes.h"

namespace dbstow::doubles::mongodb::testing {

/// The double as a process of its own with a scratch folder; killed when this goes. For tests.
class DoubleProcess {
 public:
  explicit DoubleProcess(std::map<std::string, std::string> settings = {})
      : settings_(std::move(settings)) {}
  ~DoubleProcess() { Kill(); }
  DoubleProcess(const DoubleProcess&) = delete;
  DoubleProcess& operator=(const DoubleProcess&) = delete;

  /// Starts it, also again after a `Kill`, on a new port with the state it left. False when it ends
  /// instead of answering.
  [[nodiscard]] bool Start();
  /// SIGKILL.
  void Kill() { End(SIGKILL); }
  /// SIGTERM, as an administrator does it.
  void Stop() { End(SIGTERM); }

  [[nodiscard]] std::uint16_t port() const { return ready_.at("port").get<std::uint16_t>(); }
  [[nodiscard]] std::string uri() const { return ready_.at("uri").get<std::string>(); }
  [[nodiscard]] std::string certificate() const {
    return ready_.at("certificate").get<std::string>();
  }
  [[nodiscard]] std::uint16_t control_port() const {
    return ready_.at("control_port").get<std::uint16_t>();
  }
  [[nodiscard]] nlohmann::json Control(const nlohmann::json& request) const;

 private:
  /// Sends the signal and waits for the end.
  void End(int signal);

  std::map<std::string, std::string> settings_;
  test::ScratchFolder folder_;
  pid_t child_ = 0;
  nlohmann::json ready_;
};

}  // namespace dbstow::doubles::mongodb::testing
