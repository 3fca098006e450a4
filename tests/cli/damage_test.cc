#include <filesystem>

#include "cli_fixture.h"

namespace dbstow::test {
namespace {

/// Commands on a repository of which something is broken.
class DamageTest : public CliTest {
 protected:
  // Cuts the manifest of a backup in two.
  void Truncate(const std::string& id) const {
    for (const std::string& path : FilesBelow(repository_folder_)) {
      if (path.find("/m/" + id) == std::string::npos) continue;
      std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    }
  }
};

TEST_F(DamageTest, LatestIsNeverSilentlyAnOlderBackup) {
  const std::string before = Backup();
  Sql(database_, "update t set b = 'later' where a = 1");
  const std::string newest = Backup();
  Truncate(newest);
  const std::string target = folder_ / "back.db";
  for (const Words& words : {Words{"restore", instance_, "--from", "latest", "--target", target},
                             Words{"show", "latest"}, Words{"verify", "latest"},
                             Words{"export", "latest", "--to", target}}) {
    const ProgramRun refused = WithRepo(words);
    EXPECT_EQ(refused.status, 11) << words[0];
    EXPECT_NE(refused.err.find(newest), std::string::npos) << refused.err;
    EXPECT_NE(refused.err.find(before), std::string::npos) << refused.err;
    EXPECT_FALSE(std::filesystem::exists(target));
  }
  const ProgramRun older = WithRepo({"restore", instance_, "--from", before, "--target", target});
  EXPECT_EQ(older.status, 0) << older.err;
}

TEST_F(DamageTest, ADamagedRecordIsNamedAndTheOthersGoOn) {
  const std::string damaged = Backup();
  Sql(database_, "update t set b = 'later' where a = 1");
  const std::string sound = Backup();
  Truncate(damaged);
  const ProgramRun list = WithRepo({"backups"});
  EXPECT_EQ(list.status, 0) << list.err;
  EXPECT_NE(list.out.find("damaged"), std::string::npos) << list.out;
  EXPECT_EQ(list.out.find("1970"), std::string::npos) << list.out;
  EXPECT_NE(list.err.find("/m/" + damaged), std::string::npos) << list.err;
  for (const Words& words :
       {Words{"verify", damaged}, Words{"export", damaged, "--to", folder_ / "x"}}) {
    const ProgramRun refused = WithRepo(words);
    EXPECT_EQ(refused.status, 11) << words[0] << refused.err;
    EXPECT_NE(refused.err.find("/m/" + damaged), std::string::npos) << refused.err;
  }
  EXPECT_EQ(WithRepo({"verify", sound, "--level", "3"}).status, 0);
  const ProgramRun plan = WithRepo({"prune"});
  EXPECT_EQ(plan.status, 0) << plan.err;
  EXPECT_NE(plan.out.find(sound), std::string::npos) << plan.out;
}

TEST_F(DamageTest, AQueryWithATypingErrorDoesNotCondemnABackup) {
  const std::string id = Backup();
  const ProgramRun failed = WithRepo({"verify", id, "--level", "3", "--query", "selct 1"});
  EXPECT_EQ(failed.status, 6);
  EXPECT_NE(failed.err.find("selct 1"), std::string::npos) << failed.err;
  EXPECT_EQ(WithRepo({"verify", id, "--level", "3"}).status, 0);
  EXPECT_NE(WithRepo({"backups"}).out.find("level 3"), std::string::npos);
  const ProgramRun next = WithRepo({"backup", instance_, "--json"});
  EXPECT_NE(next.out.find("\"bytes_stored\":\"0\""), std::string::npos) << next.out;
}

TEST_F(DamageTest, DoctorTellsOfSessionsThatNeverEnded) {
  Backup();
  EXPECT_EQ(WithRepo({"doctor"}).out.find("never ended"), std::string::npos);
  const auto chain = *std::filesystem::directory_iterator(repository_folder_ + "/i");
  std::filesystem::create_directories(chain.path() / "intent");
  Write(chain.path() / "intent" / (std::string(32, 'a') + ".20200102T030405Z.write.none"), "x");
  const ProgramRun doctor = WithRepo({"doctor"});
  EXPECT_EQ(doctor.status, 0) << doctor.err;
  EXPECT_NE(doctor.out.find("never ended, first: 2020-01-02T03:04:05"), std::string::npos)
      << doctor.out << doctor.err;
  ASSERT_EQ(WithRepo({"prune", "--confirm"}).status, 0);
  EXPECT_EQ(WithRepo({"doctor"}).out.find("never ended"), std::string::npos);
}

TEST_F(DamageTest, DoctorTellsOfFailedChecks) {
  const std::string id = Backup();
  for (const std::string& path : FilesBelow(repository_folder_)) {
    if (path.find("/packs/") == std::string::npos) continue;
    Write(path, std::string(std::filesystem::file_size(path), 'x'));
  }
  EXPECT_EQ(WithRepo({"verify", id}).status, 6);
  const ProgramRun doctor = WithRepo({"doctor"});
  EXPECT_NE(doctor.out.find("failed a check"), std::string::npos) << doctor.out << doctor.err;
  EXPECT_NE(doctor.out.find(id), std::string::npos) << doctor.out;
}

}  // namespace
}  // namespace dbstow::test
