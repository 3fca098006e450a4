#include "cli/output.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cli/error_text.h"
#include "cli/human_text.h"
#include "cli/json_text.h"
#include "cli/progress_view.h"

namespace dbstow::cli {
namespace {

OperationResult Failure(Error error) {
  OperationResult result;
  result.message = error.message();
  result.details = {{"correlation_id", "abc"}};
  result.error = std::move(error);
  return result;
}

TEST(HumanTextTest, SizesAndTimesAreShort) {
  EXPECT_EQ(BytesText(0), "0 B");
  EXPECT_EQ(BytesText(1023), "1023 B");
  EXPECT_EQ(BytesText(1536), "1.5 KiB");
  EXPECT_EQ(BytesText((1u << 20) - 1), "1.0 MiB") << "never 1024.0 KiB";
  EXPECT_EQ(DurationText(std::chrono::milliseconds(3210)), "3.2 s");
  EXPECT_EQ(DurationText(std::chrono::seconds(62)), "1m 02s");
  EXPECT_EQ(DurationText(std::chrono::seconds(3720)), "1h 02m");
}

TEST(HumanTextTest, TablesAlignByCharactersAndDropTrailingBlanks) {
  Table table({"A", "B", "C"});
  table.Add({"äö", "x", ""});
  table.Add({"abc", "", "z"});
  EXPECT_EQ(table.ToString(), "A    B  C\näö   x\nabc     z\n");
}

TEST(HumanTextTest, NamesCannotSteerTheTerminal) {
  EXPECT_EQ(Printable("a\033[2Jb\rc"), "a?[2Jb?c");
}

TEST(ErrorTextTest, SaysWhatWhyAndWhatNext) {
  const Error error = Error(ErrorCode::kUnavailable, "cannot reach db1:5432")
                          .WithNative({"errno", "111", "Connection refused"})
                          .WithCause(Error(ErrorCode::kIoError, "connect failed"));
  EXPECT_EQ(ErrorText(error),
            "error: cannot reach db1:5432 [Unavailable]\n"
            "  errno 111: Connection refused\n"
            "  because: connect failed\n"
            "  next: run it again later; dbstow doctor INSTANCE says whether it can be reached\n");
}

TEST(ErrorTextTest, EveryCodeHasANextStepAndAPage) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_FALSE(NextStep(code).empty());
    EXPECT_TRUE(ErrorPage(code).starts_with(Describe(code).name));
  }
}

TEST(HumanOutputTest, DataAndTextForPeopleGoToDifferentPlaces) {
  std::ostringstream data;
  std::ostringstream human;
  const auto output = CreateHumanOutput(data, human, Audience::kLog);
  output->List("backup", {{{"id", "b1"}, {"bytes_read", "2048"}}});
  output->Note("note");
  OperationResult result;
  result.success = true;
  result.message = "backed up";
  result.details = {{"bytes_read", "2048"}, {"bytes_reused", "0"}, {"duration_ms", "1500"}};
  result.warnings = {"careful"};
  EXPECT_EQ(output->Finish(result), 0);
  EXPECT_EQ(data.str(), "ID  READ\nb1  2.0 KiB\n");
  EXPECT_EQ(human.str(), "note\nwarning: careful\nbacked up (2.0 KiB read in 1.5 s)\n");
}

TEST(HumanOutputTest, TheExitStatusIsThatOfTheErrorOrOfABrokenPipe) {
  std::ostringstream data;
  std::ostringstream human;
  const auto output = CreateHumanOutput(data, human, Audience::kLog);
  EXPECT_EQ(output->Finish(Failure({ErrorCode::kWrongKey, "no"})), 12);
  EXPECT_NE(human.str().find("correlation id: abc"), std::string::npos);
  data.setstate(std::ios::badbit);
  OperationResult good;
  good.success = true;
  EXPECT_EQ(output->Finish(good), 1);
}

