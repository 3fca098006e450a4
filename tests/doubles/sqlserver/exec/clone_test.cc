#include <algorithm>
#include <filesystem>

#include "doubles/sqlserver/testing/shop_test.h"

namespace dbstow::doubles::sqlserver {
namespace {

class CloneTest : public ShopTest {
 protected:
  CloneTest() { Put(1); }
  std::string Property(const std::string& name) {
    return Good("SELECT DATABASEPROPERTYEX('twin', '" + name + "')").value();
  }
};

TEST_F(CloneTest, HasTheSchemaWithoutTheRowsAndIsReadOnly) {
  EXPECT_EQ(Good("DBCC CLONEDATABASE (shop, twin)").infos, (Numbers{12600, 12601, 12602, 2528}));
  EXPECT_EQ(Count("twin"), "0");
  EXPECT_EQ(Count(), "1");
  EXPECT_EQ(Property("IsClone"), "1");
  EXPECT_NE(Property("IsVerifiedClone"), "1");
  EXPECT_EQ(Property("Updateability"), "READ_ONLY");
  Bad("INSERT INTO twin.dbo.item VALUES (1, N'x')", {3906});
  Good("ALTER DATABASE twin SET READ_WRITE");
  Good("INSERT INTO twin.dbo.item VALUES (7, N'x')");
  Bad("INSERT INTO twin.dbo.item VALUES (7, N'x')", {2627});
  EXPECT_EQ(Count(), "1") << "the source stays as it was";
}

TEST_F(CloneTest, TakesItsOptions) {
  Good("DBCC CLONEDATABASE ('shop', 'twin') WITH NO_STATISTICS, NO_QUERYSTORE, VERIFY_CLONEDB");
  EXPECT_EQ(Property("IsVerifiedClone"), "1");
  const auto broker = [&] {
    return Good("SELECT is_broker_enabled FROM sys.databases WHERE name = 'twin'").value();
  };
  EXPECT_EQ(broker(), "0");
  Good("DROP DATABASE twin");
  Good("DBCC CLONEDATABASE (shop, twin) WITH SERVICEBROKER");
  EXPECT_EQ(broker(), "1");
  Good("DROP DATABASE twin");
  Bad("DBCC CLONEDATABASE (shop, twin) WITH VERIFY_CLONEDB, SERVICEBROKER", {2526});
  Bad("SELECT * FROM twin.dbo.item", {208});
  Bad("DBCC CLONEDATABASE (shop, twin) WITH NONSENSE", {155});
  Bad("DBCC CLONEDATABASE (shop, twin) WITH PHYSICAL_ONLY", {2581});
}

TEST_F(CloneTest, BacksItselfUp) {
  Good("DBCC CLONEDATABASE (shop, [odd]]twin's]) WITH VERIFY_CLONEDB, BACKUP_CLONEDB");
  const std::string device = Good(
                                 "SELECT f.physical_device_name FROM msdb.dbo.backupset s JOIN "
                                 "msdb.dbo.backupmediafamily f ON f.media_set_id = s.media_set_id "
                                 "WHERE s.database_name = N'odd]twin''s'")
                                 .value();
  EXPECT_TRUE(std::filesystem::exists(device)) << device;
}

TEST_F(CloneTest, RefusesWhatCannotBeCloned) {
  Bad("DBCC CLONEDATABASE (shop, shop)", {1801});
  Bad("DBCC CLONEDATABASE (nothing, twin)", {911});
  Bad("DBCC CLONEDATABASE (msdb, twin)", {12623});
  Bad("BEGIN TRAN; DBCC CLONEDATABASE (shop, twin)", {3021});
  Good("ROLLBACK");
  Full("full");
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
  Bad("DBCC CLONEDATABASE (shop, twin)", {927});
  Good("RESTORE DATABASE shop WITH RECOVERY");
  Good("CREATE TABLE model.dbo.mine (a int)");
  Bad("DBCC CLONEDATABASE (shop, twin)", {2601});
}

TEST_F(CloneTest, ByBackupAndRestoreWithMoveHasTheRowsAndIsIndependent) {
  Full("full", "COPY_ONLY, FORMAT");
  Good("RESTORE DATABASE twin FROM " + Disk("full") + " WITH " + Move("twin"));
  Put(2);
  EXPECT_EQ(Count("twin"), "1");
  EXPECT_EQ(
      Good("SELECT COUNT(*) FROM sys.master_files WHERE physical_name LIKE '%/twin.%'").value(),
      "2");
  const std::string guids =
      "SELECT COUNT(*) FROM sys.database_recovery_status a JOIN sys.database_recovery_status b ON "
      "a.family_guid = b.family_guid WHERE a.database_guid <> b.database_guid";
  EXPECT_EQ(Good(guids).value(), "2") << "one family, two databases";
  Good("DROP DATABASE shop");
  EXPECT_EQ(Count("twin"), "1");
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
