#include "observability/loggers.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/fakes.h"

namespace dbstow::observability {
namespace {

using ::testing::HasSubstr;

class TextWriter final : public LineWriter {
 public:
  void Write(std::string_view line) override { text += line; }
  std::string text;
};

class LoggersTest : public ::testing::Test {
 protected:
  TextWriter writer;
  test::FakeClock clock;
  LogOptions options{.level = LogLevel::kInfo, .common = {{"correlation_id", "abc"}}};
};

TEST_F(LoggersTest, JsonHasTimeLevelMessageAndTheCommonFieldsInEveryLine) {
  const auto logger = CreateJsonLogger(writer, clock, options);
  logger->Log(LogLevel::kWarning, "two\nlines \"quoted\" \xff", {{"instance", "shop"}});
  ASSERT_EQ(std::ranges::count(writer.text, '\n'), 1);
  const auto json = nlohmann::json::parse(writer.text);
  EXPECT_EQ(json["time"], "2026-11-23T00:00:00.000000Z");
  EXPECT_EQ(json["level"], "warning");
  EXPECT_EQ(json["message"], "two\nlines \"quoted\" \xEF\xBF\xBD");
  EXPECT_EQ(json["correlation_id"], "abc");
  EXPECT_EQ(json["instance"], "shop");
}

TEST_F(LoggersTest, JsonKeepsRepeatedKeysAndProtectsItsOwn) {
  const auto logger = CreateJsonLogger(writer, clock, options);
  logger->Log(LogLevel::kInfo, "m",
              {{"warning", "a"}, {"warning", "b"}, {"time", "mine"}, {"correlation_id", "abc"}});
  const auto json = nlohmann::json::parse(writer.text);
  EXPECT_EQ(json["warning"], nlohmann::json({"a", "b"}));
  EXPECT_EQ(json["time_"], "mine");
  EXPECT_EQ(json["correlation_id"], "abc");
  EXPECT_FALSE(json.contains("correlation_id_"));
}

TEST_F(LoggersTest, WhatIsBelowTheLevelIsLeftOut) {
  CreateJsonLogger(writer, clock, options)->Log(LogLevel::kDebug, "m", {});
  CreateTextLogger(writer, clock, options)->Log(LogLevel::kDebug, "m", {});
  EXPECT_EQ(writer.text, "");
}

TEST_F(LoggersTest, TextIsOneLineForPeople) {
  const auto logger = CreateTextLogger(writer, clock, options);
  logger->Log(LogLevel::kError, "it\nfailed", {{"correlation_id", "abc"}, {"why", "\x1b[2Jx"}});
  EXPECT_EQ(writer.text, "00:00:00 error: it failed (why= [2Jx)\n");
}

TEST(LogLevelText, NamesTheNearest) {
  EXPECT_EQ(*LogLevelFromString("debug"), LogLevel::kDebug);
  EXPECT_EQ(LogLevelFromString("warn").error().code(), ErrorCode::kInvalidOptions);
  EXPECT_THAT(LogLevelFromString("eror").error().hint(), HasSubstr("error"));
}

TEST(LineWriterTest, AFileIsAppendedToByWholeLines) {
  const test::ScratchFolder folder;
  const std::string path = folder / "dbstow.log";
  for (int i = 0; i < 2; ++i) {
    auto writer = CreateFileLineWriter(path);
    ASSERT_TRUE(writer);
    (*writer)->Write("line\n");
  }
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), "line\nline\n");
  EXPECT_FALSE(CreateFileLineWriter(folder / "no/folder/log"));
}

TEST(LineWriterTest, AFullPipeDropsLinesAndSaysSoLater) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_NONBLOCK), 0);
  const std::string filler(4096, 'x');
  while (::write(ends[1], filler.data(), filler.size()) > 0) {
  }
  const auto writer = CreateDescriptorLineWriter(ends[1]);
  writer->Write("lost 1\n");
  writer->Write("lost 2\n");
  std::string drained(1 << 20, '\0');
  ASSERT_GT(::read(ends[0], drained.data(), drained.size()), 0);
  writer->Write("kept\n");
  const ssize_t got = ::read(ends[0], drained.data(), drained.size());
  ASSERT_GT(got, 0);
  EXPECT_EQ(drained.substr(0, static_cast<std::size_t>(got)),
            "(2 log lines could not be written)\nkept\n");
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace dbstow::observability
