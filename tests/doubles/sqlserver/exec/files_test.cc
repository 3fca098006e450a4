#include "doubles/sqlserver/testing/groups_test.h"

namespace dbstow::doubles::sqlserver {
namespace {

class FilesTest : public GroupsTest {};

TEST_F(FilesTest, AFileGroupIsRestoredAndRolledForwardToTheRest) {
  Full("full");
  Put(1);
  PutOld(1);
  BackUp("FILEGROUP = 'arch'", "arch");
  Put(2);
  PutOld(2);
  Log("log");
  Put(3);
  PutOld(3);
  Bad(RestoreOf("FILEGROUP = 'arch'", "arch", "NORECOVERY"), {3159, 3013});
  Tail();
  const Answer early = Good(RestoreOf("FILEGROUP = 'arch'", "arch", "RECOVERY"));
  EXPECT_TRUE(Says(early, 4303));
  EXPECT_TRUE(Says(early, 4339));
  Bad("SELECT * FROM shop.dbo.item", {927});
  Bad("RESTORE DATABASE shop WITH RECOVERY", {4331, 3013});
  Bad(Restore("LOG", "tail", "RECOVERY"), {4305, 3013});
  Bad(Restore("LOG", "log", "RECOVERY"), {4318, 3013});
  Bad(Restore("LOG", "log", "STOPAT = '2030-01-01', NORECOVERY"), {4342, 3013});
  Good(Restore("LOG", "log", "NORECOVERY"));
  Good(Restore("LOG", "tail", "RECOVERY"));
  EXPECT_EQ(Count(), "3");
  EXPECT_EQ(CountOld(), "3");
}

TEST_F(FilesTest, TheContentsAreThoseOfTheBackup) {
  Full("full");
  PutOld(1);
  BackUp("FILE = 'shop_arch'", "arch");
  // What the file loses, and its log brings back.
  Tail();
  Good(RestoreOf("FILE = 'shop_arch'", "full", "NORECOVERY"));
  Instance& instance = server_.engine().instance();
  const Database& shop = *instance.Find("shop");
  const std::string rows = "SELECT COUNT(*) FROM rows_" + std::to_string(shop.id) + "_" +
                           std::to_string(std::prev(shop.tables.end())->first);
  const auto count = [&] { return std::get<std::int64_t>((*instance.store().Query(rows))[0][0]); };
  EXPECT_EQ(count(), 0);
  Good(RestoreOf("FILE = 'shop_arch'", "arch", "NORECOVERY"));
  EXPECT_EQ(count(), 1);
  Good(Restore("LOG", "tail", "RECOVERY"));
  EXPECT_EQ(CountOld(), "1");
}

TEST_F(FilesTest, ThePrimaryFileComesWithTheCatalog) {
  Full("full");
  Good("CREATE TABLE shop.dbo.late (id int PRIMARY KEY IDENTITY) ON arch");
  Good("INSERT INTO shop.dbo.late DEFAULT VALUES");
  PutOld(1);
  Put(1);
  Good("DROP TABLE shop.dbo.old");
  Tail();
  Good(RestoreOf("FILEGROUP = 'PRIMARY'", "full", "NORECOVERY"));
  Good(Restore("LOG", "tail", "RECOVERY"));
  EXPECT_EQ(Count(), "1");
  EXPECT_EQ(Count("shop"), "1");
  Bad("SELECT * FROM shop.dbo.old", {208});
  Good("INSERT INTO shop.dbo.late DEFAULT VALUES");
  EXPECT_EQ(Good("SELECT MAX(id) FROM shop.dbo.late").value(), "2");
  Full("again");
  Good("CREATE TABLE shop.dbo.later (id int PRIMARY KEY) ON arch");
  Tail();
  Good(RestoreOf("FILEGROUP = 'PRIMARY'", "full", "NORECOVERY"));
  Good(RestoreOf("FILEGROUP = 'arch'", "full", "NORECOVERY"));
  Bad("RESTORE LOG shop FROM " + Disk("tail") + " WITH NORECOVERY", {4305, 3013});
}

TEST_F(FilesTest, AFileThatWasAddedSinceComesFromTheLog) {
  Full("full");
  AddGroup("late");
  Good("CREATE TABLE shop.dbo.late (id int PRIMARY KEY) ON late");
  Good("INSERT INTO shop.dbo.late VALUES (1)");
  EXPECT_EQ(Good("SELECT COUNT(*) FROM sys.master_files WHERE redo_start_lsn IS NOT NULL").value(),
            "0");
  Tail();
  Good(Restore("DATABASE", "full", "NORECOVERY"));
  Good(Restore("LOG", "tail", "RECOVERY"));
  EXPECT_EQ(Good("SELECT COUNT(*) FROM shop.dbo.late").value(), "1");
  EXPECT_EQ(FileState("shop_late"), "ONLINE");
}

TEST_F(FilesTest, AFileThatWasLostComesFromABackup) {
  Full("full");
  PutOld(1);
  Put(1);
  {
    Instance& instance = server_.engine().instance();
    const std::scoped_lock lock(instance.mutex());
    UnitOfWork work(instance);
    Database& shop = instance.Mutable(instance.Find("shop")->id);
    shop.state = DatabaseState::kPending;
    shop.FindFile(3)->state = FileState::kPending;
    EXPECT_TRUE(work.Commit());
  }
  Bad("SELECT * FROM shop.dbo.item", {945});
  Good("BACKUP LOG shop TO " + Disk("tail") + " WITH NO_TRUNCATE, NORECOVERY");
  Bad("RESTORE DATABASE shop WITH RECOVERY", {4331, 3013});
  Bad(Restore("LOG", "tail", "RECOVERY"), {4320, 3013});
  Good(RestoreOf("FILE = 'shop_arch'", "full", "NORECOVERY"));
  Good(Restore("LOG", "tail", "RECOVERY"));
  EXPECT_EQ(CountOld(), "1");
  EXPECT_EQ(Count(), "1");
}

TEST_F(FilesTest, AnOpenTransactionIsUndoneInEveryFile) {
  Full("full");
  const auto other = server_.Connect();
  EXPECT_TRUE(other
                  ->Run("USE shop; BEGIN TRAN; INSERT INTO old VALUES (1, N'x'); "
                        "INSERT INTO item VALUES (1, N'x')")
                  .ok());
  BackUp("FILEGROUP = 'arch'", "arch");
  EXPECT_TRUE(other->Run("COMMIT; BEGIN TRAN; INSERT INTO old VALUES (2, N'y'); USE master").ok());
  Good("BACKUP LOG shop TO " + Disk("log"));
  BackUp("FILEGROUP = 'arch'", "arch2");
  EXPECT_TRUE(other->Run("ROLLBACK").ok());
  Tail();
  Good(RestoreOf("FILEGROUP = 'arch'", "arch", "NORECOVERY"));
  Good(RestoreOf("FILEGROUP = 'arch'", "arch2", "NORECOVERY"));
  Good(Restore("LOG", "tail", "RECOVERY"));
  EXPECT_EQ(CountOld(), "1");
  EXPECT_EQ(Count(), "1");
}

TEST_F(FilesTest, ADatabaseIsMadeFromItsFileBackups) {
  Put(1);
  PutOld(1);
  BackUp("FILEGROUP = 'PRIMARY'", "primary");
  PutOld(2);
  BackUp("FILEGROUP = 'arch'", "arch");
  Put(2);
  Log("log");
  Bad("RESTORE DATABASE other FROM " + Disk("arch"), {3118, 3013});
  const std::string move = Move("o") + ", MOVE 'shop_arch' TO '" + folder_.path() + "/o.ndf'";
  Good("RESTORE DATABASE other FROM " + Disk("primary") + " WITH NORECOVERY, " + move);
  Bad("RESTORE LOG other FROM " + Disk("log") + " WITH NORECOVERY", {4320, 3013});
  Bad("RESTORE DATABASE other WITH RECOVERY", {4331, 3013});
  Good("RESTORE DATABASE other FROM " + Disk("arch") + " WITH NORECOVERY, " + move);
  Good("RESTORE LOG other FROM " + Disk("log") + " WITH RECOVERY");
  EXPECT_EQ(Count("other"), "2");
  EXPECT_EQ(Good("SELECT COUNT(*) FROM other.dbo.old").value(), "2");
}

TEST_F(FilesTest, DifferentialsAreBasedOnTheirFiles) {
  Bad("BACKUP DATABASE shop FILE = 'shop_arch' TO " + Disk("x") + " WITH DIFFERENTIAL",
      {3039, 3013});
  Full("full");
  PutOld(1);
  BackUp("FILEGROUP = 'arch'", "arch");
  PutOld(2);
  Put(1);
  BackUp("FILEGROUP = 'arch'", "arch_diff", "INIT, DIFFERENTIAL");
  EXPECT_EQ(Header("arch_diff", "DifferentialBaseGUID"), Header("arch", "BackupSetGUID"));
  const Answer multi = Good("BACKUP DATABASE shop TO " + Disk("diff") + " WITH DIFFERENTIAL");
  EXPECT_TRUE(Says(multi, 3003));
  EXPECT_EQ(Header("diff", "DifferentialBaseGUID"), "NULL");
  const Answer files = Good("RESTORE FILELISTONLY FROM " + Disk("diff"));
  EXPECT_EQ(files.at(0, "DifferentialBaseGUID"), Header("full", "BackupSetGUID"));
  EXPECT_EQ(files.at(2, "DifferentialBaseGUID"), Header("arch", "BackupSetGUID"));
  PutOld(3);
  Tail();
  Good(RestoreOf("FILE = 'shop_arch'", "full", "NORECOVERY"));
  Bad(RestoreOf("FILE = 'shop_arch'", "arch_diff", "NORECOVERY"), {3178, 3013});
  Good(RestoreOf("FILE = 'shop_arch'", "arch", "NORECOVERY"));
  Good(RestoreOf("FILE = 'shop_arch'", "arch_diff", "NORECOVERY"));
  Good(Restore("LOG", "tail", "RECOVERY"));
  EXPECT_EQ(CountOld(), "3");
  EXPECT_EQ(Count(), "1");
  // Both bases, then the differential of both.
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
  Bad(Restore("DATABASE", "diff", "NORECOVERY"), {3136, 3013});
  Good(RestoreOf("FILEGROUP = 'arch'", "arch", "NORECOVERY"));
  Good(Restore("DATABASE", "diff", "RECOVERY"));
  EXPECT_EQ(CountOld(), "2");
  EXPECT_EQ(Count(), "1");
}

TEST_F(FilesTest, HeadersAndHistoryTellTheKinds) {
  Full("full");
  BackUp("FILE = 'shop_arch'", "f");
  BackUp("FILE = 'shop_arch'", "g", "INIT, DIFFERENTIAL");
  EXPECT_EQ(Header("f", "BackupType") + Header("g", "BackupType"), "46");
  BackUp("READ_WRITE_FILEGROUPS", "p");
  BackUp("READ_WRITE_FILEGROUPS", "q", "INIT, DIFFERENTIAL");
  EXPECT_EQ(Header("p", "BackupType") + Header("q", "BackupType"), "78");
  const Answer sets = Good("SELECT type FROM msdb.dbo.backupset ORDER BY backup_set_id");
  std::string types;
  for (const auto& row : sets.rows) types += row[0];
  EXPECT_EQ(types, "DFGPQ");
  const Answer files = Good("RESTORE FILELISTONLY FROM " + Disk("f"));
  EXPECT_EQ(files.at(0, "IsPresent"), "0");
  EXPECT_EQ(files.at(2, "IsPresent"), "1");
  EXPECT_EQ(files.at(2, "FileGroupName"), "arch");
}

TEST_F(FilesTest, WhatCannotBeChosenIsRefused) {
  Full("full");
  const std::string to = " TO " + Disk("x");
  Bad("BACKUP DATABASE shop FILEGROUP = 'nothing'" + to, {3027, 3013});
  Bad("BACKUP DATABASE shop FILE = 'nothing'" + to, {3235, 3013});
  Bad("BACKUP DATABASE shop FILE = 'shop_log'" + to, {3219, 3013});
  Good("ALTER DATABASE shop ADD FILEGROUP empty");
  Bad("BACKUP DATABASE shop FILEGROUP = 'empty'" + to, {3034, 3013});
  Bad("CREATE TABLE shop.dbo.none (id int) ON empty", {1922});
  Bad("BACKUP DATABASE master FILEGROUP = 'PRIMARY'" + to, {3024, 3013});
  BackUp("FILEGROUP = 'arch'", "arch");
  Tail();
  Bad(RestoreOf("FILE = 'shop'", "arch", "NORECOVERY"), {3144, 3013});
  Bad(RestoreOf("FILE = 'nothing'", "arch", "NORECOVERY"), {3234, 3013});
  Bad(RestoreOf("FILE = 'shop_log'", "full", "NORECOVERY"), {3219, 3013});
  Bad(RestoreOf("FILEGROUP = 'PRIMARY'", "arch", "NORECOVERY"), {3190, 3013});
  Good(RestoreOf("FILEGROUP = 'arch'", "arch",
                 "NORECOVERY, MOVE 'shop_arch' TO '" + folder_.path() + "/moved.ndf'"));
  Good(Restore("LOG", "tail", "RECOVERY"));
  EXPECT_EQ(Good("SELECT physical_name FROM sys.master_files WHERE name = 'shop_arch'").value(),
            folder_.path() + "/moved.ndf");
}

TEST_F(FilesTest, AReadOnlyGroupNeedsNoLog) {
  Full("full");
  PutOld(1);
  Bad("ALTER DATABASE shop MODIFY FILEGROUP [PRIMARY] READ_ONLY", {5047, 5069});
  Bad("ALTER DATABASE shop MODIFY FILEGROUP nothing READ_ONLY", {5014, 5069});
  Good("ALTER DATABASE shop MODIFY FILEGROUP arch READ_ONLY");
  Bad("ALTER DATABASE shop MODIFY FILEGROUP arch READ_ONLY", {5045, 5069});
  EXPECT_EQ(
      Good("SELECT f.is_read_only FROM sys.master_files f WHERE f.name = 'shop_arch'").value(),
      "1");
  Bad("INSERT INTO shop.dbo.old VALUES (9, N'x')", {652});
  Bad("DROP TABLE shop.dbo.old", {3740});
  Bad("CREATE TABLE shop.dbo.more (id int) ON arch", {1924});
  BackUp("FILEGROUP = 'arch'", "arch");
  Put(1);
  Log("log");
  Tail();
  Good(RestoreOf("FILEGROUP = 'arch'", "arch", "RECOVERY"));
  EXPECT_EQ(CountOld(), "1");
  EXPECT_EQ(Count(), "1");
  // An older one needs the log up to where it became read-only, and no more.
  Tail();
  Good(RestoreOf("FILEGROUP = 'arch'", "full", "NORECOVERY"));
  Good(Restore("LOG", "log", "RECOVERY"));
  EXPECT_EQ(CountOld(), "1");
  Good("ALTER DATABASE shop MODIFY FILEGROUP arch READ_WRITE");
  PutOld(2);
}

TEST_F(FilesTest, SimpleRecoveryKeepsReadWriteFilesTogether) {
  Good("ALTER DATABASE shop SET RECOVERY SIMPLE");
  Bad("BACKUP DATABASE shop FILEGROUP = 'PRIMARY' TO " + Disk("x"), {3004, 3013});
  const Answer warned = Good("BACKUP DATABASE shop FILEGROUP = 'arch' TO " + Disk("rw"));
  EXPECT_TRUE(Says(warned, 3022));
  Bad("BACKUP DATABASE shop FILEGROUP = 'arch' TO " + Disk("x") + " WITH DIFFERENTIAL",
      {3054, 3013});
  PutOld(1);
  Bad(RestoreOf("FILEGROUP = 'arch'", "rw", "RECOVERY"), {3115, 3013});
  Good("ALTER DATABASE shop MODIFY FILEGROUP arch READ_ONLY");
  BackUp("FILEGROUP = 'arch'", "ro");
  Put(1);
  BackUp("READ_WRITE_FILEGROUPS", "partial");
  Put(2);
  BackUp("READ_WRITE_FILEGROUPS", "partial_diff", "INIT, DIFFERENTIAL");
  Bad(RestoreOf("FILEGROUP = 'arch'", "rw", "RECOVERY"), {3125, 3013});
  Good(RestoreOf("FILEGROUP = 'arch'", "ro", "RECOVERY"));
  EXPECT_EQ(CountOld(), "1");
  EXPECT_EQ(Count(), "2");
  EXPECT_EQ(Good("RESTORE FILELISTONLY FROM " + Disk("partial")).at(2, "IsPresent"), "0");
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
