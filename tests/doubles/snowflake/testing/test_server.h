#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "doubles/net/connection.h"
#include "doubles/snowflake/service/snowflake_double.h"
#include "doubles/snowflake/stage/http_client.h"

namespace dbstow::doubles::snowflake {

using Tree = nlohmann::json;
inline constexpr std::chrono::seconds kPatience{30};

/// A test with the whole server in its process, reached over TLS as a client does.
class TestServer : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Ends the server and starts it over the same folder, on another port.
  void Restart();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Null when it fails.
  std::unique_ptr<Connection> Dial();
  /// Over the control port.
  Tree Control(const Tree& request);

  /// The whole answer to one request; what came of it when the connection ended before.
  static std::string Exchange(Connection& connection, const std::string& bytes);
  static std::string Post(const std::string& path, const std::string& body,
                          const std::string& more = "");
  static Tree BodyOf(const std::string& answer);
  static int StatusOf(const std::string& answer);
  /// The session's token, as ADMIN; empty when it fails.
  static std::string LogIn(Connection& connection);
  /// `more`: further fields of the query string.
  static Tree Query(Connection& connection, const std::string& token, const std::string& sql,
                    const std::string& more = "");
  /// A request of the SQL API by a bearer token, on a connection of its own.
  std::string Api(const std::string& method, const std::string& path, const Tree& body,
                  const std::string& token);
  /// How often a statement of this text was run.
  std::size_t Runs(const std::string& text);

 private:
  void Start();

  std::filesystem::path folder_;
  std::optional<ServerCertificate> certificate_;
  ControlPort control_;
  AnswerDelay delay_;
  std::unique_ptr<Double> server_;
  std::uint16_t port_ = 0;
};

}  // namespace dbstow::doubles::snowflake