TEST(HumanOutputTest, ATerminalHasOneProgressLineThatGoesAway) {
  std::ostringstream data;
  std::ostringstream human;
  const auto output = CreateHumanOutput(data, human, Audience::kTerminal);
  ProgressState state;
  state.progress = {"data", "public.t", 50, 100, "store"};
  state.bytes_per_second = 10;
  state.remaining = std::chrono::seconds(5);
  output->ShowProgress(state);
  const std::string line = human.str();
  EXPECT_EQ(line.find('\n'), std::string::npos);
  for (const char* part :
       {"data", "50%", "10 B/s", "5.0 s left", "waiting for store", "public.t"}) {
    EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
  }
  output->Note("done");
  EXPECT_TRUE(human.str().ends_with("\r\033[Kdone\n"));
}

TEST(HumanOutputTest, AResultOfAnEarlierRunSaysSoAndHasNoCost) {
  std::ostringstream data;
  std::ostringstream human;
  const auto output = CreateHumanOutput(data, human, Audience::kLog);
  OperationResult result;
  result.success = true;
  result.message = "backed up";
  result.details = {{"bytes_read", "2048"},
                    {"duration_ms", "10"},
                    {"replayed", "true"},
                    {"replayed_at", "2026-11-27T10:00:00Z"},
                    {"replayed_from", "abc"}};
  EXPECT_EQ(output->Finish(result), 0);
  EXPECT_EQ(human.str(),
            "nothing was done now: this key was used before, at 2026-11-27T10:00:00Z, correlation "
            "id abc; what came of it then:\nbacked up\n");
}

TEST(JsonOutputTest, OneObjectPerLineAndTheWholeResultLast) {
  std::ostringstream data;
  const auto output = CreateJsonOutput(data);
  output->Plan({{"operation", "backup"}});
  output->List("backup", {{{"id", "b1"}}});
  output->Note("for people only");
  EXPECT_EQ(output->Finish(Failure(Error(ErrorCode::kTimeout, "too slow").WithHint("wait"))), 124);
  EXPECT_EQ(data.str(),
            "{\"type\":\"plan\",\"operation\":\"backup\"}\n"
            "{\"type\":\"event\",\"event\":\"backup\",\"id\":\"b1\"}\n"
            "{\"type\":\"error\",\"success\":false,\"message\":\"too slow\",\"exit_status\":124,"
            "\"error\":{\"code\":\"Timeout\",\"message\":\"too slow\",\"hint\":\"wait\","
            "\"retry\":\"never\"},\"details\":{\"correlation_id\":\"abc\"},\"warnings\":[]}\n");
}

TEST(JsonOutputTest, ProgressTellsRateAndTimeLeft) {
  ProgressState state;
  state.progress = {"data", "t", 50, 100, "store"};
  state.bytes_per_second = 10;
  EXPECT_EQ(JsonLine(state),
            "{\"type\":\"progress\",\"phase\":\"data\",\"detail\":\"t\",\"bytes_done\":50,"
            "\"bytes_per_second\":10,\"bottleneck\":\"store\",\"bytes_total\":100}");
  state.remaining = std::chrono::seconds(5);
  EXPECT_NE(JsonLine(state).find("\"remaining_ms\":5000"), std::string::npos);
}

TEST(JsonOutputTest, AnErrorWithoutAHintHasTheNextStepOfItsCode) {
  std::ostringstream data;
  EXPECT_EQ(CreateJsonOutput(data)->Finish(Failure({ErrorCode::kWrongKey, "no"})), 12);
  EXPECT_NE(data.str().find("\"hint\":\"" + NextStep(ErrorCode::kWrongKey)), std::string::npos);
}

TEST(JsonOutputTest, TextThatIsNotUtf8IsRepaired) {
  EXPECT_NE(JsonLine("event", {{"name", "a\xff"}}).find("a\xef\xbf\xbd"), std::string::npos);
}

TEST(ProgressViewTest, WhatIsLeftFollowsFromTheRate) {
  Progress progress{"data", "", 400, 1000, ""};
  EXPECT_EQ(RemainingTime(progress, 100), std::chrono::seconds(6));
  EXPECT_FALSE(RemainingTime(progress, 0));
  progress.bytes_done = 1200;
  EXPECT_FALSE(RemainingTime(progress, 100)) << "totals are estimates";
  progress.bytes_total.reset();
  EXPECT_FALSE(RemainingTime(progress, 100));
}

}  // namespace
}  // namespace dbstow::cli
