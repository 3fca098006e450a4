#include "observability/audit_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "observability/sha256.h"
#include "support/fakes.h"
#include "support/memory_shared_files.h"

namespace dbstow::observability {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::string kPath = "audit.log";
const std::string kHead = "audit.log.head";

AuditRecord SomeRecord(int number) {
  AuditRecord record;
  record.stage = number % 2 == 0 ? AuditRecord::Stage::kEnd : AuditRecord::Stage::kBegin;
  record.actor = "alice@host";
  record.operation = "backup";
  record.instance = "shop \"1\"\n\xff";  // also what is not text
  record.target = "chain shop";
  record.outcome = number % 2 == 0 ? "success" : "";
  record.correlation_id = "0123456789abcdef0123456789abcdef";
  record.details = {{"number", std::to_string(number)}, {"bytes_read", "100"}};
  return record;
}

struct World {
  test::MemorySharedFiles files;
  test::FakeClock clock;

  explicit World(int records = 0) {
    for (int i = 1; i <= records; ++i) RC_ASSERT(Append(i).has_value());
  }
  Result<void> Append(int number) {
    return CreateAuditLog(kPath, files, clock)->Record(SomeRecord(number), Deadline::Never(), {});
  }
  [[nodiscard]] std::string& log() { return files.files[kPath]; }
  AuditReport Verify(const std::optional<AuditAnchor>& anchor = {}) {
    auto report = VerifyAuditLog(kPath, files, anchor);
    if (!report) throw std::runtime_error(report.error().ToString());
    return *std::move(report);
  }
  [[nodiscard]] std::vector<std::string> Lines() {
    std::vector<std::string> lines;
    std::istringstream stream(log());
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }
  void SetLines(const std::vector<std::string>& lines) {
    log().clear();
    for (const std::string& line : lines) log() += line + "\n";
  }
};

std::vector<std::string> Texts(const AuditReport& report) {
  std::vector<std::string> texts;
  for (const AuditProblem& each : report.problems) texts.push_back(each.text);
  return texts;
}

TEST(AuditLog, HoldsNoPasswordThatWasTyped) {
  World world;
  AuditRecord record = SomeRecord(1);
  record.instance = "postgres://u:canary@h/db";
  record.target = "s3://k:canary@b/x";
  record.details["source"] = "v:canary@h";
  ASSERT_TRUE(
      CreateAuditLog(kPath, world.files, world.clock)->Record(record, Deadline::Never(), {}));
  EXPECT_THAT(world.log(), HasSubstr("s3://k:***@b/x"));
  EXPECT_THAT(world.log(), Not(HasSubstr("canary")));
  EXPECT_TRUE(world.Verify().intact());
}

TEST(AuditLog, AnUntouchedLogIsIntact) {
  World world(5);
  const AuditReport report = world.Verify();
  EXPECT_THAT(Texts(report), IsEmpty());
  EXPECT_THAT(report.notes, IsEmpty());
  EXPECT_EQ(report.records, 5u);
  EXPECT_EQ(report.newest->seq, 5u);
  EXPECT_EQ(world.files.files[kHead], report.newest->ToString() + "\n");
}

TEST(AuditLog, ARecordSaysWhoWhatWhenWhereAndTheHashIsOverItsBytes) {
  World world(2);
  const std::string line = world.Lines()[1];
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["seq"], 2);
  EXPECT_EQ(json["time"], "2026-11-23T00:00:00.000000Z");
  EXPECT_EQ(json["stage"], "end");
  EXPECT_EQ(json["actor"], "alice@host");
  EXPECT_EQ(json["operation"], "backup");
  EXPECT_EQ(json["target"], "chain shop");
  EXPECT_EQ(json["outcome"], "success");
  EXPECT_EQ(json["details"]["number"], "2");
  EXPECT_EQ(json["prev_hash"], nlohmann::json::parse(world.Lines()[0])["hash"]);
  EXPECT_EQ(json["hash"], Sha256Hex(line.substr(0, line.rfind(",\"hash\":"))));
}

TEST(AuditLog, TheHashIsSha256) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(AuditLog, AnEditedRecordIsNamed) {
  World world(5);
  const std::size_t at = world.log().find("\"number\":\"3\"");
  world.log()[at + 10] = '7';
  const AuditReport report = world.Verify();
  ASSERT_THAT(report.problems, SizeIs(1));
  EXPECT_EQ(report.problems[0].line, 3u);
  EXPECT_THAT(report.problems[0].text, HasSubstr("record 3 was edited"));
}

