#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/postgres/pg_cli_fixture.h"

namespace dbstow::test {
namespace {

constexpr const char* kTrace = "0af7651916cd43dd8448eb211c80319c";

/// The lines of a file or output that are JSON objects.
std::vector<nlohmann::json> Lines(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

// From a line of any of our files to the session on the server, and back.
TEST_F(PgCliTest, OneTraceIsInTheResultTheLogTheAuditAndEverySession) {
  Write(folder_ / "dbstow.toml", "[log]\npath = \"log.jsonl\"\nlevel = \"debug\"\n");
  Words words = WordsOf(PgWork::kBackup);
  words.emplace_back("--json");
  ProgramSpec spec = PgSpec(words);
  spec.environment["TRACEPARENT"] = std::string("00-") + kTrace + "-b7ad6b7169203331-01";
  relay_->After(kInTheMiddle, TcpRelay::Fault::kSilent);
  RunningProgram program(spec);
  ASSERT_TRUE(relay_->AwaitFault());
  // pg_dump is among them, or has ended by now. One that is just being let in has no name yet.
  EventuallyEquals(std::string("dbstow ") + kTrace,
                   "SELECT string_agg(DISTINCT application_name, ',') FROM pg_stat_activity"
                   " WHERE datname = 'shop' AND backend_type = 'client backend'");
  relay_->Set(TcpRelay::Fault::kNone);
  const ProgramRun run = program.WaitAtMost(std::chrono::minutes(3));
  ASSERT_EQ(run.status, 0) << run.err;
  const auto printed = Lines(run.out);
  ASSERT_FALSE(printed.empty());
  EXPECT_EQ(printed.back()["details"]["correlation_id"], kTrace) << run.out;
  const auto logged = Lines(ReadWholeFile(folder_ / "log.jsonl"));
  EXPECT_FALSE(logged.empty());
  for (const auto& line : logged) EXPECT_NE(line.dump().find(kTrace), std::string::npos) << line;
  const auto audited = Lines(ReadWholeFile(folder_ / "state/audit.jsonl"));
  EXPECT_EQ(audited.size(), 2u) << "one before, one after";
  for (const auto& line : audited) EXPECT_NE(line.dump().find(kTrace), std::string::npos) << line;
}

}  // namespace
}  // namespace dbstow::test
