#include "doubles/sqlserver/testing/groups_test.h"

namespace dbstow::doubles::sqlserver {
namespace {

/// Primary first, the others when there is time.
class PiecemealTest : public GroupsTest {
 protected:
  explicit PiecemealTest(const InstanceSettings& settings = {}) : GroupsTest(settings) {
    Put(1);
    PutOld(1);
    Full("full");
    PutOld(2);
    Log("log");
    Put(2);
    PutOld(3);
  }
  void RestorePrimary() {
    Tail();
    Good(RestoreOf("FILEGROUP = 'PRIMARY'", "full", "PARTIAL, NORECOVERY"));
    Good(Restore("LOG", "log", "NORECOVERY"));
    Good(Restore("LOG", "tail", "RECOVERY"));
  }
};

TEST_F(PiecemealTest, WhatIsNotThereYetCannotBeRead) {
  RestorePrimary();
  EXPECT_EQ(Count(), "2");
  EXPECT_EQ(FileState("shop_arch"), "RECOVERY_PENDING");
  EXPECT_EQ(FileState("shop"), "ONLINE");
  Bad("SELECT * FROM shop.dbo.old", {8653});
  Bad("INSERT INTO shop.dbo.old VALUES (9, N'x')", {8653});
  Bad("DROP TABLE shop.dbo.old", {3741});
  Bad("CREATE TABLE shop.dbo.more (id int) ON arch", {1931});
  Bad("ALTER DATABASE shop MODIFY FILEGROUP arch READ_ONLY", {5056, 5069});
  Bad("BACKUP DATABASE shop TO " + Disk("x"), {3007, 3013});
  Bad("BACKUP DATABASE shop FILEGROUP = 'arch' TO " + Disk("x"), {3007, 3013});
  BackUp("FILEGROUP = 'PRIMARY'", "primary");
  Put(3);
}

TEST_F(PiecemealTest, TheRestIsRestoredWithTheDatabaseOffline) {
  RestorePrimary();
  Put(3);
  Bad(RestoreOf("FILEGROUP = 'arch'", "full", "NORECOVERY"), {3159, 3013});
  Good("BACKUP LOG shop TO " + Disk("tail2") + " WITH NORECOVERY");
  Good(RestoreOf("FILEGROUP = 'arch'", "full", "NORECOVERY"));
  Good(Restore("LOG", "log", "NORECOVERY"));
  Good(Restore("LOG", "tail", "NORECOVERY"));
  Good(Restore("LOG", "tail2", "RECOVERY"));
  EXPECT_EQ(Count(), "3");
  EXPECT_EQ(CountOld(), "3");
  EXPECT_EQ(FileState("shop_arch"), "ONLINE");
}

TEST_F(PiecemealTest, AFileThatIsGoodNeedsNothingButRecovery) {
  const auto other = server_.Connect();
  EXPECT_TRUE(other->Run("BEGIN TRAN; INSERT INTO shop.dbo.old VALUES (7, N'open')").ok());
  BackUp("FILEGROUP = 'PRIMARY'", "primary", "INIT, COPY_ONLY");
  EXPECT_TRUE(other->Run("ROLLBACK").ok());
  RestorePrimary();
  Bad("RESTORE DATABASE shop FILEGROUP = 'PRIMARY' WITH RECOVERY", {3149, 3013});
  Good("RESTORE DATABASE shop FILEGROUP = 'arch' WITH RECOVERY");
  EXPECT_EQ(CountOld(), "3");
  PutOld(4);
  Log("log2");
}

TEST_F(PiecemealTest, AFileBeyondTheRecoveryPointIsNotGood) {
  Tail();
  Good(RestoreOf("FILEGROUP = 'PRIMARY'", "full", "PARTIAL, RECOVERY"));
  Bad("RESTORE DATABASE shop FILEGROUP = 'arch' WITH RECOVERY", {3129, 3013});
  EXPECT_EQ(Count(), "1");
  EXPECT_EQ(
      Good("SELECT redo_target_lsn FROM sys.master_files WHERE name = 'shop_arch'").rows.size(),
      1U);
}

TEST_F(PiecemealTest, ANewDatabaseBeginsWithItsPrimaryFile) {
  const std::string move = Move("o") + ", MOVE 'shop_arch' TO '" + folder_.path() + "/o.ndf'";
  const std::string from = " FROM " + Disk("full") + " WITH PARTIAL, " + move;
  Bad("RESTORE DATABASE other FILEGROUP = 'arch'" + from, {3103, 3013});
  Good("RESTORE DATABASE other FILEGROUP = 'PRIMARY'" + from);
  EXPECT_EQ(Count("other"), "1");
  Bad("SELECT * FROM other.dbo.old", {8653});
  Bad("RESTORE LOG other FROM " + Disk("log") + " WITH PARTIAL", {3032, 3013});
  sql_.reset();
  server_.Restart();
  sql_ = server_.Connect();
  Bad("SELECT * FROM other.dbo.old", {8653});
  Good("DROP DATABASE other");
  Good("RESTORE DATABASE other FROM " + Disk("full") + " WITH " + move);
  EXPECT_EQ(Good("SELECT COUNT(*) FROM other.dbo.old").value(), "1");
}

TEST_F(PiecemealTest, UnderSimpleRecoveryReadWriteGroupsAreLost) {
  AddGroup("more");
  Good("ALTER DATABASE shop SET RECOVERY SIMPLE");
  Good("ALTER DATABASE shop MODIFY FILEGROUP arch READ_ONLY");
  Full("simple");
  const Answer partial =
      Good(RestoreOf("FILEGROUP = 'PRIMARY'", "simple", "PARTIAL, REPLACE, RECOVERY"));
  EXPECT_TRUE(Says(partial, 3127));
  EXPECT_EQ(FileState("shop_more"), "DEFUNCT");
  EXPECT_EQ(FileState("shop_arch"), "RECOVERY_PENDING");
  Bad("CREATE TABLE shop.dbo.more (id int) ON more", {1931});
  Good(RestoreOf("FILEGROUP = 'arch'", "simple", "RECOVERY"));
  EXPECT_EQ(CountOld(), "3");
}

class OnlineTest : public PiecemealTest {
 protected:
  OnlineTest() : PiecemealTest({.edition = Edition::kEnterprise}) {}
};

TEST_F(OnlineTest, TheRestIsRestoredWhileOthersWork) {
  RestorePrimary();
  const auto user = server_.Connect();
  EXPECT_TRUE(user->Run("USE shop; INSERT INTO item VALUES (3, N'x')").ok());
  Good(RestoreOf("FILEGROUP = 'arch'", "full", "NORECOVERY"));
  EXPECT_EQ(FileState("shop_arch"), "RESTORING");
  Bad(Restore("LOG", "tail", "NORECOVERY"), {4305, 3013});
  Bad(Restore("LOG", "log", "STOPAT = '2030-01-01'"), {4342, 3013});
  EXPECT_TRUE(Says(Good(Restore("LOG", "log", "RECOVERY")), 4303));
  Bad("SELECT * FROM shop.dbo.old", {8653});
  Good(Restore("LOG", "tail", "NORECOVERY"));
  Log("log2");
  EXPECT_TRUE(Says(Good(Restore("LOG", "log2", "NORECOVERY")), 4308));
  Good("RESTORE DATABASE shop WITH RECOVERY");
  EXPECT_EQ(CountOld(), "3");
  EXPECT_EQ(Count(), "3");
  PutOld(4);
  EXPECT_TRUE(user->Run("INSERT INTO item VALUES (4, N'x')").ok());
}

TEST_F(OnlineTest, AFileRestoreOfItsOwnNeedsTheLogSince) {
  const auto user = server_.Connect();
  EXPECT_TRUE(user->Run("USE shop; BEGIN TRAN; INSERT INTO old VALUES (8, N'x')").ok());
  Bad(RestoreOf("FILE = 'shop_arch'", "full", "NORECOVERY"), {3101, 3013});
  EXPECT_TRUE(user->Run("COMMIT").ok());
  Bad(RestoreOf("FILE = 'shop_arch'", "full", "STANDBY = 'x'"), {4302, 3013});
  Good(RestoreOf("FILE = 'shop_arch'", "full", "NORECOVERY"));
  Good(Restore("LOG", "log", "NORECOVERY"));
  Put(3);
  Log("log2");
  Good(Restore("LOG", "log2", "RECOVERY"));
  EXPECT_EQ(CountOld(), "4");
  EXPECT_EQ(Count(), "3");
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
