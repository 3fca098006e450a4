// Clients that were not written here work on the double. Their places come from the environment, as
// tests/servers/serve exports them; without them these tests are skipped by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "doubles/mongodb/testing/double_process.h"
#include "support/child_process.h"

namespace dbstow::doubles::mongodb::testing {
namespace {

namespace fs = std::filesystem;
using Settings = std::map<std::string, std::string>;
using test::ChildSpec;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

#define NEEDS(variable)                                                                      \
  if (Environment(variable).empty()) {                                                       \
    GTEST_SKIP() << variable << " is not set: run under tests/servers/serve, which sets it"; \
  }

std::string Slurp(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

class MongodbClientsTest : public ::testing::Test {
 protected:
  /// Runs a program to its end; fails the test with what it said unless it ends with 0.
  void Run(const std::vector<std::string>& arguments) {
    const std::string said = folder_ / "said";
    const auto status = test::RunChild({arguments, {}, said, said, std::nullopt});
    ASSERT_TRUE(status) << status.error().ToString();
    ASSERT_EQ(*status, 0) << arguments[0] << " " << arguments.back() << ":\n" << Slurp(said);
  }
  static ChildSpec ScriptOf(const std::string& script, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"/usr/bin/env", "node", std::string(DBSTOW_MONGODB_PROOF) + "/" + script});
    return {arguments, {}, "", "", std::nullopt};
  }
  void RunScript(const std::string& script, const std::vector<std::string>& arguments) {
    Run(ScriptOf(script, arguments).arguments);
  }
  static std::string Tool(const std::string& name) {
    return Environment("DBSTOW_TEST_MONGO_TOOLS") + "/" + name;
  }
  /// mongodump into a folder of its own.
  std::string Dump(const std::string& uri, const std::string& name,
                   std::vector<std::string> more = {}) {
    const std::string out = folder_ / name;
    std::vector<std::string> arguments = {Tool("mongodump"), "--quiet", "--uri", uri, "--out", out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Run(arguments);
    return out;
  }

  test::ScratchFolder folder_;
};

/// What a file of a dump says, without what must differ between two servers.
std::string Comparable(const fs::path& file) {
  if (file.extension() != ".json") return Slurp(file);
  auto json = nlohmann::json::parse(Slurp(file), nullptr, false);
  if (!json.is_object()) return Slurp(file);
  json.erase("uuid");
  // mongorestore makes the indexes of a collection in any order.
  if (json.contains("indexes")) std::sort(json["indexes"].begin(), json["indexes"].end());
  return json.dump();
}

std::map<std::string, std::string> Contents(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().filename() == "prelude.json") continue;
    files[fs::relative(entry.path(), folder)] = Comparable(entry.path());
  }
  return files;
}

void ExpectSameDump(const std::string& left, const std::string& right) {
  const auto a = Contents(left);
  const auto b = Contents(right);
  for (const auto& [name, content] : a) {
    ASSERT_EQ(b.count(name), 1U) << name << " is missing in " << right;
    EXPECT_TRUE(content == b.at(name))
        << name << " differs"
        << (name.ends_with("json") ? ":\n" + content + "\n" + b.at(name) : "");
  }
  EXPECT_EQ(a.size(), b.size());
  EXPECT_FALSE(a.empty());
}

TEST_F(MongodbClientsTest, TheDriverWorksOnAStandalone) {
  NEEDS("DBSTOW_TEST_MONGODB_DRIVER");
  DoubleProcess server;
  ASSERT_TRUE(server.Start());
  RunScript("driver.mjs", {server.uri()});
}

TEST_F(MongodbClientsTest, TheDriverWorksOnAReplicaSetWithFaults) {
  NEEDS("DBSTOW_TEST_MONGODB_DRIVER");
  DoubleProcess server(Settings{{"replset", "rs0"}});
  ASSERT_TRUE(server.Start());
  RunScript("replica_set.mjs", {server.uri(), std::to_string(server.control_port())});
}

TEST_F(MongodbClientsTest, TheDriverReadsSessionsInTheOplog) {
  NEEDS("DBSTOW_TEST_MONGODB_DRIVER");
  DoubleProcess server(Settings{{"replset", "rs0"}});
  ASSERT_TRUE(server.Start());
  RunScript("oplog.mjs", {server.uri(), std::to_string(server.control_port())});
}

TEST_F(MongodbClientsTest, TheDriverReadsOnWhateverHappens) {
  NEEDS("DBSTOW_TEST_MONGODB_DRIVER");
  DoubleProcess server(Settings{{"replset", "rs0"}});
  ASSERT_TRUE(server.Start());
  RunScript("long_reads.mjs", {server.uri(), std::to_string(server.control_port())});
}

/// What is needed to talk to a server with users and TLS.
std::vector<std::string> CrowdOf(const DoubleProcess& server, const std::string& what,
                                 const std::string& file) {
  return {what, std::to_string(server.port()), server.certificate(), file};
}

