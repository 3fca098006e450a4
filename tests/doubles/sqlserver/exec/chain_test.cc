#include <filesystem>
#include <fstream>

#include "doubles/sqlserver/media/os_files.h"
#include "doubles/sqlserver/testing/shop_test.h"

namespace dbstow::doubles::sqlserver {
namespace {

class ChainTest : public ShopTest {};

TEST_F(ChainTest, FullDifferentialAndLogBringEveryRowBack) {
  Put(1);
  Full("full");
  Put(2);
  Full("diff", "DIFFERENTIAL, INIT");
  Put(3);
  Log("log");
  Put(4);
  Good("BACKUP LOG shop TO DISK = '" + File("tail") + "' WITH INIT, NORECOVERY");
  Bad("SELECT COUNT(*) FROM shop.dbo.item", {927});
  Good(Restore("DATABASE", "full", "NORECOVERY"));
  Good(Restore("DATABASE", "diff", "NORECOVERY"));
  Good(Restore("LOG", "log", "NORECOVERY"));
  Good(Restore("LOG", "tail", "RECOVERY"));
  EXPECT_EQ(Count(), "4");
}

TEST_F(ChainTest, EveryStepRefusesWhatDoesNotFit) {
  Bad("BACKUP LOG shop TO DISK = '" + File("x") + "'", {4214, 3013});
  Bad("BACKUP DATABASE shop TO DISK = '" + File("x") + "' WITH DIFFERENTIAL", {3035, 3013});
  Full("full1");
  Put(1);
  Log("log1");
  Put(2);
  Log("log2");
  Full("full2");
  Full("diff2", "DIFFERENTIAL, INIT");
  Bad(Restore("DATABASE", "full1", "NORECOVERY"), {3159, 3013});
  Bad(Restore("LOG", "log1", "NORECOVERY"), {3117, 3013});
  Good(Restore("DATABASE", "full1", "REPLACE, NORECOVERY"));
  Bad(Restore("DATABASE", "diff2", "NORECOVERY"), {3136, 3013});
  Bad(Restore("LOG", "log2", "NORECOVERY"), {4305, 3013});
  Bad(Restore("LOG", "full1", "NORECOVERY"), {3135, 3013});
  Good(Restore("LOG", "log1", "NORECOVERY"));
  Good(Restore("LOG", "log2", "NORECOVERY"));
  Bad(Restore("LOG", "log1", "NORECOVERY"), {4326, 3013});
  Good("RESTORE DATABASE shop WITH RECOVERY");
  EXPECT_EQ(Count(), "2");
  Bad("RESTORE DATABASE shop WITH RECOVERY", {3153, 3013});
  Bad("RESTORE LOG nowhere FROM DISK = '" + File("log1") + "'", {3118, 3013});
}

TEST_F(ChainTest, CopyOnlyIsNoBaseAndBreaksNoChain) {
  Full("full");
  Put(1);
  Full("copy", "COPY_ONLY, INIT");
  Put(2);
  Full("diff", "DIFFERENTIAL, INIT");
  Log("log");
  Good(Restore("DATABASE", "copy", "REPLACE, NORECOVERY"));
  Bad(Restore("DATABASE", "diff", "NORECOVERY"), {3136, 3013});
  Good(Restore("LOG", "log", "RECOVERY"));
  EXPECT_EQ(Count(), "2");
}

TEST_F(ChainTest, StopsAtAMarkAndAtAnLsn) {
  Full("full");
  Put(1);
  Good(
      "USE shop; BEGIN TRAN payday WITH MARK 'x'; INSERT INTO item VALUES (2, N'm'); COMMIT; "
      "USE master");
  Put(3);
  Log("log");
  const Answer marks = Good("SELECT * FROM msdb.dbo.logmarkhistory");
  EXPECT_EQ(marks.at(0, "mark_name"), "payday");
  EXPECT_EQ(marks.at(0, "description"), "x");
  const std::string lsn =
      Good("RESTORE HEADERONLY FROM DISK = '" + File("full") + "'").at(0, "LastLSN");
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
  Good(Restore("LOG", "log", "STOPATMARK = 'payday', RECOVERY"));
  EXPECT_EQ(Count(), "2");
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
  Good(Restore("LOG", "log", "STOPBEFOREMARK = 'payday', RECOVERY"));
  EXPECT_EQ(Count(), "1");
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
  Good(Restore("LOG", "log", "STOPBEFOREMARK = 'lsn:" + lsn + "', RECOVERY"));
  EXPECT_EQ(Count(), "0");
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
  Good(Restore("LOG", "log", "STOPATMARK = 'lsn:" + marks.at(0, "lsn") + "', RECOVERY"));
  EXPECT_EQ(Count(), "2") << "the mark's LSN is that of its commit";
}

TEST_F(ChainTest, StopAtATimeKeepsRestoringUntilTheLogReachesIt) {
  server_.engine().instance().SetClock(ParseDateTime("2026-03-01 10:00:00"));
  Full("full");
  Put(1);
  Log("log1");
  server_.engine().instance().SetClock(ParseDateTime("2026-03-01 11:00:00"));
  Put(2);
  server_.engine().instance().SetClock(ParseDateTime("2026-03-01 12:00:00"));
  Put(3);
  Log("log2");
  const std::string stop = "STOPAT = '2026-03-01T11:30:00'";
  Bad("RESTORE DATABASE other FROM DISK = '" + File("full") + "' WITH " + Move("o") +
          ", STOPAT = '2026-03-01T09:00:00'",
      {4338, 3013});
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY, " + stop));
  const Answer early = Good(Restore("LOG", "log1", "RECOVERY, " + stop));
  EXPECT_NE(std::find(early.infos.begin(), early.infos.end(), 4322), early.infos.end());
  Good(Restore("LOG", "log2", "RECOVERY, " + stop));
  EXPECT_EQ(Count(), "2");
}

TEST_F(ChainTest, RecoveryForksAreToldApart) {
  Full("full");
  Put(1);
  Log("log1");
  Put(2);
  Log("old2");
  // Back to log1, and another future.
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
  Good(Restore("LOG", "log1", "RECOVERY"));
  Put(20);
  Put(21);
  Log("new2");
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
  Good(Restore("LOG", "log1", "NORECOVERY"));
  Good(Restore("LOG", "new2", "NORECOVERY"));
  // The abandoned log ends before, or is on the other path.
  const Answer old = sql_->Run(Restore("LOG", "old2", "NORECOVERY"));
  ASSERT_EQ(old.errors.size(), 2U);
  EXPECT_TRUE(old.errors[0] == 4326 || old.errors[0] == 4330) << old.errors[0];
  Good("RESTORE DATABASE shop WITH RECOVERY");
  EXPECT_EQ(Count(), "3");
}

TEST_F(ChainTest, StandbyReadsAndRollsOn) {
  Full("full");
  Put(1);
  Log("log1");
  Put(2);
  Log("log2");
  const std::string undo = "STANDBY = '" + folder_.path() + "/undo.tuf'";
  Good(Restore("DATABASE", "full", "REPLACE, " + undo));
  Good(Restore("LOG", "log1", undo));
  EXPECT_EQ(Count(), "1");
  Bad("INSERT INTO shop.dbo.item VALUES (9, N'x')", {3906});
  Bad("BACKUP DATABASE shop TO DISK = '" + File("no") + "'", {3036, 3013});
  Good(Restore("LOG", "log2", "RECOVERY"));
  EXPECT_EQ(Count(), "2");
}

// Two servers with one working directory would take each other's away.
TEST_F(ChainTest, AnUndoFileWithoutAFolderLiesWithTheBackups) {
  Full("full");
  Good(Restore("DATABASE", "full", "REPLACE, STANDBY = 'undo.tuf'"));
  EXPECT_TRUE(FileExists(server_.engine().instance().BackupFolder() + "/undo.tuf"));
  Good("RESTORE DATABASE shop WITH RECOVERY");
  Good("BACKUP LOG shop TO " + Disk("tail") + " WITH STANDBY = 'tail.tuf'");
  EXPECT_TRUE(FileExists(server_.engine().instance().BackupFolder() + "/tail.tuf"));
}

TEST_F(ChainTest, AnOpenTransactionIsUndoneByRecoveryAndRedoneByItsCommit) {
  Full("full");
  const auto other = server_.Connect();
  EXPECT_TRUE(other->Run("USE shop; BEGIN TRAN; INSERT INTO item VALUES (1, N'open')").ok());
  Full("dirty", "COPY_ONLY, INIT");
  Log("log1");
  EXPECT_TRUE(other->Run("COMMIT; USE master").ok());
  Log("log2");
  Good("RESTORE DATABASE copy1 FROM DISK = '" + File("dirty") + "' WITH " + Move("a"));
  EXPECT_EQ(Count("copy1"), "0");
  Good("RESTORE DATABASE copy2 FROM DISK = '" + File("dirty") + "' WITH NORECOVERY, " + Move("b"));
  Good("RESTORE LOG copy2 FROM DISK = '" + File("log1") + "' WITH STANDBY = '" + folder_.path() +
       "/u.tuf'");
  EXPECT_EQ(Count("copy2"), "0");
  Good("RESTORE LOG copy2 FROM DISK = '" + File("log2") + "' WITH RECOVERY");
  EXPECT_EQ(Count("copy2"), "1");
}

TEST_F(ChainTest, OverwritingNeedsReasons) {
  Full("full");
  Good("CREATE DATABASE other");
  const std::string from = " FROM DISK = '" + File("full") + "'";
  Bad("RESTORE DATABASE other" + from, {3154, 3013});
  Bad("RESTORE DATABASE third" + from, {1834, 3156, 1834, 3156, 3119, 3013});
  Bad("RESTORE DATABASE third" + from + " WITH MOVE 'nothing' TO '/x'", {3234, 3013});
  Bad("RESTORE DATABASE third" + from + " WITH MOVE 'shop' TO '/no/where/x.mdf', " +
          "MOVE 'shop_log' TO '" + folder_.path() + "/l.ldf'",
      {5133, 3156, 3119, 3013});
  Bad("RESTORE DATABASE third" + from + " WITH MOVE 'shop' TO '" + folder_.path() +
          "/same', MOVE 'shop_log' TO '" + folder_.path() + "/same'",
      {3176, 3119, 3013});
  const auto user = server_.Connect();
  EXPECT_TRUE(user->Run("USE shop").ok());
  Bad(Restore("DATABASE", "full", "REPLACE"), {3101, 3013});
  Good("ALTER DATABASE shop SET SINGLE_USER WITH ROLLBACK IMMEDIATE");
  Good(Restore("DATABASE", "full", "REPLACE"));
  Bad("RESTORE DATABASE master" + from, {3108, 3013});
  Bad("BEGIN TRAN; BACKUP DATABASE shop TO DISK = 'x'", {3021, 3013});
}

TEST_F(ChainTest, MediaAreKeptToTheirRules) {
  Full("a");
  Full("a", "NOINIT");
  EXPECT_EQ(Good("RESTORE HEADERONLY FROM DISK = '" + File("a") + "'").rows.size(), 2U);
  Bad(Restore("DATABASE", "a", "REPLACE, FILE = 3"), {4038, 3013});
  Good("BACKUP DATABASE shop TO DISK = '" + File("s1") + "', DISK = '" + File("s2") +
       "' WITH FORMAT, CHECKSUM");
  Bad("RESTORE VERIFYONLY FROM DISK = '" + File("s1") + "'", {3132, 3013});
  Good("RESTORE VERIFYONLY FROM DISK = '" + File("s2") + "', DISK = '" + File("s1") +
       "' WITH CHECKSUM");
  Bad("RESTORE VERIFYONLY FROM DISK = '" + File("a") + "' WITH CHECKSUM", {3187, 3013});
  Bad("BACKUP DATABASE shop TO DISK = '" + File("s1") + "'", {3132, 3013});
  Bad("RESTORE HEADERONLY FROM DISK = '" + File("none") + "'", {3201, 3013});
  Bad("BACKUP DATABASE shop TO DISK = '/no/such/folder/x.bak'", {3201, 3013});
  std::ofstream(File("junk")) << std::string(5000, 'x');
  Bad("RESTORE HEADERONLY FROM DISK = '" + File("junk") + "'", {3241, 3013});
  Bad("BACKUP DATABASE shop TO DISK = '" + File("junk") + "'", {3242, 3013});
  Bad("BACKUP DATABASE shop TO DISK = '" + File("m") + "' MIRROR TO DISK = '" + File("n") +
          "' WITH FORMAT",
      {3218, 3013});
  std::fstream damage(File("s1"), std::ios::in | std::ios::out | std::ios::binary);
  damage.seekp(static_cast<std::streamoff>(std::filesystem::file_size(File("s1"))) - 900);
  damage << "damage";
  damage.close();
  Bad("RESTORE VERIFYONLY FROM DISK = '" + File("s1") + "', DISK = '" + File("s2") + "'",
      {3189, 3013});
}

TEST_F(ChainTest, OptionsAreChecked) {
  const std::string backup = "BACKUP DATABASE shop TO DISK = '" + File("o") + "' WITH ";
  Bad(backup + "NONSENSE", {155});
  Bad(backup + "INIT, NOINIT", {3031, 3013});
  Bad(backup + "BLOCKSIZE = 1000", {3253, 3013});
  Bad(backup + "MAXTRANSFERSIZE = 1000", {3217, 3013});
  Bad(backup + "NORECOVERY", {3032, 3013});
  Bad(backup + "STATS = 200", {3250, 3013});
  const Answer spoken = Good(backup + "STATS = 25, COMPRESSION, FORMAT");
  EXPECT_EQ(std::count(spoken.infos.begin(), spoken.infos.end(), 3211), 4);
  EXPECT_EQ(spoken.infos.back(), 3014);
  Bad("BACKUP DATABASE nothing TO DISK = 'x'", {911, 3013});
  Bad("BACKUP DATABASE tempdb TO DISK = 'x'", {3147, 3013});
  Bad("BACKUP LOG master TO DISK = 'x'", {4212, 3013});
  Bad("BACKUP DATABASE shop TO DISK = ''", {3044, 3013});
  Bad("BACKUP DATABASE shop TO DISK = '" + std::string(300, 'x') + "'", {3057, 3013});
}

TEST_F(ChainTest, AnEncryptedSetNeedsItsCertificate) {
  Put(1);
  Good("CREATE MASTER KEY ENCRYPTION BY PASSWORD = 'Secret-1'");
  Good("CREATE CERTIFICATE c WITH SUBJECT = 's'");
  Full("e", "FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = c)");
  Good("RESTORE DATABASE copy FROM DISK = '" + File("e") + "' WITH " + Move("c"));
  EXPECT_EQ(Count("copy"), "1");
  Good("DROP CERTIFICATE c");
  Bad("RESTORE DATABASE copy FROM DISK = '" + File("e") + "' WITH REPLACE, " + Move("c"),
      {33111, 3013});
}

TEST_F(ChainTest, ACancelledBackupLeavesTheMediaAsTheyWere) {
  Full("a");
  const auto before = std::filesystem::file_size(File("a"));
  sql_->InterruptAfter(2);
  EXPECT_EQ(sql_->Run("BACKUP DATABASE shop TO DISK = '" + File("a") + "'").errors,
            (Numbers{3204, 3013}));
  sql_->InterruptAfter(-1);
  EXPECT_EQ(std::filesystem::file_size(File("a")), before);
  server_.engine().faults.statements = {
      {.statement = "BACKUP", .at_percent = 99, .errors = {{3202, 16, "Write failed."}}}};
  Bad("BACKUP DATABASE shop TO DISK = '" + File("b") + "'", {3202, 3013});
  EXPECT_FALSE(std::filesystem::exists(File("b")));
}

TEST_F(ChainTest, HistoryAndCatalogAgree) {
  Full("full");
  Put(1);
  Log("log");
  const Answer sets = Good(
      "SELECT s.type, s.first_lsn, s.last_lsn, s.database_backup_lsn, s.begins_log_chain, "
      "f.physical_device_name, f.device_type FROM msdb.dbo.backupset AS s "
      "JOIN msdb.dbo.backupmediafamily f ON f.media_set_id = s.media_set_id "
      "WHERE s.database_name = N'shop' ORDER BY s.backup_set_id");
  ASSERT_EQ(sets.rows.size(), 2U);
  EXPECT_EQ(sets.at(0, "type"), "D");
  EXPECT_EQ(sets.at(1, "type"), "L");
  EXPECT_EQ(sets.at(1, "begins_log_chain"), "1");
  EXPECT_EQ(sets.at(1, "first_lsn"), sets.at(0, "first_lsn"));
  EXPECT_GT(sets.at(0, "first_lsn").size(), 20U) << "LSNs do not fit 64 bits";
  EXPECT_EQ(Good("SELECT last_log_backup_lsn FROM sys.database_recovery_status WHERE database_id = "
                 "DB_ID('shop')")
                .value(),
            sets.at(1, "last_lsn"));
  EXPECT_EQ(Good("SELECT recovery_model_desc FROM sys.databases WHERE name = 'SHOP'").value(),
            "FULL");
}

TEST_F(ChainTest, ARestartForgetsNothing) {
  Full("full");
  Put(1);
  {
    const auto other = server_.Connect();
    EXPECT_TRUE(other->Run("USE shop; BEGIN TRAN; INSERT INTO item VALUES (5, N'lost')").ok());
  }
  sql_.reset();
  server_.Restart();
  sql_ = server_.Connect();
  EXPECT_EQ(Count(), "1");
  Log("log");
  Good(Restore("DATABASE", "full", "REPLACE, NORECOVERY"));
  Good(Restore("LOG", "log", "RECOVERY"));
  EXPECT_EQ(Count(), "1");
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
