#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "cli/postgres/pg_cli_fixture.h"
#include "dbstow/core/connection_info.h"

namespace dbstow::test {
namespace {

// With characters that some quoting might change: what is searched for is the part without them.
constexpr const char* kCanary = "canary-5e1f7c";
constexpr const char* kPassword = "it's \\ : canary-5e1f7c %20 \"x\"";
constexpr const char* kPassphrase = "canary-5e1f7c passphrase";

/// The processes that a process has started, and theirs.
std::vector<int> ChildrenOf(int pid) {
  std::vector<int> found;
  const std::string own = std::to_string(pid);
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + own + "/task", gone)) {
    std::ifstream children(task.path() / "children");
    for (int child = 0; children >> child;) {
      found.push_back(child);
      for (const int each : ChildrenOf(child)) found.push_back(each);
    }
  }
  return found;
}

/// A file of a process that may end meanwhile: then empty.
std::string ReadProcess(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  std::string text;
  std::array<char, 4096> piece;
  for (ssize_t got = 0; (got = read(file, piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  close(file);
  return text;
}

/// Works as a role whose password is a canary, on a server that logs every statement.
class PgSecrets : public PgCliTest {
 protected:
  void SetUp() override {
    PgCliTest::SetUp();
    if (server_ == nullptr) return;
    std::filesystem::remove_all(repository_folder_);  // this one's passphrase is another canary
    // Made before statements are logged: this statement holds the password.
    ASSERT_TRUE(server_->CreateRole("keeper", "LOGIN SUPERUSER", kPassword));
    Sql("postgres", "ALTER SYSTEM SET log_statement = 'all'; ");
    Sql("postgres", "ALTER SYSTEM SET log_connections = on");
    Sql("postgres", "SELECT pg_reload_conf()");
    Write(
        folder_ / "dbstow.toml",
        "[metrics]\ntextfile = \"dbstow.prom\"\n[log]\npath = \"log.jsonl\"\nlevel = \"debug\"\n");
    password_ = kPassword;
    log_begin_ = server_->Log().size();
  }
  void TearDown() override {
    if (server_ != nullptr) {
      // Not all: the server of the other tests has settings of its own there.
      Sql("postgres", "ALTER SYSTEM RESET log_statement");
      Sql("postgres", "ALTER SYSTEM RESET log_connections");
      Sql("postgres", "SELECT pg_reload_conf()");
      PgCliTest::TearDown();
      Sql("postgres", "DROP ROLE IF EXISTS keeper");
    }
  }
  static void ExpectNone(const std::string& text, const std::string& where) {
    EXPECT_EQ(text.find(kCanary), std::string::npos) << where;
  }
  ProgramSpec Keeper(Words words) const {
    words.insert(words.end(), {"--repo", repository_, "--log-level", "debug"});
    return Spec(words, {{"PG_SECRET", kPassword}, {"DBSTOW_PASSPHRASE", kPassphrase}});
  }
  void Watched(int status, const Words& words) {
    const ProgramRun run = RunProgram(Keeper(words));
    EXPECT_EQ(run.status, status) << ::testing::PrintToString(words) << run.err;
    ExpectNone(run.out + run.err, ::testing::PrintToString(words));
  }
  void ExpectNoneAnywhere() {
    for (const std::string& file : FilesBelow(folder_.path())) {
      ExpectNone(ReadWholeFile(file), file);
    }
    ExpectNone(server_->Log().substr(log_begin_), "the server's log");
    EXPECT_TRUE(std::filesystem::exists(folder_ / "log.jsonl"));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "dbstow.prom"));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "state/audit.jsonl"));
  }

  std::size_t log_begin_ = 0;
};

