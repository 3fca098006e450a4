// The whole server in this process, reached over TLS as a client does.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "doubles/net/connection.h"
#include "doubles/snowflake/service/snowflake_double.h"
#include "doubles/snowflake/stage/gzip.h"
#include "doubles/snowflake/stage/http_client.h"

namespace dbstow::doubles::snowflake {
namespace {

using Tree = nlohmann::json;
constexpr std::chrono::seconds kPatience{30};

class Server : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "snowflake-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    auto certificate = ServerCertificate::Open(name + "/certificate.pem");
    ASSERT_TRUE(certificate);
    certificate_.emplace(std::move(*certificate));
    Start();
  }
  void TearDown() override {
    if (server_) server_->Stop();
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Start() {
    auto made =
        SnowflakeDouble::Create(DoubleSetup{folder_.string(), {}, *certificate_, control_, delay_});
    ASSERT_TRUE(made) << made.error().ToString();
    server_ = std::move(*made);
    const auto port = server_->Start(0);
    ASSERT_TRUE(port);
    port_ = *port;
  }

  std::unique_ptr<Connection> Dial() {
    auto connection = Connection::Dial("127.0.0.1", port_, {}, In(kPatience));
    if (!connection) return nullptr;
    const auto tls =
        (*connection)->StartTlsAsClient(certificate_->pem_file(), "localhost", {}, In(kPatience));
    return tls ? std::move(*connection) : nullptr;
  }

  static std::string Exchange(Connection& connection, const std::string& bytes) {
    if (!connection.WriteAll(AsBytes(bytes), In(kPatience))) return "";
    std::string answer;
    std::array<std::byte, 16384> part{};
    while (true) {
      const auto read = connection.Read(part, In(kPatience));
      if (!read || *read == 0) return answer;
      answer.append(AsText(ByteView(part).first(*read)));
      const size_t head = answer.find("\r\n\r\n");
      const size_t length = answer.find("Content-Length: ");
      if (head == std::string::npos || length == std::string::npos) continue;
      if (answer.size() >= head + 4 + std::stoul(answer.substr(length + 16))) return answer;
    }
  }

  static std::string Post(const std::string& path, const std::string& body,
                          const std::string& more = "") {
    return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  static Tree BodyOf(const std::string& answer) {
    const auto response = ParseResponse(answer);
    return response ? Tree::parse(response->body, nullptr, false) : Tree();
  }

  std::string LogIn(Connection& connection) {
    const Tree body = {
        {"data", {{"ACCOUNT_NAME", "A"}, {"LOGIN_NAME", "ADMIN"}, {"PASSWORD", "admin-password"}}}};
    const Tree answer = BodyOf(
        Exchange(connection, Post("/session/v1/login-request?warehouse=COMPUTE_WH", body.dump())));
    return answer.is_object() && answer["success"] == true
               ? answer["data"]["token"].get<std::string>()
               : "";
  }

  static Tree Query(Connection& connection, const std::string& token, const std::string& sql) {
    return BodyOf(
        Exchange(connection, Post("/queries/v1/query-request?requestId=" + sql.substr(0, 8),
                                  Tree({{"sqlText", sql}}).dump(),
                                  "Authorization: Snowflake Token=\"" + token + "\"\r\n")));
  }

  std::filesystem::path folder_;
  std::optional<ServerCertificate> certificate_;
  ControlPort control_;
  AnswerDelay delay_;
  std::unique_ptr<Double> server_;
  std::uint16_t port_ = 0;
};

TEST_F(Server, AnswersALoginAndAQuery) {
  const auto connection = Dial();
  ASSERT_NE(connection, nullptr);
  const std::string token = LogIn(*connection);
  ASSERT_FALSE(token.empty());
  EXPECT_EQ(Query(*connection, token, "select 1 as a")["data"]["rowset"], Tree({{"1"}}));
  EXPECT_EQ(Query(*connection, "no token", "select 1")["code"], "390104");
}

TEST_F(Server, SessionsSurviveARestart) {
  auto connection = Dial();
  ASSERT_NE(connection, nullptr);
  const std::string token = LogIn(*connection);
  Query(*connection, token, "create database kept");
  connection.reset();
  server_->Stop();
  server_.reset();
  Start();
  connection = Dial();
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(Query(*connection, token, "select current_database()")["data"]["rowset"],
            Tree({{"KEPT"}}));
}

TEST_F(Server, TakesCompressedBodies) {
  const auto connection = Dial();
  ASSERT_NE(connection, nullptr);
  const std::string token = LogIn(*connection);
  const std::string body = Gzip(Tree({{"sqlText", "select 'zipped'"}}).dump());
  const Tree answer = BodyOf(Exchange(
      *connection,
      Post("/queries/v1/query-request?requestId=z", body,
           "Content-Encoding: gzip\r\nAuthorization: Snowflake Token=\"" + token + "\"\r\n")));
  EXPECT_EQ(answer["data"]["rowset"], Tree({{"zipped"}}));
}

TEST_F(Server, RefusesWhatIsNoRequestAndWhatIsTooBig) {
  for (const std::string& bytes :
       {std::string("nonsense\r\n\r\n"), std::string("GET / HTTP/1.1\r\nbroken\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"),
        "GET /" + std::string(80000, 'x') + " HTTP/1.1\r\n",
        std::string("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n")}) {
    const auto connection = Dial();
    ASSERT_NE(connection, nullptr);
    const std::string answer = Exchange(*connection, bytes);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 4")) << answer.substr(0, 80);
  }
  const auto connection = Dial();
  ASSERT_NE(connection, nullptr);
  EXPECT_FALSE(LogIn(*connection).empty());
}

TEST_F(Server, BodiesThatAreNotWhatTheyShouldBeAreAnswered) {
  const auto connection = Dial();
  ASSERT_NE(connection, nullptr);
  const std::string token = "Authorization: Snowflake Token=\"" + LogIn(*connection) + "\"\r\n";
  for (const char* body :
       {"", "{", "[]", "null", "{\"sqlText\": 5}", "{\"sqlText\": \"select ?\", \"bindings\": 3}",
        "{\"sqlText\": \"select 1\", \"bindings\": {\"1\": {\"type\": \"FIXED\", \"value\": "
        "\"x\"}}}",
        "{\"sqlText\": \"select 1\", \"parameters\": []}"}) {
    EXPECT_TRUE(
        BodyOf(Exchange(*connection, Post("/queries/v1/query-request", body, token))).is_object())
        << body;
  }
  EXPECT_TRUE(Exchange(*connection, Post("/session/v1/login-request", std::string(100000, '[')))
                  .starts_with("HTTP/1.1 400"));
  for (const char* body : {"", "{", "{\"data\": 1}", "{\"data\": {\"PASSWORD\": {}}}"}) {
    EXPECT_EQ(BodyOf(Exchange(*connection, Post("/session/v1/login-request", body)))["success"],
              false)
        << body;
  }
  for (const char* path :
       {"/queries/", "/queries/x/result", "/results/", "/results/x/1-2", "/monitoring/queries/x",
        "/session/token-request", "/api/v2/statements/x", "/"}) {
    EXPECT_FALSE(Exchange(*connection, Post(path, "{}", token)).empty()) << path;
  }
}

TEST_F(Server, HalfOpenPeersKeepNobodyWaiting) {
  std::vector<std::unique_ptr<Connection>> silent;
  for (int count = 0; count < 50; ++count) {
    auto plain = Connection::Dial("127.0.0.1", port_, {}, In(kPatience));
    ASSERT_TRUE(plain);
    silent.push_back(std::move(*plain));
  }
  const auto half = Dial();
  ASSERT_NE(half, nullptr);
  ASSERT_TRUE(half->WriteAll(AsBytes("POST /session HTTP/1.1\r\nContent-Le"), In(kPatience)));
  const auto connection = Dial();
  ASSERT_NE(connection, nullptr);
  EXPECT_FALSE(LogIn(*connection).empty());
}

TEST_F(Server, TwoHundredAtOnce) {
  std::atomic<int> served = 0;
  {
    std::vector<std::jthread> clients;
    for (int number = 0; number < 200; ++number) {
      clients.emplace_back([&] {
        const auto connection = Dial();
        if (connection == nullptr) return;
        const std::string token = LogIn(*connection);
        const Tree answer = Query(*connection, token, "select 7");
        if (answer.is_object() && answer["success"] == true) ++served;
      });
    }
  }
  EXPECT_EQ(served, 200);
}

}  // namespace
}  // namespace dbstow::doubles::snowflake
