#include "doubles/sqlserver/testing/groups_test.h"

namespace dbstow::doubles::sqlserver {
namespace {

/// (1:42) is bad, and the backups know it as it was.
class PagesTest : public GroupsTest {
 protected:
  explicit PagesTest(const InstanceSettings& settings = {}) : GroupsTest(settings) {
    Put(1);
    Full("full");
    Put(2);
    Full("diff", "DIFFERENTIAL, INIT");
    Log("log");
    Put(3);
    Instance& instance = server_.engine().instance();
    const std::scoped_lock lock(instance.mutex());
    UnitOfWork work(instance);
    instance.Mutable(instance.Find("shop")->id).bad_pages.emplace_back();
    EXPECT_TRUE(work.Commit());
  }
  std::string Suspects() {
    const Answer pages = Good(
        "SELECT file_id, page_id, event_type, error_count FROM "
        "msdb.dbo.suspect_pages");
    std::string text;
    for (const auto& row : pages.rows) {
      for (const std::string& value : row) text += value + " ";
    }
    return text;
  }
  void BackUpChecked() { Good("BACKUP DATABASE shop TO " + Disk("x") + " WITH INIT, CHECKSUM"); }
};

TEST_F(PagesTest, APageIsRestoredWithTheDatabaseOffline) {
  Bad("DBCC CHECKDB (shop)", {8928});
  Bad("BACKUP DATABASE shop TO " + Disk("x") + " WITH CHECKSUM", {3043, 3013});
  EXPECT_EQ(Suspects(), "1 42 2 2 ");
  Bad(RestoreOf("PAGE = '1:42'", "full", "NORECOVERY"), {3159, 3013});
  Tail();
  EXPECT_TRUE(Says(Good(RestoreOf("PAGE = '1:42'", "full", "RECOVERY")), 4303));
  Bad("RESTORE DATABASE shop WITH RECOVERY", {4331, 3013});
  Bad(Restore("LOG", "tail", "NORECOVERY"), {4305, 3013});
  Bad(Restore("LOG", "log", "RECOVERY"), {4318, 3013});
  Good(Restore("LOG", "log", "NORECOVERY"));
  Good(Restore("LOG", "tail", "RECOVERY"));
  EXPECT_EQ(Count(), "3");
  Good("DBCC CHECKDB (shop)");
  EXPECT_EQ(Suspects(), "1 42 4 2 ");
  BackUpChecked();
}

TEST_F(PagesTest, ADifferentialBringsItForward) {
  Tail();
  Good(RestoreOf("PAGE = '1:42, 1:100'", "full", "NORECOVERY"));
  Good(Restore("DATABASE", "diff", "NORECOVERY"));
  Good(Restore("LOG", "log", "NORECOVERY"));
  Good(Restore("LOG", "tail", "RECOVERY"));
  BackUpChecked();
  EXPECT_EQ(Count(), "3");
}

TEST_F(PagesTest, ABackupOfTheBadPageDoesNotHelp) {
  Good("BACKUP DATABASE shop TO " + Disk("bad") + " WITH COPY_ONLY");
  Tail();
  Good(RestoreOf("PAGE = '1:42'", "bad", "NORECOVERY"));
  Good(Restore("LOG", "tail", "RECOVERY"));
  Bad("DBCC CHECKDB (shop)", {8928});
}

TEST_F(PagesTest, NotEveryPageCanBeRestored) {
  const auto refused = [&](const std::string& pages, int number) {
    Bad(RestoreOf("PAGE = '" + pages + "'", "full", "NORECOVERY"), {number, 3013});
  };
  refused("1:0", 3111);
  refused("1:9", 3111);
  refused("1:99999", 3194);
  refused("2:10", 3194);
  refused("7:10", 3194);
  refused("1:", 4350);
  refused("1:57 2:31", 4350);
  refused("", 4350);
  Bad(RestoreOf("PAGE = '1:42'", "diff", "NORECOVERY"), {3195, 3013});
  Bad("RESTORE DATABASE nowhere PAGE = '1:42' FROM " + Disk("full"), {3118, 3013});
  Good("ALTER DATABASE shop MODIFY FILEGROUP arch READ_ONLY");
  refused("3:42", 4344);
  Good("ALTER DATABASE shop SET RECOVERY SIMPLE");
  refused("1:42", 4346);
}

class OnlinePagesTest : public PagesTest {
 protected:
  OnlinePagesTest() : PagesTest({.edition = Edition::kEnterprise}) {}
};

TEST_F(OnlinePagesTest, OthersWorkMeanwhile) {
  const auto user = server_.Connect();
  EXPECT_TRUE(user->Run("USE shop; INSERT INTO item VALUES (4, N'x')").ok());
  Good(RestoreOf("PAGE = '1:42'", "full", "NORECOVERY"));
  EXPECT_TRUE(user->Run("INSERT INTO item VALUES (5, N'x')").ok());
  EXPECT_TRUE(Says(Good(Restore("LOG", "log", "RECOVERY")), 4303));
  Log("log2");
  Good(Restore("LOG", "log2", "RECOVERY"));
  EXPECT_EQ(Count(), "5");
  BackUpChecked();
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
