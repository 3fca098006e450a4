#include <algorithm>
#include <filesystem>
#include <fstream>

#include "doubles/sqlserver/testing/shop_test.h"

namespace dbstow::doubles::sqlserver {
namespace {

/// Numbers that an engine has to tell apart.
class RefusalsTest : public ShopTest {
 protected:
  void Cut(const std::string& name, std::uintmax_t bytes) {
    std::filesystem::resize_file(File(name), std::filesystem::file_size(File(name)) - bytes);
  }
};

TEST_F(RefusalsTest, OfMedia) {
  Full("a");
  const Answer valid = Good("RESTORE VERIFYONLY FROM " + Disk("a"));
  EXPECT_NE(std::find(valid.infos.begin(), valid.infos.end(), 3262), valid.infos.end());
  Cut("a", 512);  // its ESET
  Bad("RESTORE VERIFYONLY FROM " + Disk("a"), {3256, 3013});
  Bad(Restore("DATABASE", "a", "REPLACE"), {3256, 3013});
  Bad("BACKUP DATABASE shop TO " + Disk("a"), {3266, 3013});
  std::ofstream(File("empty")).close();
  Bad("RESTORE HEADERONLY FROM " + Disk("empty"), {3254, 3013});
  std::string devices = Disk("d");
  for (int i = 0; i < 64; ++i) devices += ", " + Disk("d");
  Bad("BACKUP DATABASE shop TO " + devices, {3205, 3013});
  Bad("RESTORE LOG shop WITH RECOVERY", {3207, 3013});
}

TEST_F(RefusalsTest, OfEncryption) {
  Full("a");
  Bad("CREATE CERTIFICATE c WITH SUBJECT = 's'", {15581});
  Good("CREATE MASTER KEY ENCRYPTION BY PASSWORD = 'p'");
  Good("CREATE CERTIFICATE c WITH SUBJECT = 's'");
  const std::string sealed = " WITH ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = c)";
  Bad("BACKUP DATABASE shop TO " + Disk("a") + sealed, {3095, 3013});
  Good("BACKUP DATABASE shop TO " + Disk("b") + sealed);
  Bad("BACKUP DATABASE shop TO " + Disk("b"), {3095, 3013});
}

TEST_F(RefusalsTest, OfWhatIsInTheWay) {
  Full("a");
  Good("RESTORE DATABASE twin FROM " + Disk("a") + " WITH " + Move("twin"));
  Bad("RESTORE DATABASE twin FROM " + Disk("a"), {3141, 3013});
  std::ofstream(folder_.path() + "/other.mdf").close();
  const std::string other = "RESTORE DATABASE other FROM " + Disk("a") + " WITH " + Move("other");
  Bad(other, {3142, 3119, 3013});
  Good(other + ", REPLACE");
}

TEST_F(RefusalsTest, OfADifferentialOfAnotherFuture) {
  Full("full");
  Good("RESTORE DATABASE twin FROM " + Disk("full") + " WITH " + Move("twin"));
  for (int i = 10; i < 40; ++i) {
    Good("INSERT INTO twin.dbo.item VALUES (" + std::to_string(i) + ", N'twin')");
  }
  Good("BACKUP DATABASE twin TO " + Disk("diff") + " WITH DIFFERENTIAL");
  Good(Restore("DATABASE", "full", "REPLACE"));
  Put(1);
  Log("log");
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
  Good(Restore("LOG", "log", "NORECOVERY"));
  Bad(Restore("DATABASE", "diff", "NORECOVERY"), {3121, 3013});
}

TEST_F(RefusalsTest, OfAStopInTheTail) {
  Instance& instance = server_.engine().instance();
  instance.SetClock(ParseDateTime("2026-03-01 10:00:00"));
  Full("full");
  Put(1);
  instance.SetClock(ParseDateTime("2026-03-01 11:00:00"));
  Log("log");
  Put(2);
  Bad(Restore("DATABASE", "full", "NORECOVERY, STOPAT = '2026-03-01T12:00:00'"), {3173, 3013});
  Good(Restore("DATABASE", "full", "NORECOVERY, STOPAT = '2026-03-01T10:30:00'"));
}

TEST_F(RefusalsTest, OfOtherUsers) {
  const auto other = server_.Connect();
  EXPECT_TRUE(other->Run("USE shop").ok());
  Bad("ALTER DATABASE shop SET READ_ONLY", {5061, 5069});
  EXPECT_TRUE(other->Run("ALTER DATABASE shop SET SINGLE_USER").ok());
  Bad("USE shop", {924});
  Bad("ALTER DATABASE shop SET READ_ONLY", {5064, 5069});
  const InstanceSettings settings;
  const auto login = [&](const std::string& database) {
    const auto session =
        server_.engine().Login({"sa", settings.sa_password, database, "host", "test"});
    return session ? 0 : session.error().number;
  };
  EXPECT_EQ(login("shop"), 4060);
  EXPECT_EQ(login("nothing"), 4060);
}

TEST_F(RefusalsTest, OfFiles) {
  const std::string at = "FILENAME = '" + folder_.path() + "/";
  Bad("CREATE DATABASE more ON (NAME = one, " + at + "1.mdf') LOG ON (NAME = one, " + at +
          "1.ldf')",
      {1828});
  Bad("CREATE DATABASE more ON (NAME = one, " + at + std::string(300, 'x') + "')", {5123, 1802});
}

TEST_F(RefusalsTest, OfAServerWithNothingToSuspend) {
  Good("DROP DATABASE shop");
  Bad("ALTER SERVER CONFIGURATION SET SUSPEND_FOR_SNAPSHOT_BACKUP = ON", {3094});
}

TEST(OlderServerTest, WhatIsUpgradedCannotBeInStandby) {
  const test::ScratchFolder folder;
  const std::string disk = " DISK = '" + folder.path() + "/a.bak'";
  InProcessServer older(folder.path() + "/older", {.major = 15});
  const auto sql = older.Connect();
  EXPECT_TRUE(sql->Run("CREATE DATABASE old").ok());
  EXPECT_TRUE(sql->Run("BACKUP DATABASE old TO" + disk).ok());
  InProcessServer newer(folder.path() + "/newer");
  const std::string restore = "RESTORE DATABASE old FROM" + disk + " WITH MOVE 'old' TO '" +
                              folder.path() + "/o.mdf', MOVE 'old_log' TO '" + folder.path() +
                              "/o.ldf'";
  EXPECT_EQ(newer.Connect()->Run(restore + ", STANDBY = '" + folder.path() + "/undo'").errors,
            (Numbers{3180, 3013}));
  EXPECT_TRUE(newer.Connect()->Run(restore).ok());
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
