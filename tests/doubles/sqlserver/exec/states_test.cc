#include <fstream>
#include <iterator>

#include "doubles/sqlserver/testing/groups_test.h"

namespace dbstow::doubles::sqlserver {
namespace {

/// What a database in trouble, a full disk and media of other servers answer.
class StatesTest : public GroupsTest {
 protected:
  std::string Backup(const std::string& with = "FORMAT") {
    return "BACKUP DATABASE shop TO " + Disk("a") + " WITH " + with;
  }
  std::string State() {
    const Answer row = Good("SELECT state, state_desc FROM sys.databases WHERE name = 'shop'");
    return row.at(0, "state") + " " + row.at(0, "state_desc");
  }
};

TEST_F(StatesTest, AnEmergencyIsForReading) {
  Put(1);
  Good("ALTER DATABASE shop SET EMERGENCY");
  EXPECT_EQ(State(), "5 EMERGENCY");
  EXPECT_EQ(Count(), "1");
  Bad("INSERT INTO shop.dbo.item VALUES (2, N'b')", {3908});
  Bad(Backup(), {3033, 3013});
  Good("ALTER DATABASE shop SET ONLINE");
  Put(2);
  Good(Backup());
}

TEST_F(StatesTest, ASuspectDatabaseIsRestored) {
  Put(1);
  Full("full");
  Full("diff", "DIFFERENTIAL, INIT");
  Put(2);
  Change([](Database& shop) { shop.state = DatabaseState::kSuspect; });
  EXPECT_EQ(State(), "4 SUSPECT");
  Bad("SELECT * FROM shop.dbo.item", {926});
  Bad("USE shop", {926});
  Bad(Backup(), {926, 3013});
  Bad("ALTER DATABASE shop SET ONLINE", {926, 5069});
  Bad(Restore("DATABASE", "diff", "NORECOVERY"), {3185, 3013});
  Bad(Restore("DATABASE", "full", "NORECOVERY"), {3159, 3013});
  Good("BACKUP LOG shop TO " + Disk("tail") + " WITH NO_TRUNCATE, NORECOVERY");
  Good(Restore("DATABASE", "full", "NORECOVERY"));
  Good(Restore("LOG", "tail", "RECOVERY"));
  EXPECT_EQ(Count(), "2");
}

TEST_F(StatesTest, RecoveryKeepsEverybodyOut) {
  Change([](Database& shop) { shop.state = DatabaseState::kRecovering; });
  EXPECT_EQ(State(), "2 RECOVERING");
  Bad("SELECT * FROM shop.dbo.item", {922});
  Bad(Backup(), {922, 3013});
}

TEST_F(StatesTest, ABadLogLeavesOnlyItsTail) {
  Full("full");
  Put(1);
  Change([](Database& shop) { shop.bad_log = true; });
  Bad(Backup(), {3049, 3013});
  Bad("BACKUP LOG shop TO " + Disk("l"), {3049, 3013});
  Good("BACKUP LOG shop TO " + Disk("l") + " WITH CONTINUE_AFTER_ERROR");
}

TEST_F(StatesTest, ASecondaryThatIsNotInStepIsNotBackedUp) {
  Change([](Database& shop) {
    shop.replica_role = "SECONDARY";
    shop.synchronizing = false;
  });
  Bad(Backup("FORMAT, COPY_ONLY"), {3062, 3013});
  Change([](Database& shop) { shop.synchronizing = true; });
  Good(Backup("FORMAT, COPY_ONLY"));
}

TEST_F(StatesTest, AFailureIsInTheErrorLog) {
  const std::string log = Good("SELECT SERVERPROPERTY('ErrorLogFileName')").value();
  const auto lines = [&] {
    std::ifstream in(log);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  Good(Backup());
  EXPECT_EQ(lines(), "");
  Bad("BACKUP LOG master TO " + Disk("a"), {4212, 3013});
  EXPECT_NE(lines().find("Error: 3041"), std::string::npos);
  EXPECT_NE(lines().find("BACKUP LOG master"), std::string::npos);
}

TEST_F(StatesTest, ARestoreNeedsRoom) {
  Full("full");
  {
    const std::scoped_lock lock(server_.engine().instance().mutex());
    server_.engine().faults.free_bytes = 1'000'000;
  }
  Bad("RESTORE DATABASE copy FROM " + Disk("full") + " WITH " + Move("copy") +
          ", MOVE 'shop_arch' TO '" + folder_.path() + "/copy.ndf'",
      {3257, 3119, 3013});
  Good(Restore("DATABASE", "full", "REPLACE"));
}

TEST_F(StatesTest, MediaOfAnotherFormatAreNotRead) {
  Full("full");
  {
    std::fstream file(File("full"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(52 + 41);
    file.put(2);
  }
  Bad("RESTORE HEADERONLY FROM " + Disk("full"), {3243, 3013});
  Bad("BACKUP DATABASE shop TO " + Disk("full"), {3243, 3013});
  Good("BACKUP DATABASE shop TO " + Disk("full") + " WITH FORMAT");
}

TEST_F(StatesTest, NothingHasAPassword) {
  Full("full");
  Bad(Restore("DATABASE", "full", "REPLACE, PASSWORD = 'x'"), {3279, 3013});
  Bad("RESTORE VERIFYONLY FROM " + Disk("full") + " WITH MEDIAPASSWORD = 'x'", {3279, 3013});
  Bad(Backup("PASSWORD = 'x'"), {155});
}

TEST_F(StatesTest, DatabasesAreMadeOfTheModel) {
  const auto other = server_.Connect();
  EXPECT_TRUE(other->Run("USE model").ok());
  Bad("CREATE DATABASE more", {1807, 1802});
  EXPECT_TRUE(other->Run("USE master").ok());
  Bad("CREATE DATABASE more ON (NAME = more, FILENAME = '" + folder_.path() +
          "/more.mdf', SIZE = 1MB)",
      {1803});
  Good("CREATE DATABASE more");
}

TEST_F(StatesTest, FileGroupsChangeTheirNameAndTheirPart) {
  Good("ALTER DATABASE shop ADD FILEGROUP empty");
  Full("full");
  const std::string modify = "ALTER DATABASE shop MODIFY FILEGROUP ";
  Bad(modify + "nothing DEFAULT", {5014, 5069});
  Bad(modify + "empty DEFAULT", {1922, 5069});
  Bad(modify + "[PRIMARY] NAME = other", {5031, 5069});
  Bad(modify + "arch NAME = empty", {5035, 5069});
  Good(modify + "arch DEFAULT");
  Good("CREATE TABLE shop.dbo.later (id int)");
  Good(modify + "arch NAME = attic");
  PutOld(1);
  Log("log");
  const auto look = [&] {
    return Good("SELECT name FROM shop.sys.filegroups WHERE is_default = 1").value();
  };
  EXPECT_EQ(look(), "attic");
  Good(modify + "attic READ_ONLY");
  Bad("INSERT INTO shop.dbo.later VALUES (1)", {652});
  Bad("INSERT INTO shop.dbo.old VALUES (2, N'b')", {652});
  Put(1);
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
  Good(Restore("LOG", "log", "RECOVERY"));
  EXPECT_EQ(look(), "attic") << "the log has it";
  Good("INSERT INTO shop.dbo.later VALUES (1)");
  EXPECT_EQ(CountOld(), "1");
}

TEST(OtherServerTest, SystemDatabasesAreOfOneBuild) {
  const test::ScratchFolder folder;
  const std::string disk = " DISK = '" + folder.path() + "/model.bak'";
  InProcessServer older(folder.path() + "/older", {.major = 15});
  EXPECT_TRUE(older.Connect()->Run("BACKUP DATABASE model TO" + disk).ok());
  InProcessServer newer(folder.path() + "/newer");
  const std::string restore = "RESTORE DATABASE model FROM" + disk + " WITH REPLACE";
  EXPECT_EQ(newer.Connect()->Run(restore).errors, (Numbers{3168, 3013}));
  EXPECT_EQ(older.Connect()->Run(restore).errors, (Numbers{40510, 3013}));
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
