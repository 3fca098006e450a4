#include "doubles/sqlserver/testing/shop_test.h"

namespace dbstow::doubles::sqlserver {
namespace {

/// Databases in a state that no statement brings about.
class TroubleTest : public ShopTest {
 protected:
  TroubleTest() {
    Put(1);
    Full("full");
    Put(2);
  }
  std::string Backup(const std::string& with) {
    return "BACKUP DATABASE shop TO " + Disk("a") + " WITH FORMAT, " + with;
  }
};

TEST_F(TroubleTest, TheTailOfALostDatabaseCanBeSaved) {
  Change([](Database& shop) {
    shop.state = DatabaseState::kPending;
    shop.FindFile(1)->state = FileState::kPending;
  });
  EXPECT_EQ(Good("SELECT state_desc FROM sys.databases WHERE name = 'shop'").value(),
            "RECOVERY_PENDING");
  Bad("SELECT * FROM shop.dbo.item", {945});
  Bad("USE shop", {945});
  Bad(Backup("COPY_ONLY"), {945, 3013});
  Bad("BACKUP LOG shop TO " + Disk("l"), {945, 3013});
  Bad("ALTER DATABASE shop SET ONLINE", {945, 5069});
  Bad(Restore("DATABASE", "full", "NORECOVERY"), {3159, 3013});
  Good("BACKUP LOG shop TO " + Disk("tail") + " WITH NO_TRUNCATE, NORECOVERY");
  EXPECT_EQ(Good("RESTORE HEADERONLY FROM " + Disk("tail")).at(0, "HasIncompleteMetaData"), "1");
  EXPECT_EQ(
      Good("SELECT COUNT(*) FROM msdb.dbo.backupset WHERE has_incomplete_metadata = 1").value(),
      "1");
  Bad("RESTORE DATABASE shop WITH RECOVERY", {4333, 3013});
  Good(Restore("DATABASE", "full", "NORECOVERY"));
  Good(Restore("LOG", "tail", "RECOVERY"));
  EXPECT_EQ(Count(), "2");
}

TEST_F(TroubleTest, ABadPageIsFoundByChecksums) {
  Change([](Database& shop) { shop.bad_pages.emplace_back(); });
  Bad("DBCC CHECKDB (shop)", {8928});
  Bad(Backup("CHECKSUM"), {3043, 3013});
  Good(Backup("NO_CHECKSUM"));
  Good(Backup("CHECKSUM, CONTINUE_AFTER_ERROR"));
  EXPECT_EQ(Good("RESTORE HEADERONLY FROM " + Disk("a")).at(0, "IsDamaged"), "1");
  Bad("RESTORE VERIFYONLY FROM " + Disk("a") + " WITH CHECKSUM", {3183, 3013});
  Bad(Restore("DATABASE", "a", "REPLACE"), {3183, 3013});
  Good(Restore("DATABASE", "a", "REPLACE, CONTINUE_AFTER_ERROR"));
  EXPECT_EQ(Count(), "2");
}

TEST_F(TroubleTest, ASecondaryReplicaBacksUpWhatItMay) {
  Change([](Database& shop) { shop.replica_role = "SECONDARY"; });
  Bad(Backup("NAME = N'full'"), {3059, 3013});
  Bad(Backup("DIFFERENTIAL"), {3059, 3013});
  Bad("BACKUP LOG shop TO " + Disk("l") + " WITH COPY_ONLY", {3059, 3013});
  Bad("BACKUP LOG shop TO " + Disk("l") + " WITH NORECOVERY", {3059, 3013});
  Good(Backup("COPY_ONLY"));
  Good("BACKUP LOG shop TO " + Disk("l"));
  Bad("INSERT INTO shop.dbo.item VALUES (3, N'x')", {3906});
}

TEST_F(TroubleTest, ADatabaseInAGroupIsNotToBeReplaced) {
  const std::string preferred = "SELECT sys.fn_hadr_backup_is_preferred_replica('shop')";
  EXPECT_EQ(Good("SELECT SERVERPROPERTY('IsHadrEnabled')").value(), "0");
  EXPECT_EQ(Good(preferred).value(), "1");
  Change([](Database& shop) { shop.replica_role = "PRIMARY"; });
  EXPECT_EQ(Good("SELECT SERVERPROPERTY('IsHadrEnabled')").value(), "1");
  EXPECT_EQ(Good(preferred).value(), "0");
  EXPECT_EQ(Good("SELECT s.role_desc FROM sys.databases d JOIN "
                 "sys.dm_hadr_availability_replica_states s ON s.replica_id = d.replica_id JOIN "
                 "sys.availability_groups g ON g.group_id = s.group_id")
                .value(),
            "PRIMARY");
  Bad(Restore("DATABASE", "full", "REPLACE"), {3104, 3013});
  Bad("DROP DATABASE shop", {3752});
  Bad("ALTER DATABASE shop SET RECOVERY SIMPLE", {1468, 5069});
  Bad("ALTER DATABASE shop MODIFY NAME = other", {1468, 5069});
  Good("ALTER DATABASE shop SET RECOVERY FULL");
  Good(Backup("NAME = N'full'"));
  Put(3);
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