TEST_F(MongodbClientsTest, TwoHundredLoggedInWorkAtOnce) {
  NEEDS("DBSTOW_TEST_MONGODB_DRIVER");
  DoubleProcess server(Settings{{"auth", "on"}, {"tls", "on"}});
  ASSERT_TRUE(server.Start());
  RunScript("crowd.mjs", CrowdOf(server, "work", ""));
}

TEST_F(MongodbClientsTest, KilledAtWorkItHoldsWhatItAcknowledged) {
  NEEDS("DBSTOW_TEST_MONGODB_DRIVER");
  constexpr std::ptrdiff_t kEnough = 300;
  DoubleProcess server(Settings{{"auth", "on"}, {"tls", "on"}});
  ASSERT_TRUE(server.Start());
  const std::string file = folder_ / "acknowledged";
  std::atomic<bool> ended = false;
  std::jthread writer([&, script = CrowdOf(server, "write", file)] {
    ChildSpec spec = ScriptOf("crowd.mjs", script);
    spec.output_file = spec.error_file = folder_ / "writer";
    (void)test::RunChild(spec);
    ended = true;
  });
  const auto acknowledged = [&] {
    const std::string lines = Slurp(file);
    return std::count(lines.begin(), lines.end(), '\n');
  };
  while (!ended && acknowledged() < kEnough) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  server.Kill();
  writer.join();
  ASSERT_GE(acknowledged(), kEnough) << Slurp(folder_ / "writer");
  ASSERT_TRUE(server.Start());
  RunScript("crowd.mjs", CrowdOf(server, "compare", file));
}

TEST_F(MongodbClientsTest, TheDriverWatchesChanges) {
  NEEDS("DBSTOW_TEST_MONGODB_DRIVER");
  DoubleProcess server(Settings{{"replset", "rs0"}});
  ASSERT_TRUE(server.Start());
  RunScript("changes.mjs", {server.uri(), std::to_string(server.control_port())});
}

TEST_F(MongodbClientsTest, ARouterIsSeenAsOne) {
  NEEDS("DBSTOW_TEST_MONGODB_DRIVER");
  NEEDS("DBSTOW_TEST_MONGO_TOOLS");
  DoubleProcess server(Settings{{"router", "on"}});
  ASSERT_TRUE(server.Start());
  RunScript("router.mjs", {server.uri()});
  const std::string dump = Dump(server.uri(), "dump");
  EXPECT_TRUE(fs::exists(dump + "/d/c.bson"));
  // The tool itself refuses an oplog of a sharded cluster.
  const std::string said = folder_ / "refused";
  const auto status =
      test::RunChild({{Tool("mongodump"), "--uri", server.uri(), "--oplog", "--out", dump},
                      {},
                      said,
                      said,
                      std::nullopt});
  ASSERT_TRUE(status);
  EXPECT_NE(*status, 0);
  EXPECT_THAT(Slurp(said), ::testing::HasSubstr("--oplog"));
}

TEST_F(MongodbClientsTest, TheDriverLogsInOverTlsAndRolesDeny) {
  NEEDS("DBSTOW_TEST_MONGODB_DRIVER");
  DoubleProcess server(Settings{{"auth", "on"}, {"tls", "on"}});
  ASSERT_TRUE(server.Start());
  RunScript("login.mjs", {std::to_string(server.port()), server.certificate()});
}

TEST_F(MongodbClientsTest, MongoshWorks) {
  NEEDS("DBSTOW_TEST_MONGOSH");
  DoubleProcess server;
  ASSERT_TRUE(server.Start());
  Run({Environment("DBSTOW_TEST_MONGOSH"), "--quiet", "--norc", "--file",
       std::string(DBSTOW_MONGODB_PROOF) + "/shell.js", server.uri()});
}

TEST_F(MongodbClientsTest, ADumpRestoredElsewhereIsTheSameDump) {
  NEEDS("DBSTOW_TEST_MONGODB_DRIVER");
  NEEDS("DBSTOW_TEST_MONGO_TOOLS");
  DoubleProcess source;
  DoubleProcess target;
  ASSERT_TRUE(source.Start() && target.Start());
  RunScript("fill.mjs", {source.uri(), "everything"});
  const std::string first = Dump(source.uri(), "first");
  Run({Tool("mongorestore"), "--quiet", "--uri", target.uri(), first});
  ExpectSameDump(first, Dump(target.uri(), "second"));
  const std::string archive = "--archive=" + (folder_ / "archive");
  Run({Tool("mongodump"), "--quiet", "--gzip", "--uri", source.uri(), archive});
  Run({Tool("mongorestore"), "--quiet", "--gzip", "--drop", "--uri", target.uri(), archive});
  ExpectSameDump(first, Dump(target.uri(), "third"));
  Run({Tool("bsondump"), "--quiet", first + "/dumped/types.bson"});
}

/// The entries of the oplog differ by version: 8.0 logs inserts together.
class MongodbVersionsTest : public MongodbClientsTest,
                            public ::testing::WithParamInterface<const char*> {};

