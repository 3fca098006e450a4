#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "cli_fixture.h"
#include "support/small_disk.h"

// The files that dbstow writes for itself, in places where it cannot.

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;

class WrittenFilesTest : public CliTest {
 protected:
  WrittenFilesTest() { Backup(); }

  void Configure(const std::string& section, const std::string& key, const std::string& path) {
    Write(folder_ / "dbstow.toml", "[" + section + "]\n" + key + " = \"" + path + "\"\n");
  }
  /// Fails, and says all of this.
  void ExpectDoctorFinds(const std::string& check, const Words& says) {
    const ProgramRun run = WithRepo({"doctor"});
    EXPECT_NE(run.status, 0) << run.out;
    EXPECT_NE(run.err.find(check + ": "), std::string::npos) << run.err;
    for (const std::string& text : says) {
      EXPECT_NE(run.err.find(text), std::string::npos) << text << ": " << run.err;
    }
    EXPECT_EQ(run.err.find("next: dbstow doctor"), std::string::npos) << run.err;
  }
  void ExpectLintWarnsOf(const std::string& text) {
    const ProgramRun run = Dbstow({"config", "lint"});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_NE(run.err.find("warning: here, "), std::string::npos) << run.err;
    EXPECT_NE(run.err.find(text), std::string::npos) << run.err;
  }
  const std::string missing_ = folder_ / "no/such";
};

TEST_F(WrittenFilesTest, ALogThatCannotBeOpenedStopsNoCommandAndIsTold) {
  Configure("log", "path", missing_ + "/dbstow.log");
  const std::string target = folder_ / "back.db";
  const ProgramRun run = WithRepo({"restore", instance_, "--from", "latest", "--target", target});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_TRUE(fs::exists(target));
  EXPECT_NE(run.err.find("warning: going on without the log file"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find(missing_ + "/dbstow.log"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("make its folder"), std::string::npos) << run.err;
  ExpectDoctorFinds("log", {missing_, "next: make its folder"});
  ExpectLintWarnsOf("[log] path: the folder " + missing_ + " is not there");
}

TEST_F(WrittenFilesTest, APipeThatNobodyReadsIsNotWaitedFor) {
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  Configure("log", "path", folder_ / "pipe");
  EXPECT_EQ(RunningProgram(Spec({"instances"})).WaitAtMost(std::chrono::seconds(30)).status, 0);
}

TEST_F(WrittenFilesTest, WithoutAPlaceForTheAuditLogNothingStarts) {
  Configure("audit", "path", missing_ + "/audit.jsonl");
  const ProgramRun run = WithRepo({"backup", instance_});
  EXPECT_NE(run.status, 0);
  EXPECT_NE(run.err.find("not started"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("make its folder"), std::string::npos) << run.err;
  ExpectDoctorFinds("audit log", {missing_, "next: mkdir -p " + missing_});
  ExpectLintWarnsOf("[audit] path: the folder " + missing_ + " is not there");
}

TEST_F(WrittenFilesTest, DoctorTriesTheAuditLogAndItsLock) {
  const std::string audit = folder_ / "state/audit.jsonl";
  const std::string before = ReadWholeFile(audit);
  fs::remove(audit + ".lock");
  fs::create_directory(audit + ".lock");
  ExpectDoctorFinds("audit log", {audit + ".lock"});
  fs::remove(audit + ".lock");
  EXPECT_EQ(WithRepo({"doctor"}).status, 0);
  EXPECT_FALSE(fs::exists(audit + ".doctor"));
  EXPECT_EQ(ReadWholeFile(audit), before);
}

TEST_F(WrittenFilesTest, DoctorTriesTheMetricsFile) {
  Configure("metrics", "textfile", missing_ + "/dbstow.prom");
  ExpectDoctorFinds("metrics", {missing_, "next: mkdir -p " + missing_});
  ExpectLintWarnsOf("[metrics] textfile: the folder " + missing_ + " is not there");
  Configure("metrics", "textfile", folder_ / "dbstow.prom");
  EXPECT_EQ(WithRepo({"doctor"}).status, 0);
  EXPECT_EQ(WithRepo({"backup", instance_}).status, 0);
  EXPECT_EQ(WithRepo({"doctor"}).status, 0);
}

TEST_F(WrittenFilesTest, AFullDiskIsFoundOutForEachOfThem) {
  const auto disk = SmallDisk::Mount(1 << 16);
  if (disk == nullptr) GTEST_SKIP() << "needs the right to mount a tmpfs";
  for (const char* name : {"a", "dbstow.log", "dbstow.prom"})
    std::ofstream(disk->path() + "/" + name);
  std::ofstream(disk->path() + "/filler") << std::string(1 << 17, 'x');
  Configure("audit", "path", disk->path() + "/a");
  ExpectDoctorFinds("audit log", {"[OutOfSpace]", "free space"});
  Configure("metrics", "textfile", disk->path() + "/dbstow.prom");
  ExpectDoctorFinds("metrics", {"[OutOfSpace]", "free space"});
  Configure("log", "path", disk->path() + "/dbstow.log");
  ExpectDoctorFinds("log", {"[OutOfSpace]", "free space"});
}

}  // namespace
}  // namespace dbstow::test
