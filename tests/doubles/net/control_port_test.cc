#include "doubles/net/control_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace dbstow::doubles {
namespace {

using nlohmann::json;

class ControlPortTest : public testing::Test {
 protected:
  void SetUp() override {
    control_.On("add", [](const json& request) {
      return json{{"sum", request.at("a").get<int>() + request.at("b").get<int>()}};
    });
    control_.On("refuse",
                [](const json&) { return Error(ErrorCode::kConflict, "somebody is at it"); });
    ASSERT_TRUE(control_.Start(0));
    auto client = Connection::Dial("127.0.0.1", control_.port());
    ASSERT_TRUE(client) << client.error().ToString();
    client_ = std::move(*client);
  }

  json Ask(const std::string& line) {
    EXPECT_TRUE(client_->WriteAll(AsBytes(line + "\n")));
    std::string answer;
    for (char byte = 0; byte != '\n'; answer += byte) {
      const Result<void> read = client_->ReadExactly(std::as_writable_bytes(std::span(&byte, 1)));
      if (!read) return read.error().ToString();
    }
    return json::parse(answer);
  }

  ControlPort control_;
  std::unique_ptr<Connection> client_;
};

TEST_F(ControlPortTest, AnswersEachLineWithItsHandler) {
  EXPECT_EQ(Ask(R"({"command": "add", "a": 2, "b": 3})"), (json{{"sum", 5}}));
  EXPECT_EQ(Ask(R"({"command": "add", "a": -2, "b": 3})"), (json{{"sum", 1}}));
}

TEST_F(ControlPortTest, SaysWhatIsWrongAndGoesOn) {
  EXPECT_EQ(Ask(R"({"command": "dance"})"),
            (json{{"error", "no such command: dance"}, {"code", "InvalidOptions"}}));
  EXPECT_EQ(Ask(R"({"command": "refuse"})"),
            (json{{"error", "somebody is at it"}, {"code", "Conflict"}}));
  for (const std::string bad : {"", "{", "[]", "{}", R"({"command": 1})", R"({"command": "add"})",
                                R"({"command": "add", "a": "x", "b": 1})", "\xff\xfe"}) {
    EXPECT_EQ(Ask(bad).value("code", ""), "InvalidOptions") << bad;
  }
  EXPECT_EQ(Ask(R"({"command": "add", "a": 1, "b": 1})"), (json{{"sum", 2}}));
}

}  // namespace
}  // namespace dbstow::doubles