TEST_P(MongodbVersionsTest, ADumpWithOplogIsOnePointInTime) {
  NEEDS("DBSTOW_TEST_MONGODB_DRIVER");
  NEEDS("DBSTOW_TEST_MONGO_TOOLS");
  DoubleProcess source(Settings{{"replset", "rs0"}, {"version", GetParam()}});
  DoubleProcess target(Settings{{"replset", "rs1"}});
  ASSERT_TRUE(source.Start() && target.Start());
  RunScript("fill.mjs", {source.uri(), "everything"});
  std::jthread busy([&] {
    const std::string said = folder_ / "busy";
    (void)test::RunChild(
        {{"/usr/bin/env", "node", std::string(DBSTOW_MONGODB_PROOF) + "/busy.mjs", source.uri()},
         {},
         said,
         said,
         std::nullopt});
  });
  // The dump begins once the writer is at work.
  const auto written = [&] {
    auto client = WireClient::Connect(source.port());
    const auto reply = client ? (*client)->Run("busy", Builder().Add("count", "c"))
                              : Result<std::string>(client.error());
    return reply && Document(*reply)["n"].AsInt64() > 50;
  };
  while (!written()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const std::string dump = Dump(source.uri(), "dump", {"--oplog"});
  busy.join();
  Run({Tool("mongorestore"), "--quiet", "--oplogReplay", "--uri", target.uri(), dump});
  RunScript("same_moment.mjs", {source.uri(), target.uri(), dump + "/oplog.bson"});
}

INSTANTIATE_TEST_SUITE_P(Versions, MongodbVersionsTest, ::testing::Values("7.0.16", "8.0.4"));

TEST_F(MongodbClientsTest, ADumpAndTheOplogSinceGiveAnyMoment) {
  NEEDS("DBSTOW_TEST_MONGODB_DRIVER");
  NEEDS("DBSTOW_TEST_MONGO_TOOLS");
  DoubleProcess source(Settings{{"replset", "rs0"}});
  DoubleProcess target(Settings{{"replset", "rs1"}});
  ASSERT_TRUE(source.Start() && target.Start());
  const std::string file = folder_ / "moment.json";
  RunScript("moment.mjs", {"before", source.uri(), file});
  const std::string dump = Dump(source.uri(), "dump");
  RunScript("moment.mjs", {"after", source.uri(), file});
  const auto moment = nlohmann::json::parse(Slurp(file), nullptr, false);
  ASSERT_TRUE(moment.is_object() && moment.contains("limit"));
  const nlohmann::json query = {{"ts", {{"$gt", moment["from"]}}}};
  const std::string log = Dump(
      source.uri(), "log", {"--db", "local", "--collection", "oplog.rs", "--query", query.dump()});
  Run({Tool("mongorestore"), "--quiet", "--uri", target.uri(), "--oplogReplay", "--oplogFile",
       log + "/local/oplog.rs.bson", "--oplogLimit", moment["limit"].get<std::string>(), dump});
  RunScript("moment.mjs", {"compare", target.uri(), file});
}

TEST_F(MongodbClientsTest, ADumpsOplogBeginsWithWhatIsPrepared) {
  NEEDS("DBSTOW_TEST_MONGODB_DRIVER");
  NEEDS("DBSTOW_TEST_MONGO_TOOLS");
  DoubleProcess source(Settings{{"replset", "rs0"}});
  DoubleProcess target(Settings{{"replset", "rs1"}});
  ASSERT_TRUE(source.Start() && target.Start());
  const std::string port = std::to_string(source.control_port());
  const std::string file = folder_ / "began.json";
  RunScript("prepared.mjs", {"prepare", source.uri(), port, file});
  const std::string dump = Dump(source.uri(), "dump", {"--oplog"});
  RunScript("prepared.mjs", {"starts", source.uri(), dump + "/oplog.bson", file});
  RunScript("prepared.mjs", {"commit", source.uri(), port, file});
  const auto began = nlohmann::json::parse(Slurp(file), nullptr, false);
  ASSERT_TRUE(began.is_object());
  nlohmann::json query;
  query["ts"]["$gte"]["$timestamp"] = began;
  const std::string log = Dump(
      source.uri(), "log", {"--db", "local", "--collection", "oplog.rs", "--query", query.dump()});
  fs::remove(dump + "/oplog.bson");
  Run({Tool("mongorestore"), "--quiet", "--uri", target.uri(), "--oplogReplay", "--oplogFile",
       log + "/local/oplog.rs.bson", dump});
  RunScript("prepared.mjs", {"restored", target.uri()});
}

TEST_F(MongodbClientsTest, MongodumpTakesTheSameFromFerretDb) {
  NEEDS("DBSTOW_TEST_MONGODB_DRIVER");
  NEEDS("DBSTOW_TEST_MONGO_TOOLS");
  NEEDS("DBSTOW_TEST_FERRETDB");
  DoubleProcess server;
  ASSERT_TRUE(server.Start());
  const std::string other = Environment("DBSTOW_TEST_FERRETDB");
  RunScript("fill.mjs", {server.uri(), "plain"});
  RunScript("fill.mjs", {other, "plain"});
  const std::string ours = Dump(server.uri(), "ours", {"--db", "dumped"});
  ExpectSameDump(ours, Dump(other, "theirs", {"--db", "dumped"}));
}

}  // namespace
}  // namespace dbstow::doubles::mongodb::testing
