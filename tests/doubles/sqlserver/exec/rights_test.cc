#include "doubles/sqlserver/testing/shop_test.h"

namespace dbstow::doubles::sqlserver {
namespace {

class RightsTest : public ShopTest {
 protected:
  RightsTest() {
    Good("CREATE LOGIN ann WITH PASSWORD = 'Ann-1-pw'");
    Good("USE shop; CREATE USER ann FOR LOGIN ann; USE master");
    Put(1);
    Full("full");
    ann_ = server_.Connect("ann", "Ann-1-pw");
  }
  void Denied(const std::string& sql, const Numbers& errors) {
    EXPECT_EQ(ann_->Run(sql).errors, errors) << sql;
  }
  void Allowed(const std::string& sql) { Denied(sql, {}); }
  void InShop(const std::string& sql) { Good("USE shop; " + sql + "; USE master"); }

  std::unique_ptr<InProcessSession> ann_;
};

TEST_F(RightsTest, AnOrdinaryLoginIsDeniedEachStatementWithItsNumber) {
  Good("CREATE DATABASE hers");
  Denied("USE hers", {916});
  Denied("SELECT * FROM shop.dbo.item", {229});
  Denied("INSERT INTO shop.dbo.item VALUES (2, N'x')", {229});
  Denied("UPDATE shop.dbo.item SET name = N'x'", {229});
  Denied("DELETE FROM shop.dbo.item", {229});
  Denied("CREATE TABLE shop.dbo.other (a int)", {262});
  Denied("BACKUP DATABASE shop TO " + Disk("a"), {262, 3013});
  Denied("BACKUP LOG shop TO " + Disk("a"), {262, 3013});
  Denied("RESTORE HEADERONLY FROM " + Disk("full"), {262, 3013});
  Denied("RESTORE FILELISTONLY FROM " + Disk("full"), {262, 3013});
  Denied("RESTORE LABELONLY FROM " + Disk("full"), {262, 3013});
  Denied("RESTORE VERIFYONLY FROM " + Disk("full"), {262, 3013});
  Denied("RESTORE DATABASE shop FROM " + Disk("full") + " WITH REPLACE", {3110, 3013});
  Denied("RESTORE LOG shop FROM " + Disk("full"), {3110, 3013});
  Denied("RESTORE DATABASE other FROM " + Disk("full"), {262, 3013});
  Denied("CREATE DATABASE other", {262});
  Denied("ALTER DATABASE shop SET RECOVERY SIMPLE", {5011});
  Denied("ALTER DATABASE shop SET SUSPEND_FOR_SNAPSHOT_BACKUP = ON", {5011});
  Denied("DROP DATABASE shop", {3701});
  Denied("DBCC CLONEDATABASE (shop, other)", {2571});
  Denied("KILL 51", {6102});
  Denied("CREATE LOGIN eve WITH PASSWORD = 'Eve-1-pw'", {15247});
  Denied("CREATE CREDENTIAL [s3://host/bucket] WITH IDENTITY = 'S3 Access Key', SECRET = 'a:b'",
         {15247});
  Denied("CREATE MASTER KEY ENCRYPTION BY PASSWORD = 'Secret-1'", {15247});
  Denied("ALTER SERVER ROLE sysadmin ADD MEMBER ann", {15247});
  Denied("SELECT * FROM sys.dm_server_suspend_status", {300});
}

TEST_F(RightsTest, RolesAllowWhatTheyAreFor) {
  InShop("ALTER ROLE db_backupoperator ADD MEMBER ann");
  Allowed("BACKUP DATABASE shop TO " + Disk("a"));
  Allowed("BACKUP LOG shop TO " + Disk("b"));
  Denied("SELECT * FROM shop.dbo.item", {229});
  Denied("RESTORE DATABASE shop FROM " + Disk("full") + " WITH REPLACE", {3110, 3013});
  Good("ALTER SERVER ROLE dbcreator ADD MEMBER ann");
  Allowed("RESTORE HEADERONLY FROM " + Disk("full"));
  Allowed("RESTORE DATABASE other FROM " + Disk("full") + " WITH " + Move("o"));
  Allowed("RESTORE DATABASE shop FROM " + Disk("full") + " WITH REPLACE");
  Allowed("SELECT COUNT(*) FROM other.dbo.item");  // who restores a database owns it
}

TEST_F(RightsTest, DenyWinsOverTheRole) {
  InShop("ALTER ROLE db_backupoperator ADD MEMBER ann; DENY BACKUP DATABASE TO ann");
  Denied("BACKUP DATABASE shop TO " + Disk("a"), {262, 3013});
  Allowed("BACKUP LOG shop TO " + Disk("b"));
  InShop("REVOKE BACKUP DATABASE FROM ann");
  Allowed("BACKUP DATABASE shop TO " + Disk("a"));
}

TEST_F(RightsTest, OnesOwnRequestsOnlyWithoutServerState) {
  const std::string sessions = "SELECT COUNT(*) FROM sys.dm_exec_sessions";
  EXPECT_EQ(ann_->Run(sessions).value(), "1");
  Good("GRANT VIEW SERVER STATE TO ann");
  EXPECT_EQ(ann_->Run(sessions).value(), "2");
}

class ExpressTest : public ShopTest {
 protected:
  ExpressTest() : ShopTest({.edition = Edition::kExpress}) {}
};

TEST_F(ExpressTest, LacksWhatTheEditionLacks) {
  const std::string backup = "BACKUP DATABASE shop TO " + Disk("a") + " WITH FORMAT";
  EXPECT_EQ(Good("SELECT SERVERPROPERTY('EngineEdition')").value(), "4");
  EXPECT_EQ(Good("SELECT recovery_model_desc FROM sys.databases WHERE name = 'shop'").value(),
            "SIMPLE");
  Good(backup);
  Bad("BACKUP LOG shop TO " + Disk("l"), {4208, 3013});
  Bad(backup + ", COMPRESSION", {1844, 3013});
  Good("CREATE MASTER KEY ENCRYPTION BY PASSWORD = 'Secret-1'");
  Good("CREATE CERTIFICATE c WITH SUBJECT = 's'");
  Bad(backup + ", ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = c)", {1844, 3013});
  Bad("BACKUP DATABASE shop TO " + Disk("a") + " MIRROR TO " + Disk("b") + " WITH FORMAT",
      {3218, 3013});
  Bad("BACKUP DATABASE shop TO URL = 's3://localhost/bucket/key'", {1844, 3013});
  Bad("CREATE DATABASE big ON (NAME = big, FILENAME = '" + folder_.path() +
          "/big.mdf', SIZE = 11000MB)",
      {1827});
}

TEST_F(ExpressTest, RestoresWhatOtherEditionsCompressed) {
  InProcessServer standard(folder_.path() + "/standard");
  const auto there = standard.Connect();
  EXPECT_TRUE(there->Run("CREATE DATABASE shop").ok());
  EXPECT_TRUE(there->Run("CREATE TABLE shop.dbo.item (id int)").ok());
  EXPECT_TRUE(there->Run("BACKUP DATABASE shop TO " + Disk("s") + " WITH COMPRESSION").ok());
  Good("RESTORE DATABASE other FROM " + Disk("s") + " WITH " + Move("o"));
  EXPECT_EQ(Count("other"), "0");
}

class EnterpriseTest : public ShopTest {
 protected:
  EnterpriseTest() : ShopTest({.edition = Edition::kEnterprise}) {}
};

TEST_F(EnterpriseTest, MirrorsItsBackups) {
  Put(1);
  const std::string backup = "BACKUP DATABASE shop TO " + Disk("a") + " MIRROR TO " + Disk("b");
  Bad(backup, {3215, 3013});
  Bad(backup + ", " + Disk("c") + " WITH FORMAT", {3010, 3013});
  Good(backup + " WITH FORMAT");
  Good(Restore("DATABASE", "b", "REPLACE"));
  EXPECT_EQ(Count(), "1");
  EXPECT_EQ(Good("SELECT COUNT(*) FROM msdb.dbo.backupmediafamily WHERE mirror = 1").value(), "1");
}

class Server2019Test : public ShopTest {
 protected:
  Server2019Test() : ShopTest({.major = 15}) {}
};

TEST_F(Server2019Test, KnowsNoS3AndReadsNothingNewer) {
  Bad("BACKUP DATABASE shop TO URL = 's3://localhost/bucket/key'", {3297, 3013});
  InProcessServer newer(folder_.path() + "/newer");
  const auto there = newer.Connect();
  EXPECT_TRUE(there->Run("BACKUP DATABASE model TO " + Disk("n")).ok());
  Bad("RESTORE DATABASE other FROM " + Disk("n"), {3169, 3013});
  const Answer header = Good("RESTORE HEADERONLY FROM " + Disk("n"));
  EXPECT_EQ(header.at(0, "SoftwareVersionMajor"), "16");
  EXPECT_NE(header.columns.back().name, "CompressionAlgorithm");
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