TEST_F(PgSecrets, AppearInNothingThatARunLeaves) {
  const std::string shop = UriAs("keeper", "shop");
  std::string other = shop;
  other.replace(other.find("/shop"), 5, "");
  for (const bool json : {false, true}) {
    const std::string copy = json ? "copy j" : "copy h";
    for (auto& [status, words] : std::vector<std::pair<int, Words>>{
             {0, {"inspect", shop}},
             {0, {"backup", shop, "--type", "logical"}},
             {0, {"verify", "latest", "--level", "3", "--instance", shop}},
             {0, {"restore", shop, "--from", "latest", "--target", copy}},
             {9, {"restore", shop, "--from", "latest", "--target", copy}},
             {0, {"clone", shop, "--target", copy + " 2", "--set", "strategy=stream"}},
             {0, {"clone", shop, "--target", copy + " 3", "--set", "targetServer=" + other}},
             {0, {"export", "latest", "--to", folder_ / copy}},
             {0, {"show", "latest"}},
             {0, {"compare", shop, UriAs("keeper", copy)}},
             {5, {"backup", UriAs("keeper", "no such db"), "--type", "logical"}},
             {2, {"backup", shop, "--type", "logical", "--set", "jobs=many"}},
             {2, {"backup", "postgres://keeper:" + PercentEncode(kPassword, "") + "@127.0.0.1/x"}},
         }) {
      if (json) words.emplace_back("--json");
      Watched(status, words);
    }
  }
  EXPECT_NE(server_->Log().find("user=keeper"), std::string::npos) << "it did reach the server";
  EXPECT_TRUE(Databases().contains("copy h") && Databases().contains("copy j 3"));
  ExpectNoneAnywhere();
}

// pg_dump gets the password too: not in its arguments, not in its environment.
TEST_F(PgSecrets, AppearInNoProcess) {
  relay_->Set(TcpRelay::Fault::kSlow);
  RunningProgram program(Keeper({"backup", UriAs("keeper", "shop"), "--type", "logical"}));
  std::set<std::string> seen;
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!seen.contains("pg_dump") && std::chrono::steady_clock::now() < until) {
    ExpectNone(ReadProcess("/proc/" + std::to_string(program.pid()) + "/cmdline"), "dbstow");
    for (const int child : ChildrenOf(program.pid())) {
      const std::string proc = "/proc/" + std::to_string(child);
      const std::string words = ReadProcess(proc + "/cmdline");
      // Between fork and exec it is still dbstow; and --version connects nowhere.
      if (words.find("pg_dump") == std::string::npos ||
          words.find("--dbname") == std::string::npos) {
        continue;
      }
      const std::string environment = ReadProcess(proc + "/environ");
      if (environment.empty()) continue;
      seen.insert("pg_dump");
      ExpectNone(words, "the arguments of pg_dump");
      ExpectNone(environment, "the environment of pg_dump");
    }
  }
  EXPECT_TRUE(seen.contains("pg_dump"));
  relay_->Set(TcpRelay::Fault::kNone);
  EXPECT_EQ(program.WaitAtMost(std::chrono::minutes(3)).status, 0);
}

// The server writes a failed or logged statement into its log: the hash of a role's password is in
// one when a restore brings the role back.
TEST_F(PgSecrets, HashesOfRestoredRolesAreNotInTheServersLog) {
  ASSERT_TRUE(server_->CreateDatabase("owned"));
  Sql("owned", "CREATE TABLE t (i int)");
  Sql("owned", "SET log_statement = 'none'; CREATE ROLE \"lost one\" LOGIN PASSWORD 'x'");
  Sql("owned", "ALTER TABLE t OWNER TO \"lost one\"");
  const std::string hash =
      Value("postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = 'lost one'");
  ASSERT_TRUE(hash.starts_with("SCRAM-SHA-256"));
  const Words backup = {"backup", UriAs("keeper", "owned"), "--type", "logical"};
  ASSERT_EQ(RunProgram(Keeper(backup)).status, 0);
  Sql("postgres", "DROP DATABASE owned");
  Sql("postgres", "DROP ROLE \"lost one\"");
  const ProgramRun restore = RunProgram(
      Keeper({"restore", UriAs("keeper", "owned"), "--from", "latest", "--target", "owned"}));
  EXPECT_EQ(restore.status, 0) << restore.err;
  EXPECT_EQ(Value("postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = 'lost one'"),
            hash);
  EXPECT_EQ(server_->Log().find(hash), std::string::npos) << "the server's log";
  EXPECT_EQ((restore.out + restore.err).find(hash), std::string::npos);
  for (const std::string& file : FilesBelow(folder_.path())) {
    EXPECT_EQ(ReadWholeFile(file).find(hash), std::string::npos) << file;
  }
  Sql("postgres", "DROP DATABASE owned");
  Sql("postgres", "DROP ROLE \"lost one\"");
}

}  // namespace
}  // namespace dbstow::test
