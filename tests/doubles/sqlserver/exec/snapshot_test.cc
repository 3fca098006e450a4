#include <filesystem>

#include "doubles/sqlserver/testing/shop_test.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr const char* kSuspend = "ALTER DATABASE shop SET SUSPEND_FOR_SNAPSHOT_BACKUP = ON";
constexpr const char* kResume = "ALTER DATABASE shop SET SUSPEND_FOR_SNAPSHOT_BACKUP = OFF";

class SnapshotTest : public ShopTest {
 protected:
  /// What storage does: the files as they are now, under another name.
  void CopyFiles(const std::string& name) {
    const std::string from = folder_.path() + "/server/data/shop";
    for (const auto& [ours, theirs] : {std::pair(".mdf", ".mdf"), std::pair("_log.ldf", ".ldf")}) {
      std::filesystem::copy_file(from + ours, folder_.path() + "/" + name + theirs,
                                 std::filesystem::copy_options::overwrite_existing);
    }
  }
  Answer BackUp(const std::string& name) {
    return Good("BACKUP DATABASE shop TO " + Disk(name) + " WITH METADATA_ONLY, FORMAT");
  }
  std::string Attach(const std::string& database, const std::string& name,
                     const std::string& with = "") const {
    return "RESTORE DATABASE " + database + " FROM " + Disk(name) + " WITH METADATA_ONLY, " +
           Move(name) + with;
  }
};

TEST_F(SnapshotTest, FilesCopiedWhileSuspendedAreTheDatabase) {
  Put(1);
  EXPECT_EQ(Good(kSuspend).infos, (Numbers{3083, 3197, 3086}));
  EXPECT_EQ(Good("SELECT SERVERPROPERTY('SuspendedDatabaseCount')").value(), "1");
  EXPECT_EQ(
      Good("SELECT DATABASEPROPERTYEX('shop', 'IsDatabaseSuspendedForSnapshotBackup')").value(),
      "1");
  EXPECT_EQ(
      Good("SELECT db_name FROM sys.dm_server_suspend_status WHERE is_writeio_frozen = 1").value(),
      "shop");
  EXPECT_EQ(Count(), "1") << "readers go on";
  CopyFiles("copy");
  EXPECT_EQ(BackUp("copy").infos, (Numbers{3198, 3084, 3087, 4035, 3014}));
  Put(2);
  Good(Attach("other", "copy"));
  EXPECT_EQ(Count("other"), "1");
  EXPECT_EQ(Good("RESTORE HEADERONLY FROM " + Disk("copy")).at(0, "IsSnapshot"), "1");
  EXPECT_EQ(Good("SELECT is_snapshot FROM msdb.dbo.backupset WHERE database_name = 'shop'").value(),
            "1");
}

TEST_F(SnapshotTest, ChangesWaitUntilTheBackup) {
  const auto other = server_.Connect();
  const auto third = server_.Connect();
  EXPECT_TRUE(third->Run("USE shop; BEGIN TRAN; INSERT INTO item VALUES (3, N'open')").ok());
  Good(kSuspend);
  std::jthread inserts(
      [&] { EXPECT_TRUE(other->Run("INSERT INTO shop.dbo.item VALUES (2, N'waits')").ok()); });
  std::jthread commits([&] { EXPECT_TRUE(third->Run("COMMIT").ok()); });
  const auto waiting = [&] {
    return Good("SELECT COUNT(*) FROM sys.dm_exec_requests WHERE wait_type LIKE 'LCK%'").value();
  };
  Await([&] { return waiting() == "2"; });
  CopyFiles("copy");
  BackUp("copy");
  inserts.join();
  commits.join();
  EXPECT_EQ(Count(), "2");
  Good(Attach("other", "copy"));
  EXPECT_EQ(Count("other"), "0") << "what was open is undone";
}

TEST_F(SnapshotTest, TheChainGoesOnFromASnapshot) {
  Full("full");
  Put(1);
  Good(kSuspend);
  CopyFiles("copy");
  BackUp("copy");
  Put(2);
  Full("diff", "DIFFERENTIAL, INIT");
  Put(3);
  Log("log");
  Good(Attach("other", "copy", ", NORECOVERY"));
  Good("RESTORE DATABASE other FROM " + Disk("diff") + " WITH NORECOVERY");
  Good("RESTORE LOG other FROM " + Disk("log") + " WITH RECOVERY");
  EXPECT_EQ(Count("other"), "3");
}

TEST_F(SnapshotTest, ACopyOnlySnapshotIsNoBase) {
  Full("full");
  Good(std::string(kSuspend) + " (MODE = COPY_ONLY)");
  CopyFiles("copy");
  BackUp("copy");
  Put(1);
  Full("diff", "DIFFERENTIAL, INIT");
  Good(Attach("other", "copy", ", NORECOVERY"));
  Bad("RESTORE DATABASE other FROM " + Disk("diff"), {3136, 3013});
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
  Good(Restore("DATABASE", "diff", "RECOVERY"));
  EXPECT_EQ(Count(), "1");
}

TEST_F(SnapshotTest, OnlyCopiesOfThatMomentPass) {
  Good(kSuspend);
  CopyFiles("early");
  Good(kResume);
  Put(1);
  Good(kSuspend);
  CopyFiles("copy");
  BackUp("copy");
  CopyFiles("late");
  const auto attach = [&](const std::string& files) {
    return "RESTORE DATABASE other FROM " + Disk("copy") + " WITH METADATA_ONLY, " + Move(files);
  };
  Bad(attach("early"), {5171, 3013});
  Bad(attach("late"), {5171, 3013});
  Bad(attach("nowhere"), {5120, 3013});
  Good(attach("copy"));
}

