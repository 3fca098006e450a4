#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "cli_fixture.h"

// What a caller hands to the program besides its words: descriptors, limits, folders.

namespace dbstow::test {
namespace {

class SurroundingsTest : public CliTest {
 protected:
  /// Runs dbstow from a shell that has done `before`; `after` are redirections.
  ProgramRun FromShell(const std::string& before, const Words& words, const std::string& after = "",
                       const std::map<std::string, std::string>& environment = {}) const {
    ProgramSpec spec = Spec(words, environment);
    const Words shell = {"/bin/sh", "-c", before + " exec \"$@\" " + after, "sh"};
    spec.words.insert(spec.words.begin(), shell.begin(), shell.end());
    return RunProgram(spec);
  }
};

TEST_F(SurroundingsTest, ClosedDescriptorsAreNotTakenForFiles) {
  for (const std::string closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"}) {
    const ProgramRun run =
        FromShell("", {"backup", instance_, "--repo", repository_, "--log-level", "debug"}, closed);
    EXPECT_EQ(run.status, 0) << closed << run.err;
  }
  // What is said would have been written into one of these.
  for (const std::string& file : FilesBelow(folder_ / "state")) {
    EXPECT_EQ(ReadWholeFile(file).find("backed up"), std::string::npos) << file;
  }
  EXPECT_EQ(FromShell("", {"backup", folder_ / "nosuch"}, "<&- >&- 2>&-").status, 5);
  EXPECT_EQ(WithRepo({"verify", "--level", "2"}).status, 0);
  EXPECT_EQ(Dbstow({"audit", "verify"}).status, 0);
}

// In blocks of 512 bytes: enough for the house's own files, too little for the database.
TEST_F(SurroundingsTest, ALimitOnFilesIsAnErrorThatNamesTheLimit) {
  const std::string id = Backup();
  const std::string limit = "ulimit -f 600;";
  const std::string target = folder_ / "back.db";
  const std::vector<Words> commands = {
      {"backup", instance_, "--repo", repository_ + "2"},
      {"restore", instance_, "--from", id, "--target", target, "--repo", repository_},
      {"clone", instance_, "--target", target, "--no-zero-copy"},
      {"export", id, "--to", target, "--repo", repository_}};
  for (const Words& words : commands) {
    const ProgramRun run = FromShell(limit, words);
    EXPECT_EQ(run.status, 1) << words.front() << run.err;
    EXPECT_NE(run.err.find("[OutOfSpace]"), std::string::npos) << words.front() << run.err;
    EXPECT_NE(run.err.find("ulimit -f"), std::string::npos) << words.front() << run.err;
    EXPECT_FALSE(std::filesystem::exists(target)) << words.front();
  }
}

TEST_F(SurroundingsTest, AStateFolderThatCannotBeMadeIsNamedWithItsSettings) {
  Backup();
  Write(folder_ / "file", "");
  const std::string state = folder_ / "file/state";
  for (const Words& words : std::vector<Words>{{"verify", "latest", "--level", "2"}, {"doctor"}}) {
    const ProgramRun run = WithRepo(words, {{"DBSTOW_STATE_DIR", state}});
    EXPECT_NE(run.status, 0) << words.front();
    EXPECT_NE(run.err.find("state folder"), std::string::npos) << run.err;
    EXPECT_NE(run.err.find(state), std::string::npos) << run.err;
    EXPECT_NE(run.err.find("next: "), std::string::npos) << run.err;
    EXPECT_NE(run.err.find("DBSTOW_STATE_DIR"), std::string::npos) << run.err;
  }
}

TEST_F(SurroundingsTest, AnIdempotencyKeyKnowsTheFolderOfARelativeExport) {
  const std::string id = Backup();
  const auto exported_in = [&](const std::string& folder, const std::string& path) {
    return FromShell("cd '" + folder + "';",
                     {"export", id, "--to", path, "--repo", repository_, "--idempotency-key", "k"});
  };
  for (const char* folder : {"s1", "s2"}) std::filesystem::create_directory(folder_ / folder);
  EXPECT_EQ(exported_in(folder_ / "s1", "rel.db").status, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "s1/rel.db"));
  const ProgramRun elsewhere = exported_in(folder_ / "s2", "rel.db");
  EXPECT_EQ(elsewhere.status, 2) << elsewhere.err;
  EXPECT_NE(elsewhere.err.find("used before"), std::string::npos) << elsewhere.err;
  const ProgramRun again = exported_in(folder_ / "s2", "../s1/rel.db");
  EXPECT_EQ(again.status, 0) << "the same place: " << again.err;
}

TEST_F(SurroundingsTest, OneFileHasOneChainHoweverItIsSpelt) {
  const std::string id = Backup();
  const std::string folder = folder_.path();
  for (const std::string& path : {"/" + database_, folder + "/./app.db", folder + "/x/../app.db"}) {
    const ProgramRun run = WithRepo({"backups", "sqlite://" + path});
    EXPECT_NE(run.out.find(id), std::string::npos) << path << run.out << run.err;
  }
}

}  // namespace
}  // namespace dbstow::test
