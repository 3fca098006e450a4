#include <filesystem>
#include <fstream>

#include "cli_fixture.h"
#include "held_at.h"

namespace dbstow::test {
namespace {

constexpr const char* kEnvironmentCanary = "canary-one-7f3a9e";
constexpr const char* kFileCanary = "canary-two-c41d08";

class SecretsTest : public CliTest {
 protected:
  /// Runs it and looks for the canaries in what it printed.
  ProgramRun Watched(const Words& words, const std::string& passphrase = kEnvironmentCanary) {
    Words all = words;
    all.insert(all.end(), {"--repo", repository_, "--log-level", "debug"});
    const ProgramRun run = Dbstow(all, {{"DBSTOW_PASSPHRASE", passphrase}});
    ExpectNone(run.out + run.err, ::testing::PrintToString(words));
    return run;
  }
  static void ExpectNone(const std::string& text, const std::string& where) {
    for (const char* canary : {kEnvironmentCanary, kFileCanary}) {
      EXPECT_EQ(text.find(canary), std::string::npos) << where;
    }
  }
};

// Everything that any command prints or leaves behind: outputs with the most talkative log, audit,
// log, metrics, catalog, repository, restored files.
TEST_F(SecretsTest, SecretsAppearNowhere) {
  Write(folder_ / "passphrase", kFileCanary);
  Write(folder_ / "dbstow.toml",
        "[metrics]\ntextfile = \"dbstow.prom\"\n[log]\npath = \"log.jsonl\"\nlevel = \"debug\"\n");
  const std::string file_secret = "file:" + (folder_ / "passphrase");
  for (const bool json : {false, true}) {
    const std::string tag = json ? "j" : "h";
    for (Words words : std::vector<Words>{
             {"backup", instance_},
             {"backup", instance_, "--idempotency-key", "k" + tag},
             {"restore", instance_, "--from", "latest", "--target", folder_ / (tag + ".db")},
             {"restore", instance_, "--from", "latest", "--target", folder_ / (tag + ".db")},
             {"verify", "latest", "--level", "3"},
             {"export", "latest", "--to", folder_ / (tag + "2.db")},
             {"prune", "--confirm"},
             {"key", "add", "--new-secret", file_secret, "--label", tag},
             {"key", "list"},
             {"doctor", instance_},
             {"show", "latest"},
             {"audit", "verify"},
             {"backups", "--repo-secret", file_secret},
             {"backups", "--repo-secret", std::string(kFileCanary)},
             {"backups", "--repo-secret", "exec:/bin/false " + std::string("x")},
         }) {
      if (json) words.emplace_back("--json");
      Watched(words);
    }
  }
  Watched({"backups"}, std::string("wrong-") + kFileCanary);
  for (const std::string& file : FilesBelow(folder_.path())) {
    if (file == folder_ / "passphrase") continue;
    ExpectNone(ReadWholeFile(file), file);
  }
  EXPECT_TRUE(std::filesystem::exists(folder_ / "log.jsonl"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "dbstow.prom"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "state/audit.jsonl"));
}

// A password typed where none belongs is neither shown nor recorded, wherever it was typed.
TEST_F(SecretsTest, PasswordsInUrisAreNeitherShownNorRecorded) {
  ASSERT_EQ(Watched({"backup", instance_}).status, 0);
  const std::string login = std::string("u:") + kFileCanary + "@";
  const std::string place = "s3://" + login + "bucket/x";
  bool json = false;
  for (const std::string& typed : {place, "postgres:/" + login + "h/db", login + "h"}) {
    for (Words words : std::vector<Words>{{"backup", instance_, typed},
                                          {"backup", typed},
                                          {"backup", instance_, "--type", typed},
                                          {"restore", instance_, "--from", typed, "--target", "x"},
                                          {"verify", typed},
                                          {"show", typed},
                                          {"export", typed, "--to", folder_ / "e.db"},
                                          {"compare", typed, instance_},
                                          {"compare", instance_, typed},
                                          {"prune", typed},
                                          {"doctor", typed},
                                          {"instances", typed},
                                          {"help", typed},
                                          {"key", "remove", typed},
                                          {typed}}) {
      json = !json;
      if (json) words.emplace_back("--json");
      Watched(words);
    }
    ExpectNone(Dbstow({"backups", "--repo", typed}).err, "--repo " + typed);
    ExpectNone(Dbstow({"backups", "--config", typed}).err, "--config " + typed);
  }
  for (const Words& words :
       std::vector<Words>{{"backup", instance_, "--to", place},
                          {"backup", instance_, "--type", "full", "--to", place, "--json"},
                          {"restore", instance_, "--from", place, "--target", "x", "--json"},
                          {"restore", instance_, "--from", "latest", "--target", place, "--json"},
                          {"clone", instance_, "--target", place, "--json"},
                          {"export", "latest", "--to", place, "--json"}}) {
    EXPECT_EQ(Watched(words).status, 2) << ::testing::PrintToString(words);
  }
  const std::string audit = ReadWholeFile(folder_ / "state/audit.jsonl");
  EXPECT_FALSE(audit.empty());
  ExpectNone(audit, "audit.jsonl");
}

// While it runs: not in what `ps` shows. (The environment is the caller's own doing; a non-dumpable
// process hides it from other users, and children do not inherit it.)
TEST_F(SecretsTest, SecretsAreNotInTheCommandLineAndMemoryIsPrivate) {
  Write(folder_ / "passphrase", kFileCanary);
  const Words words = {"backup",    instance_,       "--repo",
                       repository_, "--repo-secret", "file:" + (folder_ / "passphrase")};
  RunningProgram program(
      HeldAt("/packs/", Spec(words, {{"DBSTOW_PASSPHRASE", kEnvironmentCanary}})));
  ASSERT_TRUE(program.AwaitStop());
  const std::string proc = "/proc/" + std::to_string(program.pid());
  const std::string command = ReadWholeFile(proc + "/cmdline");
  EXPECT_NE(command.find("backup"), std::string::npos);
  ExpectNone(command, "cmdline");
  const std::string limits = ReadWholeFile(proc + "/limits");
  const std::size_t core = limits.find("Max core file size");
  ASSERT_NE(core, std::string::npos) << limits;
  EXPECT_NE(limits.substr(core, 60).find(" 0 "), std::string::npos) << "core dumps are off";
  program.Signal(SIGCONT);
  EXPECT_EQ(program.Wait().status, 0);
}

// Whoever starts dbstow with SIGCHLD ignored hands that on, and how a program ended would be lost.
TEST_F(SecretsTest, AFailingProgramIsSeenAlsoWhereTheCallerIgnoresItsChildren) {
  Backup();
  const auto run = [this](const std::string& secret) {
    ProgramSpec spec = Spec({"backups", "--repo", repository_, "--repo-secret", secret});
    spec.words.insert(spec.words.begin(), {"/usr/bin/env", "--ignore-signal=CHLD"});
    return RunProgram(spec);
  };
  const std::string passphrase = Spec({}).environment.at("DBSTOW_PASSPHRASE");
  EXPECT_EQ(run("exec:/bin/echo '" + passphrase + "'").status, 0);
  const ProgramRun refused = run("exec:/bin/sh -c 'echo " + passphrase + "; exit 3'");
  EXPECT_EQ(refused.status, 4);
  EXPECT_NE(refused.err.find("status 3"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace dbstow::test