TEST(AuditLog, ARemovedRecordIsNamed) {
  World world(5);
  auto lines = world.Lines();
  lines.erase(lines.begin() + 1, lines.begin() + 3);
  world.SetLines(lines);
  EXPECT_THAT(Texts(world.Verify()), ElementsAre("records 2 to 3 are missing before record 4"));
}

TEST(AuditLog, ReorderedRecordsAreNamed) {
  World world(5);
  auto lines = world.Lines();
  std::swap(lines[1], lines[2]);
  world.SetLines(lines);
  EXPECT_THAT(Texts(world.Verify()), ElementsAre("record 2 is missing before record 3",
                                                 HasSubstr("record 2 is out of order")));
}

TEST(AuditLog, ACutEndIsNamed) {
  World world(5);
  auto lines = world.Lines();
  lines.resize(3);
  world.SetLines(lines);
  EXPECT_THAT(Texts(world.Verify()), ElementsAre("records 4 to 5 are missing at the end"));
}

TEST(AuditLog, ARecordThatWasWrittenAnewWithAGoodHashIsFound) {
  World world(5);
  World other(2);
  ASSERT_TRUE(other.Append(99));
  auto lines = world.Lines();
  lines[2] = other.Lines()[2];  // whole, follows from record 2, but is not what 4 follows from
  world.SetLines(lines);
  EXPECT_THAT(Texts(world.Verify()), ElementsAre(HasSubstr("record 4 does not follow")));
}

TEST(AuditLog, TheLastRecordWrittenAnewIsFoundByTheHead) {
  World world(3);
  World other(2);
  ASSERT_TRUE(other.Append(99));
  world.log() = other.log();
  EXPECT_THAT(Texts(world.Verify()),
              ElementsAre("record 3 is not the one that the head file names"));
}

TEST(AuditLog, ALogThatIsGoneIsAFindingWhileItsHeadIsThere) {
  World world(3);
  world.files.files.erase(kPath);
  EXPECT_THAT(Texts(world.Verify()), ElementsAre("records 1 to 3 are missing at the end"));
  world.files.files.clear();
  EXPECT_EQ(VerifyAuditLog(kPath, world.files).error().code(), ErrorCode::kNotFound);
}

TEST(AuditLog, AMissingHeadIsFoundAlsoAfterTheNextRecord) {
  World world(3);
  world.files.files.erase(kHead);
  EXPECT_THAT(Texts(world.Verify()), ElementsAre(HasSubstr("head file is missing")));
  ASSERT_TRUE(world.Append(4));
  EXPECT_THAT(Texts(world.Verify()), ElementsAre(HasSubstr("missing when record 4 was written")));
}

TEST(AuditLog, AnAnchorKeptElsewhereFindsALogCutTogetherWithItsHead) {
  World world(5);
  const AuditAnchor anchor = *world.Verify().newest;
  World shorter(4);
  EXPECT_TRUE(shorter.Verify().intact());
  EXPECT_THAT(Texts(shorter.Verify(anchor)), ElementsAre(HasSubstr("ends before record 5")));
  World anew(4);
  ASSERT_TRUE(anew.Append(99));
  EXPECT_THAT(Texts(anew.Verify(anchor)),
              ElementsAre("record 5 is not the one that the anchor names"));
  ASSERT_TRUE(world.Append(6));
  EXPECT_TRUE(world.Verify(anchor).intact());
}

TEST(AuditLog, WithAnAnchorALogThatIsGoneWasRemoved) {
  World world(5);
  const AuditAnchor anchor = *world.Verify().newest;
  world.files.files.clear();
  const auto unknown = VerifyAuditLog(kPath, world.files, {});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ErrorCode::kNotFound) << "there may never have been one";
  EXPECT_THAT(Texts(world.Verify(anchor)), ElementsAre(HasSubstr("records 1 to 5 are missing")));
  EXPECT_TRUE(world.files.files.empty()) << "no lock file where there is no log";
}

TEST(AuditLog, ARecordWithoutItsNewlineCounts) {
  World world(3);
  world.log().pop_back();
  EXPECT_TRUE(world.Verify().intact());
  ASSERT_TRUE(world.Append(4));
  EXPECT_TRUE(world.Verify().intact());
  EXPECT_THAT(world.Lines(), SizeIs(4));
}

