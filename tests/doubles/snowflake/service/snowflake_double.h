#pragma once

#include <memory>

#include "doubles/net/run_double.h"
#include "doubles/snowflake/service/session_protocol.h"
#include "doubles/snowflake/service/sql_api.h"

namespace dbstow::doubles::snowflake {

/// The server: both HTTP surfaces over TLS, and the control commands (README.md).
class SnowflakeDouble : public Double {
 public:
  /// Settings: `edition` (standard, enterprise), `account`, `organization`, `region`,
  /// `admin_password`, and for stages in azurite `azure_endpoint`, `azure_account`, `azure_key`.
  /// Errors: InvalidOptions for another setting; IOError.
  [[nodiscard]] static Result<std::unique_ptr<Double>> Create(const DoubleSetup& setup);

  [[nodiscard]] Result<std::uint16_t> Start(std::uint16_t port) override;
  std::size_t CutConnections() override;
  void Stop() override;
  [[nodiscard]] std::map<std::string, std::string> ReadyDetails() const override;

 private:
  SnowflakeDouble(const DoubleSetup& setup, std::unique_ptr<Engine> engine);
  void RegisterCommands(ControlPort& control);
  void RegisterClockCommands(ControlPort& control);
  void RegisterUserCommands(ControlPort& control);
  [[nodiscard]] HttpResponse Answer(const HttpRequest& request, std::stop_token stop);
  [[nodiscard]] HttpResponse Route(const HttpRequest& request, std::stop_token stop);

  const ServerCertificate& certificate_;
  const AnswerDelay& delay_;
  std::unique_ptr<Engine> engine_;
  Faults faults_;
  ServiceOptions options_;
  SessionTable sessions_;
  QueryRunner runner_;
  SessionProtocol protocol_;
  SqlApi api_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace dbstow::doubles::snowflake
