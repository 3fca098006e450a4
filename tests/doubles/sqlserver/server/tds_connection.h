#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "doubles/net/run_double.h"
#include "doubles/sqlserver/exec/engine.h"
#include "doubles/sqlserver/exec/executor.h"
#include "doubles/sqlserver/server/tds_channel.h"
#include "doubles/sqlserver/server/tds_sink.h"
#include "doubles/sqlserver/tds/login.h"
#include "doubles/sqlserver/tds/request.h"

namespace dbstow::doubles::sqlserver {

struct ServerOptions {
  Encryption encryption = Encryption::kOff;  ///< what the server is set to
};

/// One client, from its first byte to its last. One thread.
class TdsConnection final : public Interruption {
 public:
  TdsConnection(Engine& engine, const ServerOptions& options, const ServerCertificate& certificate,
                const AnswerDelay& delay, Connection& connection, std::stop_token stop)
      : engine_(engine),
        options_(options),
        certificate_(certificate),
        delay_(delay),
        channel_(connection),
        stop_(std::move(stop)) {}

  /// Returns when the client has gone, was thrown out, or the server stops.
  void Serve();

  [[nodiscard]] bool Interrupted() override;

 private:
  [[nodiscard]] Result<void> LogIn();
  [[nodiscard]] Result<TdsMessage> AnswerPrelogin(TdsMessage first);
  [[nodiscard]] Result<void> Accept(const Login7& login);
  [[nodiscard]] Result<void> Refuse(const SqlError& error);
  [[nodiscard]] Result<TdsMessage> NextMessage();
  [[nodiscard]] Result<void> Answer(const TdsMessage& message);
  [[nodiscard]] Result<void> AnswerBatch(const std::string& content);
  [[nodiscard]] Result<void> AnswerRpc(const std::string& content);
  [[nodiscard]] Result<void> AnswerTransaction(const std::string& content);
  /// The end of an answer, unless a fault broke the connection.
  [[nodiscard]] Result<void> End(TdsSink& sink);
  void Call(const RpcCall& call, TdsSink& sink);
  void ExecuteSql(const std::string& sql, const std::vector<RpcParameter>& given,
                  const std::vector<Declaration>& declared, TdsSink& sink,
                  std::vector<TdsSink::Output> outputs);
  void Unknown(const RpcCall& call, TdsSink& sink);
  void ResetSession();
  [[nodiscard]] Result<void> BrokenStream();

  Engine& engine_;
  const ServerOptions& options_;
  const ServerCertificate& certificate_;
  const AnswerDelay& delay_;
  TdsChannel channel_;
  std::stop_token stop_;
  std::unique_ptr<TokenWriter> writer_;
  std::unique_ptr<Session> session_;
  std::uint32_t version_ = kTds74;
  int login_database_ = 1;
  bool attention_ = false;
  bool gone_ = false;
};

}  // namespace dbstow::doubles::sqlserver
