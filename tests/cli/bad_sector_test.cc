#include "cli_fixture.h"

namespace dbstow::test {
namespace {

// The disk fails under one manifest: the other backups are named, restored and built upon.
TEST_F(CliTest, ABadSectorUnderAManifestCostsThatBackupAlone) {
  const std::string good = Backup();
  const std::string bad = Backup();
  const std::map<std::string, std::string> disk = {{"LD_PRELOAD", DBSTOW_BAD_SECTOR},
                                                   {"BAD_SECTOR", "/m/" + bad}};
  const ProgramRun doctor = WithRepo({"doctor"}, disk);
  EXPECT_NE(doctor.status, 0) << doctor.out;
  EXPECT_NE((doctor.out + doctor.err).find("backup " + bad + " could not be looked at"),
            std::string::npos)
      << doctor.out << doctor.err;

  const ProgramRun backups = WithRepo({"backups"}, disk);
  EXPECT_EQ(backups.status, 0) << backups.err;
  EXPECT_NE(backups.out.find(good), std::string::npos) << backups.out;
  EXPECT_NE(backups.out.find(bad), std::string::npos) << backups.out;
  EXPECT_NE(backups.err.find("Input/output error"), std::string::npos) << backups.err;

  const ProgramRun latest =
      WithRepo({"restore", instance_, "--from", "latest", "--target", folder_ / "x.db"}, disk);
  EXPECT_EQ(latest.status, 11) << latest.err;
  EXPECT_NE(latest.err.find("the newest that can be read is " + good), std::string::npos)
      << latest.err;
  EXPECT_EQ(
      WithRepo({"restore", instance_, "--from", good, "--target", folder_ / "x.db"}, disk).status,
      0);

  const ProgramRun next = WithRepo({"backup", instance_}, disk);
  EXPECT_EQ(next.status, 0) << next.err;
  EXPECT_NE(next.err.find("could not be compared against"), std::string::npos) << next.err;
}

}  // namespace
}  // namespace dbstow::test
