#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "cli/postgres/pg_cli_fixture.h"
#include "support/child_process.h"
#include "support/small_disk.h"

namespace dbstow::test {
namespace {

// A database in a tablespace that has room for it, but not for two of it.
class PgFullDisk : public PgCliTest {
 protected:
  void SetUp() override {
    PgCliTest::SetUp();
    if (server_ == nullptr) return;
    disk_ = SmallDisk::Mount(28 << 20);
    if (disk_ == nullptr) GTEST_SKIP() << "needs the right to mount a tmpfs";
    const auto owner = UserToBecome("postgres");
    ASSERT_TRUE(owner && *owner) << "who may mount may also become the server's user";
    const std::string folder = disk_->path() + "/space";
    std::filesystem::create_directory(folder);
    ASSERT_EQ(chmod(disk_->path().c_str(), 0755), 0);
    ASSERT_EQ(chown(folder.c_str(), (*owner)->uid, (*owner)->gid), 0);
    Sql("postgres", "CREATE TABLESPACE small LOCATION " + SqlLiteral(folder));
    Sql("postgres", "CREATE DATABASE cramped TABLESPACE small");
    Sql("cramped",
        "CREATE TABLE rows AS SELECT i, repeat(md5(i::text), 10) AS s"
        " FROM generate_series(1, 40000) i");
    Sql("postgres", "CHECKPOINT");  // what it needs it has
  }
  void TearDown() override {
    PgCliTest::TearDown();
    if (disk_ != nullptr) Sql("postgres", "DROP TABLESPACE IF EXISTS small");
    disk_.reset();
  }
  void ExpectFull(const Words& words) {
    const ProgramRun run = Pg(words);
    ExpectHelpful(run, 1, "OutOfSpace");
    EXPECT_NE(run.err.find("server"), std::string::npos) << run.err;
    std::set<std::string> expected = before_;
    expected.insert("cramped");
    ExpectNoDebris(expected);
    EXPECT_EQ(Value("cramped", "SELECT count(*) FROM rows"), "40000");
  }

  std::unique_ptr<SmallDisk> disk_;
};

TEST_F(PgFullDisk, OfTheTargetEndsARestoreThatLeavesNothing) {
  ASSERT_EQ(Pg({"backup", Uri("cramped"), "--type", "logical"}).status, 0);
  ExpectFull({"restore", Uri("cramped"), "--from", "latest", "--target", kTarget});
  // As it is with the old one in place, which stays.
  ExpectFull({"restore", Uri("cramped"), "--from", "latest", "--target", "cramped", "--overwrite"});
  // With the tablespace mapped to one with room it works.
  const ProgramRun elsewhere = Pg({"restore", Uri("cramped"), "--from", "latest", "--target",
                                   kTarget, "--map", "tablespace:small=pg_default"});
  EXPECT_EQ(elsewhere.status, 0) << elsewhere.err;
  ExpectEqual("cramped", kTarget);
}

TEST_F(PgFullDisk, AMissingTablespaceIsTold) {
  ASSERT_EQ(Pg({"backup", Uri("cramped"), "--type", "logical"}).status, 0);
  Sql("postgres", "DROP DATABASE cramped");
  Sql("postgres", "DROP TABLESPACE small");
  const ProgramRun restored =
      Pg({"restore", Uri("cramped"), "--from", "latest", "--target", "cramped"});
  EXPECT_EQ(restored.status, 0) << restored.err;
  EXPECT_NE(restored.err.find("tablespace small does not exist here"), std::string::npos)
      << restored.err;
  EXPECT_EQ(Value("cramped", "SELECT count(*) FROM rows"), "40000");
}

TEST_F(PgFullDisk, OfTheTargetEndsACloneThatLeavesNothing) {
  // Not template_wal_log: version 15 makes files with holes for it, and finds out at a checkpoint.
  for (const char* strategy : {"stream", "template_file_copy"}) {
    SCOPED_TRACE(strategy);
    ExpectFull({"clone", Uri("cramped"), "--target", kTarget, "--set",
                std::string("strategy=") + strategy});
  }
}

}  // namespace
}  // namespace dbstow::test
