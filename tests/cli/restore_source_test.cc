#include <filesystem>

#include "cli_fixture.h"

namespace dbstow::test {
namespace {

// The machine is lost: what was backed up there comes back where another instance is.
TEST_F(CliTest, ABackupOfAnotherInstanceIsRestoredByItsId) {
  const std::string id = Backup();
  const std::string elsewhere = "sqlite://" + (folder_ / "elsewhere.db");
  std::filesystem::remove(database_);
  const ProgramRun latest =
      WithRepo({"restore", elsewhere, "--from", "latest", "--target", folder_ / "x.db"});
  EXPECT_EQ(latest.status, 5) << latest.err;
  EXPECT_NE(latest.err.find("--from ID"), std::string::npos) << latest.err;
  const ProgramRun run =
      WithRepo({"restore", elsewhere, "--from", id.substr(0, 20), "--target", folder_ / "x.db"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.err.find("backup " + id + " is of '"), std::string::npos) << run.err;
  EXPECT_EQ(Ask(folder_ / "x.db", "select count(*) from t"), "2000");
  EXPECT_EQ(WithRepo({"restore", elsewhere, "--from", "2001", "--target", folder_ / "y.db"}).status,
            5);
}

}  // namespace
}  // namespace dbstow::test
