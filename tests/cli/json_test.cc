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
  for (const auto& [key, value] : last.at("details").items()) {
    EXPECT_TRUE(value.is_string()) << key;
  }
  if (run.status == 0) {
    EXPECT_TRUE(last.at("error").is_null());
  } else {
    EXPECT_TRUE(last.at("error").at("code").is_string());
    EXPECT_TRUE(last.at("error").at("message").is_string());
    EXPECT_TRUE(last.at("error").at("retry").is_string());
  }
  EXPECT_TRUE(run.err.empty()) << "text for people goes nowhere with --json: " << run.err;
}

TEST_F(CliTest, EveryCommandEndsWithItsWholeResultAsJson) {
  const std::string target = folder_ / "back.db";
  for (const Words& words : std::vector<Words>{
           {"backup", instance_, "--repo", repository_},
           {"restore", instance_, "--from", "latest", "--target", target, "--repo", repository_},
           {"restore", instance_, "--from", "latest", "--target", target, "--repo", repository_},
           {"clone", instance_, "--target", folder_ / "clone.db"},
           {"compare", instance_, "sqlite://" + target},
           {"backups", "--repo", repository_},
           {"show", "latest", "--repo", repository_},
           {"verify", "latest", "--level", "2", "--repo", repository_},
           {"export", "latest", "--to", folder_ / "native.db", "--repo", repository_},
           {"prune", "--repo", repository_},
           {"key", "list", "--repo", repository_},
           {"inspect", instance_},
           {"instances"},
           {"engines"},
           {"engines", "sqlite"},
           {"doctor", instance_, "--repo", repository_},
           {"audit", "verify"},
           {"config", "schema"},
           {"config", "lint"},
           {"completion", "bash"},
           {"help", "Conflict"},
           {"inspect", "nobody"},
           {"nonsense"},
           {"backup", "--nonsense"},
       }) {
    Words json = words;
    json.emplace_back("--json");
    SCOPED_TRACE(::testing::PrintToString(words));
    ExpectWellFormed(Dbstow(json));
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
