#include <filesystem>

#include "doubles/sqlserver/testing/groups_test.h"

namespace dbstow::doubles::sqlserver {
namespace {

class DatabaseSnapshotTest : public GroupsTest {
 protected:
  std::string Make(const std::string& name, const std::string& of = "shop") const {
    return "CREATE DATABASE " + name + " ON (NAME = shop, FILENAME = '" + folder_.path() + "/" +
           name + ".ss'), (NAME = shop_arch, FILENAME = '" + folder_.path() + "/" + name +
           "_arch.ss') AS SNAPSHOT OF " + of;
  }
  std::string Revert(const std::string& name) const {
    return "RESTORE DATABASE shop FROM DATABASE_SNAPSHOT = '" + name + "'";
  }
};

TEST_F(DatabaseSnapshotTest, KeepsWhatWasCommittedThen) {
  Put(1);
  PutOld(1);
  {
    const auto other = server_.Connect();
    EXPECT_TRUE(other->Run("BEGIN TRAN; INSERT INTO shop.dbo.item VALUES (7, N'open')").ok());
    Good(Make("s"));
    EXPECT_TRUE(other->Run("COMMIT").ok());
  }
  Good("DROP TABLE shop.dbo.old");
  EXPECT_EQ(Count("s"), "1");
  EXPECT_EQ(Good("SELECT COUNT(*) FROM s.dbo.old").value(), "1");
  EXPECT_EQ(Count(), "2");
  const Answer row = Good(
      "SELECT DB_NAME(source_database_id) AS source, is_read_only FROM sys.databases WHERE name = "
      "'s'");
  EXPECT_EQ(row.at(0, "source"), "shop");
  EXPECT_EQ(row.at(0, "is_read_only"), "1");
  Bad("INSERT INTO s.dbo.item VALUES (3, N'x')", {3906});
  sql_.reset();
  server_.Restart();
  sql_ = server_.Connect();
  EXPECT_EQ(Count("s"), "1");
  Good("DROP DATABASE s");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/s.ss"));
}

TEST_F(DatabaseSnapshotTest, TheDatabaseIsRevertedToIt) {
  Put(1);
  Full("full");
  Put(2);
  Good(Make("s"));
  Put(3);
  Good("DROP TABLE shop.dbo.old");
  Good(Revert("s"));
  EXPECT_EQ(Count(), "2");
  EXPECT_EQ(CountOld(), "0");
  EXPECT_EQ(Good("SELECT restore_type FROM msdb.dbo.restorehistory").value(), "R");
  Bad("BACKUP LOG shop TO " + Disk("l"), {4214, 3013});
  Put(4);
  Full("diff", "INIT, DIFFERENTIAL");
  Good("DROP DATABASE s");
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
  Good(Restore("DATABASE", "diff", "RECOVERY"));
  EXPECT_EQ(Count(), "3");
}

TEST_F(DatabaseSnapshotTest, ItsSourceStaysAsLongAsIt) {
  Full("full");
  Good(Make("s"));
  Bad("DROP DATABASE shop", {3709});
  Bad(Restore("DATABASE", "full", "REPLACE"), {3709, 3013});
  Bad("BACKUP DATABASE s TO " + Disk("x"), {3002, 3013});
  Bad("RESTORE DATABASE s FROM " + Disk("full"), {3002, 3013});
  Bad("ALTER DATABASE s SET RECOVERY SIMPLE", {5093, 5069});
  Good("DROP DATABASE s");
  Good(Restore("DATABASE", "full", "REPLACE"));
}

TEST_F(DatabaseSnapshotTest, RevertingIsForTheOnlySnapshot) {
  Good(Make("s"));
  Good(Make("t"));
  Bad(Revert("s"), {3137, 3013});
  Bad(Revert("nothing"), {3137, 3013});
  Good("DROP DATABASE t");
  Bad(Revert("s") + " WITH RECOVERY", {4355, 3013});
  Bad("RESTORE DATABASE nothing FROM DATABASE_SNAPSHOT = 's'", {911, 3013});
  Bad("RESTORE DATABASE master FROM DATABASE_SNAPSHOT = 's'", {3102, 3013});
  {
    const auto user = server_.Connect();
    EXPECT_TRUE(user->Run("USE s").ok());
    Bad(Revert("s"), {3101, 3013});
  }
  Good("ALTER DATABASE shop MODIFY FILEGROUP arch READ_ONLY");
  Bad(Revert("s"), {3137, 3013});
  Good("ALTER DATABASE shop MODIFY FILEGROUP arch READ_WRITE");
  Good(Revert("s"));
}

TEST_F(DatabaseSnapshotTest, ItsFilesAreThoseOfTheSource) {
  const auto with = [&](const std::string& files) {
    return "CREATE DATABASE s ON " + files + " AS SNAPSHOT OF shop";
  };
  const std::string one = "(NAME = shop, FILENAME = '" + folder_.path() + "/one.ss')";
  const std::string two = "(NAME = shop_arch, FILENAME = '" + folder_.path() + "/two.ss')";
  Bad(with(one), {5127});
  Bad(with(one + ", (NAME = shop_log, FILENAME = '/x')"), {5114});
  Bad(with(one + ", (NAME = nothing, FILENAME = '/x')"), {5115});
  Bad(with(one + ", (NAME = shop_arch, FILENAME = '/no/where/x.ss')"), {5133});
  Bad(with("(NAME = shop, FILENAME = '/x', SIZE = 8MB), " + two), {1815});
  Bad(with(one + ", FILEGROUP arch " + two), {1825});
  Bad("CREATE DATABASE s ON " + one + " AS SNAPSHOT OF nothing", {911});
  Bad("CREATE DATABASE s ON " + one + " AS SNAPSHOT OF msdb", {1816});
  Good(with(one + ", " + two));
  Bad(Make("t", "s"), {1821});
  Bad(Make("s"), {1801});
  Bad("CREATE DATABASE u ON " + one + ", " + two + " AS SNAPSHOT OF shop", {5170});
  Full("full");
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
