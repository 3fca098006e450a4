#include <filesystem>

#include "doubles/sqlserver/testing/groups_test.h"

namespace dbstow::doubles::sqlserver {
namespace {

/// What the options of BACKUP and RESTORE do that other tests do not look at.
class OptionsTest : public GroupsTest {};

TEST_F(OptionsTest, ALogicalDeviceIsANameForAFile) {
  Bad("BACKUP DATABASE shop TO nightly", {3206, 3013});
  Good("EXEC sp_addumpdevice 'disk', 'nightly', '" + File("n") + "'");
  Bad("EXEC master.dbo.sp_addumpdevice @devtype = 'disk', @logicalname = 'nightly', @physname = "
      "'x'",
      {15026});
  Good("BACKUP DATABASE shop TO nightly WITH INIT, NOREWIND, NOUNLOAD");
  EXPECT_TRUE(std::filesystem::exists(File("n")));
  EXPECT_EQ(Good("RESTORE HEADERONLY FROM [nightly]").at(0, "DeviceType"), "102");
  const Answer family =
      Good("SELECT logical_device_name, device_type FROM msdb.dbo.backupmediafamily");
  EXPECT_EQ(family.at(0, "logical_device_name"), "nightly");
  EXPECT_EQ(family.at(0, "device_type"), "102");
  EXPECT_EQ(Good("SELECT physical_name FROM sys.backup_devices").value(), File("n"));
  Good("DECLARE @d nvarchar(20) = N'nightly'; RESTORE VERIFYONLY FROM @d");
  Good("EXEC sp_dropdevice 'nightly', 'DELFILE'");
  EXPECT_FALSE(std::filesystem::exists(File("n")));
  Bad("EXEC sp_dropdevice 'nightly'", {15012});
}

TEST_F(OptionsTest, ALogAfterAGapIsTold) {
  Full("copy", "COPY_ONLY, INIT");
  Put(1);
  Full("full");
  Log("log");
  Good(Restore("DATABASE", "copy", "REPLACE, NORECOVERY"));
  Bad(Restore("LOG", "log", "NORECOVERY"), {4312, 3013});
}

TEST_F(OptionsTest, BulkChangesMatterWhereTheRestoreStops) {
  Instance& instance = server_.engine().instance();
  instance.SetClock(ParseDateTime("2026-03-01 10:00:00"));
  Full("full");
  Put(1);
  {
    const std::scoped_lock lock(instance.mutex());
    UnitOfWork work(instance);
    instance.Mutable(instance.Find("shop")->id).has_bulk_changes = true;
    EXPECT_TRUE(work.Commit());
  }
  Log("bulk");
  instance.SetClock(ParseDateTime("2026-03-01 12:00:00"));
  Put(2);
  Log("log");
  Full("diff", "DIFFERENTIAL, INIT");
  const std::string late = "NORECOVERY, STOPAT = '2026-03-01T11:00:00'";
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
  Bad(Restore("DATABASE", "diff", late), {4338, 3013});
  Bad(Restore("LOG", "bulk", "NORECOVERY, STOPATMARK = 'm'"), {4341, 3013});
  Good(Restore("LOG", "bulk", late));
  Good(Restore("LOG", "log", "RECOVERY, STOPAT = '2026-03-01T11:00:00'"));
  EXPECT_EQ(Count(), "1");
}

TEST_F(OptionsTest, ARestoreMayKeepOthersOut) {
  Good("CREATE LOGIN guest1 WITH PASSWORD = 'p'; USE shop; CREATE USER guest1; USE master");
  Full("full");
  const auto guest = server_.Connect("guest1", "p");
  EXPECT_TRUE(guest->Run("SELECT COUNT(*) FROM shop.sys.files").errors == Numbers{208});
  Good(Restore("DATABASE", "full", "REPLACE, RESTRICTED_USER"));
  EXPECT_EQ(guest->Run("USE shop").errors, Numbers{923});
  Good("USE shop; USE master; ALTER DATABASE shop SET MULTI_USER");
  EXPECT_TRUE(guest->Run("USE shop").ok());
}

TEST_F(OptionsTest, TheBrokerIsOffUnlessAskedFor) {
  Full("full");
  const auto broker = [&](const std::string& with) {
    Good(Restore("DATABASE", "full", "REPLACE, " + with));
    const Answer row = Good(
        "SELECT is_broker_enabled, service_broker_guid FROM sys.databases WHERE name = 'shop'");
    return std::pair(row.rows[0][0], row.rows[0][1]);
  };
  const std::string guid =
      Good("SELECT service_broker_guid FROM sys.databases WHERE name = 'shop'").value();
  EXPECT_EQ(broker("RECOVERY"), std::pair(std::string("0"), guid));
  EXPECT_EQ(broker("ENABLE_BROKER"), std::pair(std::string("1"), guid));
  EXPECT_EQ(broker("ERROR_BROKER_CONVERSATIONS"), std::pair(std::string("1"), guid));
  EXPECT_NE(broker("NEW_BROKER").second, guid);
  Bad(Restore("DATABASE", "full", "REPLACE, NEW_BROKER, ENABLE_BROKER"), {3031, 3013});
  Bad(Restore("DATABASE", "full", "REPLACE, KEEP_REPLICATION, NORECOVERY"), {3031, 3013});
  Bad(Restore("DATABASE", "full", "REPLACE, KEEP_CDC, NORECOVERY"), {3031, 3013});
  Good(Restore("DATABASE", "full",
               "REPLACE, KEEP_CDC, KEEP_REPLICATION, FILESTREAM ("
               "DIRECTORY_NAME = 'd')"));
  EXPECT_TRUE(Says(Good(Restore("DATABASE", "full", "REPLACE, RESTART")), 3018));
}

TEST_F(OptionsTest, MediaExpire) {
  Full("a", "INIT, RETAINDAYS = 2");
  Bad("BACKUP DATABASE shop TO " + Disk("a") + " WITH INIT", {4030, 3013});
  Bad("BACKUP DATABASE shop TO " + Disk("a") + " WITH INIT, NOSKIP", {4030, 3013});
  Good("BACKUP DATABASE shop TO " + Disk("a") + " WITH NOINIT");
  Good("BACKUP DATABASE shop TO " + Disk("a") + " WITH INIT, SKIP");
  Good("BACKUP DATABASE shop TO " + Disk("b") + " WITH INIT, EXPIREDATE = '2099-01-01'");
  EXPECT_EQ(Header("b", "ExpirationDate").substr(0, 10), "2099-01-01");
  Bad("BACKUP DATABASE shop TO " + Disk("b") + " WITH INIT", {4030, 3013});
  Good("BACKUP DATABASE shop TO " + Disk("b") + " WITH FORMAT");
  Bad("BACKUP DATABASE shop TO " + Disk("b") +
          " WITH INIT, EXPIREDATE = '2099-01-01', RETAINDAYS = "
          "1",
      {3031, 3013});
}

TEST_F(OptionsTest, SetsAreDescribed) {
  Full("a", "INIT, NAME = N'Näme', DESCRIPTION = N'what it is'");
  EXPECT_EQ(Header("a", "BackupName"), "Näme");
  EXPECT_EQ(Header("a", "BackupDescription"), "what it is");
  EXPECT_EQ(Good("SELECT description FROM msdb.dbo.backupset").value(), "what it is");
  const std::string backup = "BACKUP DATABASE shop TO " + Disk("a") + " WITH ";
  Bad(backup + "DESCRIPTION = '" + std::string(256, 'x') + "'", {3217, 3013});
  Bad(backup + "NAME = '" + std::string(129, 'x') + "'", {3217, 3013});
}

TEST_F(OptionsTest, SizesHaveLimits) {
  const std::string backup = "BACKUP DATABASE shop TO " + Disk("a") + " WITH FORMAT, ";
  for (const char* good : {"BUFFERCOUNT = 1", "MAXTRANSFERSIZE = 65536", "BLOCKSIZE = 65536",
                           "MAXTRANSFERSIZE = 4194304", "STATS = 100", "STATS"}) {
    Good(backup + good);
    Good(Restore("DATABASE", "a", std::string("REPLACE, ") + good));
  }
  for (const char* bad : {"BUFFERCOUNT = 0", "MAXTRANSFERSIZE = 65535", "MAXTRANSFERSIZE = 65537",
                          "MAXTRANSFERSIZE = 4259840"}) {
    Bad(backup + bad, {3217, 3013});
    Bad(Restore("DATABASE", "a", std::string("REPLACE, ") + bad), {3217, 3013});
  }
  Bad(backup + "STATS = 101", {3250, 3013});
}

TEST_F(OptionsTest, BulkLoggedKeepsTheChain) {
  Full("full");
  Good("ALTER DATABASE shop SET RECOVERY BULK_LOGGED");
  Put(1);
  Log("log1");
  EXPECT_EQ(Header("log1", "RecoveryModel"), "BULK-LOGGED");
  EXPECT_EQ(Header("log1", "HasBulkLoggedData"), "0");
  Good("ALTER DATABASE shop SET RECOVERY FULL");
  Put(2);
  Log("log2");
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
  Good(Restore("LOG", "log1", "NORECOVERY"));
  Good(Restore("LOG", "log2", "RECOVERY"));
  EXPECT_EQ(Count(), "2");
}

TEST_F(OptionsTest, ALookCanBeRemembered) {
  Full("full");
  InProcessServer other(folder_.path() + "/other");
  const auto sql = other.Connect();
  const std::string verify = "RESTORE VERIFYONLY FROM " + Disk("full");
  EXPECT_TRUE(sql->Run(verify).ok());
  const std::string sets = "SELECT COUNT(*) FROM msdb.dbo.backupset WHERE database_name = 'shop'";
  EXPECT_EQ(sql->Run(sets).value(), "0");
  EXPECT_TRUE(sql->Run(verify + " WITH LOADHISTORY").ok());
  EXPECT_EQ(sql->Run(sets).value(), "1");
}

TEST_F(OptionsTest, AMarkIsTakenAfterATime) {
  Instance& instance = server_.engine().instance();
  const auto marked = [&](const char* time, int id) {
    instance.SetClock(ParseDateTime(time));
    Good("BEGIN TRAN m WITH MARK; INSERT INTO shop.dbo.item VALUES (" + std::to_string(id) +
         ", N'x'); COMMIT");
  };
  Full("full");
  marked("2026-03-01 10:00:00", 1);
  marked("2026-03-01 11:00:00", 2);
  instance.SetClock(ParseDateTime("2026-03-01 12:00:00"));
  Log("log");
  const auto count = [&](const std::string& stop) {
    Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
    Good(Restore("LOG", "log", "RECOVERY, " + stop));
    return Count();
  };
  EXPECT_EQ(count("STOPBEFOREMARK = 'm'"), "0");
  EXPECT_EQ(count("STOPATMARK = 'm'"), "1");
  EXPECT_EQ(count("STOPBEFOREMARK = 'm' AFTER '2026-03-01T10:30:00'"), "1");
  EXPECT_EQ(count("STOPATMARK = 'm' AFTER '2026-03-01T10:30:00'"), "2");
}

TEST_F(OptionsTest, MediaHaveTheirName) {
  Full("a", "FORMAT, MEDIANAME = 'week', MEDIADESCRIPTION = 'of it'");
  Bad("BACKUP DATABASE shop TO " + Disk("a") + " WITH MEDIANAME = 'month'", {4037, 3013});
  Bad(Restore("DATABASE", "a", "REPLACE, MEDIANAME = 'month'"), {4037, 3013});
  Good("RESTORE VERIFYONLY FROM " + Disk("a") + " WITH MEDIANAME = 'week'");
  EXPECT_EQ(Good("RESTORE LABELONLY FROM " + Disk("a")).at(0, "MediaDescription"), "of it");
}

TEST_F(OptionsTest, CompressionHasAnAlgorithm) {
  Full("a", "FORMAT, COMPRESSION");
  EXPECT_EQ(Header("a", "CompressionAlgorithm"), "MS_XPRESS");
  Full("a", "FORMAT, COMPRESSION (ALGORITHM = QAT_DEFLATE)");
  EXPECT_EQ(Header("a", "CompressionAlgorithm"), "QAT_DEFLATE");
  Bad("BACKUP DATABASE shop TO " + Disk("a") + " WITH FORMAT, COMPRESSION (ALGORITHM = ZSTD)",
      {3217, 3013});
  Full("a", "FORMAT, NO_COMPRESSION");
  EXPECT_EQ(Header("a", "CompressionAlgorithm"), "NULL");
}

TEST_F(OptionsTest, MarksHaveRules) {
  Bad("BEGIN TRAN WITH MARK", {3901});
  Bad("BEGIN TRAN [lsn:1] WITH MARK", {3925});
  EXPECT_TRUE(Says(Good("BEGIN TRAN a; BEGIN TRAN b WITH MARK; COMMIT; COMMIT"), 3920));
}

TEST_F(OptionsTest, ADamagedSetSaysSo) {
  Instance& instance = server_.engine().instance();
  {
    const std::scoped_lock lock(instance.mutex());
    UnitOfWork work(instance);
    instance.Mutable(instance.Find("shop")->id).bad_pages.emplace_back();
    EXPECT_TRUE(work.Commit());
  }
  const std::string with = " WITH FORMAT, CHECKSUM, CONTINUE_AFTER_ERROR";
  EXPECT_TRUE(Says(Good("BACKUP DATABASE shop TO " + Disk("d") + with), 3042));
  Good("BACKUP DATABASE shop FILEGROUP = 'arch' TO " + Disk("arch") + " WITH CHECKSUM");
  const Answer restored = Good(Restore("DATABASE", "d", "REPLACE, CONTINUE_AFTER_ERROR"));
  EXPECT_TRUE(Says(restored, 3184));
  EXPECT_TRUE(Says(restored, 3188));
}

class MirrorsTest : public ShopTest {
 protected:
  MirrorsTest() : ShopTest({.edition = Edition::kEnterprise}) {}
};

TEST_F(MirrorsTest, EveryCopyIsAsGood) {
  Put(1);
  const std::string mirrored = "BACKUP DATABASE shop TO " + Disk("a") + " MIRROR TO " + Disk("b");
  Bad(mirrored, {3215, 3013});
  Bad(mirrored + ", " + Disk("c") + " WITH FORMAT", {3010, 3013});
  Bad(mirrored + " MIRROR TO " + Disk("c") + " MIRROR TO " + Disk("d") + " MIRROR TO " + Disk("e") +
          " WITH FORMAT",
      {3214, 3013});
  Good(mirrored + " WITH FORMAT");
  EXPECT_EQ(Good("RESTORE LABELONLY FROM " + Disk("b")).at(0, "MirrorCount"), "2");
  EXPECT_EQ(Good("SELECT COUNT(*) FROM msdb.dbo.backupmediafamily WHERE mirror = 1").value(), "1");
  std::filesystem::remove(File("a"));
  Good(Restore("DATABASE", "b", "REPLACE"));
  EXPECT_EQ(Count(), "1");
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