TEST_F(SnapshotTest, WhatDoesNotFitIsRefused) {
  const std::string backup = "BACKUP DATABASE shop TO " + Disk("x") + " WITH METADATA_ONLY, FORMAT";
  Bad(backup, {3082, 3013});
  Bad(kResume, {3082, 5069});
  Bad("ALTER DATABASE msdb SET SUSPEND_FOR_SNAPSHOT_BACKUP = ON", {3091, 5069});
  Good(kSuspend);
  Bad(kSuspend, {3081, 5069});
  Bad("BACKUP DATABASE shop TO " + Disk("y"), {3090, 3013});
  Bad(backup + ", DIFFERENTIAL", {3031, 3013});
  Bad("BACKUP LOG shop TO " + Disk("y") + " WITH METADATA_ONLY", {3032, 3013});
  Bad("DROP DATABASE shop", {3702});
  Bad("INSERT INTO shop.dbo.item VALUES (1, N'waits for itself')", {1205});
  Good(backup);
  Bad("RESTORE DATABASE other FROM " + Disk("x"), {3135, 3013});
  Full("full");
  Bad(Restore("DATABASE", "full", "REPLACE, METADATA_ONLY"), {3135, 3013});
  Good(kSuspend);
  Good(kResume);
  Put(1);
}

TEST_F(SnapshotTest, DatabasesAreSuspendedAndRecordedTogether) {
  const std::string files = "DISK = '" + File("group") + "'";
  Bad("BACKUP SERVER TO " + files + " WITH METADATA_ONLY, FORMAT", {3082, 3013});
  Good("CREATE DATABASE till");
  Good("CREATE TABLE till.dbo.item (id int PRIMARY KEY, name nvarchar(40))");
  Put(1);
  Bad("ALTER SERVER CONFIGURATION SET SUSPEND_FOR_SNAPSHOT_BACKUP = ON (GROUP = (shop, shop))",
      {3092});
  Good("ALTER SERVER CONFIGURATION SET SUSPEND_FOR_SNAPSHOT_BACKUP = ON (GROUP = (till))");
  Bad("ALTER SERVER CONFIGURATION SET SUSPEND_FOR_SNAPSHOT_BACKUP = ON", {3081});
  EXPECT_EQ(Good("SELECT SERVERPROPERTY('SuspendedDatabaseCount')").value(), "1");
  Bad("BACKUP GROUP shop, till TO " + files + " WITH METADATA_ONLY, FORMAT", {3082, 3013});
  Good("ALTER SERVER CONFIGURATION SET SUSPEND_FOR_SNAPSHOT_BACKUP = OFF (GROUP = (till))");
  Good("ALTER SERVER CONFIGURATION SET SUSPEND_FOR_SNAPSHOT_BACKUP = ON (MODE = COPY_ONLY)");
  EXPECT_EQ(Good("SELECT SERVERPROPERTY('SuspendedDatabaseCount')").value(), "2");
  CopyFiles("copy");
  Bad("BACKUP GROUP shop, shop TO " + files + " WITH METADATA_ONLY, FORMAT", {3092, 3013});
  Bad("BACKUP SERVER TO " + files + " WITH FORMAT", {40510, 3013});
  Good("BACKUP SERVER TO " + files + " WITH METADATA_ONLY, FORMAT");
  EXPECT_EQ(Good("SELECT SERVERPROPERTY('SuspendedDatabaseCount')").value(), "0");
  Put(2);
  EXPECT_EQ(Good("RESTORE HEADERONLY FROM " + files).rows.size(), 1U);
  EXPECT_EQ(Good("RESTORE FILELISTONLY FROM " + files).rows.size(), 4U);
  const Answer till = Good("RESTORE FILELISTONLY FROM " + files + " WITH DBNAME = 'till'");
  EXPECT_EQ(till.at(0, "LogicalName"), "till");
  EXPECT_EQ(Good("SELECT COUNT(*) FROM msdb.dbo.backupset WHERE is_snapshot = 1 AND is_copy_only = "
                 "1")
                .value(),
            "2");
  const std::string attach = "RESTORE DATABASE other FROM " + files + " WITH METADATA_ONLY, " +
                             Move("copy") + ", DBNAME = '";
  Bad(attach + "nothing'", {3123, 3013});
  Good(attach + "shop'");
  EXPECT_EQ(Count("other"), "1");
}

TEST_F(SnapshotTest, TheEndOfTheSessionIsTheEndOfTheFreeze) {
  {
    const auto other = server_.Connect();
    EXPECT_TRUE(other->Run(kSuspend).ok());
    CopyFiles("copy");
  }
  Put(1);
  Bad("BACKUP DATABASE shop TO " + Disk("x") + " WITH METADATA_ONLY", {3082, 3013});
}

class OldServerTest : public ShopTest {
 protected:
  OldServerTest() : ShopTest({.major = 15}) {}
};

TEST_F(OldServerTest, DoesNotKnowSnapshots) {
  Bad(kSuspend, {102});
  Bad("ALTER SERVER CONFIGURATION SET SUSPEND_FOR_SNAPSHOT_BACKUP = ON", {102});
  Bad("BACKUP DATABASE shop TO " + Disk("x") + " WITH METADATA_ONLY", {40510, 3013});
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