TEST(AuditLog, ATornLineStaysAndTheNextRecordVouchesForIt) {
  World world(2);
  world.files.FailChange(1, 30);
  EXPECT_FALSE(world.Append(3));
  EXPECT_THAT(world.Verify().notes, ElementsAre(HasSubstr("line 3, the last, was torn")));
  ASSERT_TRUE(world.Append(4));
  EXPECT_THAT(world.Lines(), SizeIs(4));
  EXPECT_THAT(world.Verify().notes, ElementsAre(HasSubstr("line 3 was torn by a crash")));
  auto lines = world.Lines();
  lines[2][5] = 'x';
  world.SetLines(lines);
  EXPECT_FALSE(world.Verify().intact());
  lines.erase(lines.begin() + 2);
  world.SetLines(lines);
  EXPECT_THAT(Texts(world.Verify()),
              ElementsAre(HasSubstr("torn line before record 3 was removed")));
}

TEST(AuditLog, AFileThatIsNoAuditLogIsNotContinued) {
  World world;
  world.log() = "PATH=/bin\nHOME=/root\n";
  EXPECT_EQ(world.Append(1).error().code(), ErrorCode::kCorrupt);
}

TEST(AuditAnchor, ReadsWhatItWrites) {
  const AuditAnchor anchor{17, std::string(64, 'a')};
  EXPECT_EQ(*AuditAnchor::Parse(anchor.ToString()), anchor);
  const std::string hash(64, 'a');
  const std::vector<std::string> malformed = {
      "", ":", "17", "17:", "17:abc", "0:" + hash, "x:" + hash, "1:" + std::string(64, 'G')};
  for (const std::string& bad : malformed) {
    EXPECT_FALSE(AuditAnchor::Parse(bad)) << bad;
  }
}

// One change of one byte, one line, or the end.
void Tamper(World& world, int records) {
  std::string& log = world.log();
  std::vector<std::string> lines = world.Lines();
  const auto line = static_cast<std::size_t>(*rc::gen::inRange(0, records));
  switch (*rc::gen::inRange(0, 5)) {
    case 0: {
      const auto at = *rc::gen::inRange<std::size_t>(0, log.size());
      const char other = *rc::gen::distinctFrom(rc::gen::arbitrary<char>(), log[at]);
      log[at] = other;
      return;
    }
    case 1: lines.erase(lines.begin() + static_cast<long>(line)); break;
    case 2: {
      const auto swapped =
          (line + static_cast<std::size_t>(*rc::gen::inRange(1, records))) % lines.size();
      std::swap(lines[line], lines[swapped]);
      break;
    }
    // Only the last newline being gone takes nothing away.
    case 3: log.resize(*rc::gen::inRange<std::size_t>(0, log.size() - 1)); return;
    default: lines.insert(lines.begin() + static_cast<long>(line), lines[line]); break;
  }
  world.SetLines(lines);
}

RC_GTEST_PROP(AuditLogProperty, AnySingleChangeIsFoundNowAndAfterMoreRecords, ()) {
  const int records = *rc::gen::inRange(2, 9);
  World world(records);
  Tamper(world, records);
  RC_ASSERT(!world.Verify().intact());
  const int more = *rc::gen::inRange(1, 3);
  for (int i = 1; i <= more; ++i) RC_ASSERT(world.Append(records + i).has_value());
  RC_ASSERT(!world.Verify().intact());
}

RC_GTEST_PROP(AuditLogProperty, CrashesLoseNothingThatWasAcknowledgedAndAreNoTampering, ()) {
  World world;
  std::vector<int> acknowledged;
  const int steps = *rc::gen::inRange(1, 12);
  for (int i = 1; i <= steps; ++i) {
    if (*rc::gen::arbitrary<bool>()) {
      world.files.FailChange(*rc::gen::inRange(1, 4), *rc::gen::inRange<std::size_t>(0, 700));
    }
    if (world.Append(i)) acknowledged.push_back(i);
    if (world.files.files.contains(kPath)) {
      const AuditReport report = world.Verify();
      RC_LOG() << ::testing::PrintToString(Texts(report)) << world.log();
      RC_ASSERT(report.intact());
    }
  }
  for (const int number : acknowledged) {
    RC_ASSERT(world.log().find("\"number\":\"" + std::to_string(number) + "\"") !=
              std::string::npos);
  }
}

}  // namespace
}  // namespace dbstow::observability
