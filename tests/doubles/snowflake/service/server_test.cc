// The whole server in this process, reached over TLS as a client does.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "doubles/snowflake/stage/gzip.h"
#include "doubles/snowflake/testing/test_server.h"

namespace dbstow::doubles::snowflake {
namespace {

using Server = TestServer;

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
  Restart();
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
    auto plain = Connection::Dial("127.0.0.1", port(), {}, In(kPatience));
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
