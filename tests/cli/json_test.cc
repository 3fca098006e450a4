#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "cli_fixture.h"

namespace dbstow::test {
namespace {

using Json = nlohmann::json;

std::vector<Json> Lines(const std::string& out) {
  std::vector<Json> lines;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
  return lines;
}

/// Every line has a known type, and the last carries the whole result.
void ExpectWellFormed(const ProgramRun& run) {
  const std::set<std::string> types = {"plan", "progress", "event", "summary", "error"};
  const std::vector<Json> lines = Lines(run.out);
  ASSERT_FALSE(lines.empty()) << run.err;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string type = lines[i].at("type");
    EXPECT_TRUE(types.contains(type)) << type;
    EXPECT_EQ(type == "summary" || type == "error", i + 1 == lines.size());
  }
  const Json& last = lines.back();
  EXPECT_EQ(last.at("exit_status"), run.status);
  EXPECT_EQ(last.at("success"), run.status == 0);
  EXPECT_TRUE(last.at("message").is_string());
  EXPECT_TRUE(last.at("warnings").is_array());
  EXPECT_TRUE(last.at("details").at("operation").is_string()) << last;
  EXPECT_EQ(last.at("details").value("correlation_id", "").size(), 32u) << last;
  for (const auto& [key, value] : last.at("details").items()) {
    EXPECT_TRUE(value.is_string()) << key;
  }
  if (run.status == 0) {
    EXPECT_TRUE(last.at("error").is_null());
  } else {
    EXPECT_TRUE(last.at("error").at("code").is_string());
    EXPECT_TRUE(last.at("error").at("message").is_string());
    EXPECT_TRUE(last.at("error").at("retry").is_string());
    EXPECT_NE(last.at("error").at("hint"), "") << "every error says what to do next: " << last;
  }
  EXPECT_TRUE(run.err.empty()) << "text for people goes nowhere with --json: " << run.err;
}

TEST_F(CliTest, EveryCommandEndsWithItsWholeResultAsJson) {
  const std::string target = folder_ / "back.db";
  Write(folder_ / "second", "another passphrase");
  struct Case {
    int status;
    Words words;
  };
  const std::vector<Case> cases = {
      {0, {"backup", instance_, "--repo", repository_}},
      {0, {"restore", instance_, "--from", "latest", "--target", target, "--repo", repository_}},
      {9, {"restore", instance_, "--from", "latest", "--target", target, "--repo", repository_}},
      {0, {"clone", instance_, "--target", folder_ / "clone.db"}},
      {0, {"compare", instance_, "sqlite://" + target}},
      {0, {"backups", "--repo", repository_}},
      {0, {"show", "latest", "--repo", repository_}},
      {0, {"verify", "latest", "--level", "2", "--repo", repository_}},
      {0, {"export", "latest", "--to", folder_ / "native.db", "--repo", repository_}},
      {0, {"prune", "--repo", repository_}},
      {0, {"key", "list", "--repo", repository_}},
      {0, {"init", "--repo", repository_ + "2"}},
      {9, {"init", "--repo", repository_}},
      {0, {"key", "add", "--new-secret", "file:" + (folder_ / "second"), "--repo", repository_}},
      {5, {"key", "remove", "nosuch", "--repo", repository_}},
      {0,
       {"key", "rotate", "--new-secret", "file:" + (folder_ / "second"), "--dry-run", "--repo",
        repository_}},
      {0, {"verify", "--repo", repository_}},
      {0, {"inspect", instance_}},
      {0, {"instances"}},
      {0, {"engines"}},
      {0, {"engines", "sqlite"}},
      {0, {"doctor", instance_, "--repo", repository_}},
      {0, {"audit", "verify"}},
      {0, {"config", "schema"}},
      {5, {"config", "lint"}},
      {0, {"completion", "bash"}},
      {0, {"help", "Conflict"}},
      {5, {"inspect", "nobody"}},
      {10, {"backups", "--repo", repository_ + "x"}},
      {5, {"verify", "2001", "--repo", repository_}},
      {5, {"backups", "--repo", repository_, "--repo-secret", "env:NOT_SET"}},
      {1, {"restore", instance_, "--from", "file:///x", "--target", "y", "--repo", repository_}},
      {2, {"nonsense"}},
      {2, {"backup", "--nonsense"}}};
  for (const auto& [status, words] : cases) {
    Words json = words;
    json.emplace_back("--json");
    SCOPED_TRACE(::testing::PrintToString(words));
    const ProgramRun run = Dbstow(json);
    EXPECT_EQ(run.status, status) << run.out;
    ExpectWellFormed(run);
  }
}

TEST_F(CliTest, JsonSaysWhatABackupCostAndWhereItIs) {
  const ProgramRun run = WithRepo({"backup", instance_, "--json"});
  const std::vector<Json> lines = Lines(run.out);
  EXPECT_EQ(lines.front().at("type"), "plan");
  const Json& details = lines.back().at("details");
  for (const char* key : {"backup_id", "bytes_read", "bytes_stored", "bytes_reused",
                          "correlation_id", "duration_ms", "attempts", "instance", "engine"}) {
    EXPECT_TRUE(details.contains(key)) << key;
  }
}

/// Every line of a file of JSON lines has this correlation id.
void ExpectTraced(const std::string& text, const std::string& trace) {
  EXPECT_FALSE(text.empty());
  for (const Json& line : Lines(text)) EXPECT_EQ(line.value("correlation_id", ""), trace) << line;
}

TEST_F(CliTest, EverythingThatOneCommandSaysAndWritesHasOneTrace) {
  Write(folder_ / "dbstow.toml",
        "[log]\npath = \"log.jsonl\"\nlevel = \"debug\"\n"
        "[retention]\nkeep_last = 1\nfloor_verified = 0\n");
  Fill(folder_ / "other.db", 10);
  const std::string other = "sqlite://" + (folder_ / "other.db");
  int number = 0;
  for (const Words& words : std::vector<Words>{
           {"backups", "--repo", repository_},  // there is none yet
           {"backup", instance_, "--repo", repository_, "--idempotency-key", "k"},
           {"backup", instance_, "--repo", repository_, "--idempotency-key", "k"},
           {"backup", other, "--repo", repository_},
           {"compare", instance_, other},
           {"prune", "--confirm", "--repo", repository_},
           {"prune", "--repo", repository_ + "x"},
           {"key", "remove", "nosuch", "--repo", repository_},
           {"init", "--repo", repository_},
           {"backups", "--repo", repository_, "--repo-secret", "exec:/bin/false"},
           {"inspect", "nobody"},
           {"doctor", instance_, "--repo", repository_},
           {"instances"},
           {"audit", "verify"},
           {"config", "lint"},
           {"nonsense"},
       }) {
    SCOPED_TRACE(::testing::PrintToString(words));
    std::filesystem::remove(folder_ / "log.jsonl");
    const auto audited = ReadWholeFile(folder_ / "state/audit.jsonl").size();
    const std::string digits = std::to_string(1000 + number++);
    const std::string trace = "0af7651916cd43dd8448eb211c80" + digits;
    Words json = words;
    json.insert(json.end(), {"--json", "--log-level", "debug"});
    const ProgramRun run = Dbstow(json, {{"TRACEPARENT", "00-" + trace + "-b7ad6b7169203331-01"}});
    const std::vector<Json> lines = Lines(run.out);
    ASSERT_FALSE(lines.empty());
    EXPECT_EQ(lines.back().at("details").value("correlation_id", ""), trace) << lines.back();
    for (const Json& line : lines) {
      if (line.value("event", "") == "log") {
        EXPECT_EQ(line.value("correlation_id", ""), trace) << line;
      }
    }
    const std::string log = ReadWholeFile(folder_ / "log.jsonl");
    if (!log.empty()) ExpectTraced(log, trace);
    const std::string records = ReadWholeFile(folder_ / "state/audit.jsonl").substr(audited);
    if (!records.empty()) ExpectTraced(records, trace);
  }
  const ProgramRun malformed = Dbstow({"instances", "--json"}, {{"TRACEPARENT", "00-x"}});
  EXPECT_EQ(malformed.status, 0) << "who gives the header is not who gives the command";
  ExpectWellFormed(malformed);
  const Json result = Lines(malformed.out).back();
  EXPECT_EQ(result.at("details").value("correlation_id", "").size(), 32u) << result;
  EXPECT_NE(result.at("warnings").dump().find("TRACEPARENT"), std::string::npos) << result;
}

// The catalog is repaired outside of any operation's own logging.
TEST_F(CliTest, TheWarningOfADamagedCatalogHasTheTraceToo) {
  const Words backup = {"backup", instance_, "--json", "--idempotency-key", "k"};
  ASSERT_EQ(WithRepo(backup).status, 0);
  for (const char* suffix : {"-wal", "-shm"}) {
    std::filesystem::remove(folder_ / "state/catalog.sqlite" + suffix);
  }
  Write(folder_ / "state/catalog.sqlite", std::string(8192, 'x'));
  const ProgramRun run = WithRepo(backup);
  EXPECT_EQ(run.status, 0) << run.out;
  const std::vector<Json> lines = Lines(run.out);
  bool warned = false;
  for (const Json& line : lines) {
    if (line.value("event", "") != "log") continue;
    warned = warned || line.value("message", "").find("damaged") != std::string::npos;
    EXPECT_EQ(line.value("correlation_id", ""), lines.back().at("details").at("correlation_id"));
  }
  EXPECT_TRUE(warned) << run.out;
}

TEST_F(CliTest, NamesThatAreNotUtf8DoNotBreakTheJson) {
  const std::string odd = folder_ / "od\xff\x01.db";
  Fill(odd, 10);
  const ProgramRun run =
      WithRepo({"backup", "sqlite://" + folder_.path() + "/od%FF%01.db", "--json"});
  EXPECT_FALSE(Lines(run.out).empty());
  // Control characters are refused in a connection; the point is how that is said.
  EXPECT_EQ(Lines(run.out).back().at("exit_status"), run.status);
}

}  // namespace
}  // namespace dbstow::test
