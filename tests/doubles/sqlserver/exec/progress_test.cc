#include <cstdlib>
#include <filesystem>

#include "doubles/sqlserver/testing/shop_test.h"

namespace dbstow::doubles::sqlserver {
namespace {

/// A statement that takes its time in a session of its own.
class ProgressTest : public ShopTest {
 protected:
  ~ProgressTest() override { SetPace(0); }

  void SetPace(int milliseconds) {
    const std::scoped_lock lock(server_.engine().instance().mutex());
    server_.engine().faults.backup_step_ms = milliseconds;
  }
  /// Returns when it is at work, which it then is for another half a minute.
  void Start(const std::string& sql) {
    SetPace(20);
    session_ = server_.Connect();
    running_ = std::jthread([this, sql] { answer_ = session_->Run(sql); });
    Await([this] { return Percent() > 1; });
    SetPace(300);
  }
  const Answer& End() {
    running_.join();
    return answer_;
  }
  Answer Request() {
    return Good(
        "SELECT command, percent_complete, estimated_completion_time FROM sys.dm_exec_requests "
        "WHERE session_id = " +
        std::to_string(session_->id()));
  }
  double Percent() {
    const Answer request = Request();
    return request.rows.empty() ? 0
                                : std::strtod(request.at(0, "percent_complete").c_str(), nullptr);
  }

  std::unique_ptr<InProcessSession> session_;
  Answer answer_;
  std::jthread running_;
};

TEST_F(ProgressTest, OfABackupIsSeenFromAnotherSessionWhichGoesOn) {
  Put(1);
  Start("BACKUP DATABASE shop TO " + Disk("a"));
  const double before = Percent();
  EXPECT_EQ(Request().at(0, "command"), "BACKUP DATABASE");
  Put(2);
  Bad("BACKUP DATABASE shop TO " + Disk("b"), {3023, 3013});
  Bad("ALTER DATABASE shop ADD FILE (NAME = more, FILENAME = '" + folder_.path() + "/more.ndf')",
      {3023, 5069});
  Await([&] { return Percent() > before; });
  SetPace(0);
  EXPECT_TRUE(End().ok());
  EXPECT_TRUE(Request().rows.empty());
  Good(Restore("DATABASE", "a", "REPLACE"));
  EXPECT_EQ(Count(), "2") << "what came while it ran is in it";
}

TEST_F(ProgressTest, OfARestoreIsSeenToo) {
  Full("a");
  Start(Restore("DATABASE", "a", "REPLACE"));
  EXPECT_EQ(Request().at(0, "command"), "RESTORE DATABASE");
  EXPECT_EQ(Good("SELECT state_desc FROM sys.databases WHERE name = 'shop'").value(), "RESTORING");
  SetPace(0);
  EXPECT_TRUE(End().ok());
}

TEST_F(ProgressTest, AKilledBackupIsNone) {
  Full("kept");
  Start("BACKUP DATABASE shop TO " + Disk("a"));
  Good("KILL " + std::to_string(session_->id()));
  EXPECT_EQ(End().errors, (Numbers{3204, 3013}));
  EXPECT_FALSE(std::filesystem::exists(File("a")));
  EXPECT_EQ(Good("SELECT COUNT(*) FROM msdb.dbo.backupset WHERE database_name = 'shop'").value(),
            "1");
  SetPace(0);
  Full("a", "DIFFERENTIAL");
}

TEST_F(ProgressTest, OneLogBackupAtATime) {
  Full("full");
  Put(1);
  Start("BACKUP LOG shop TO " + Disk("a"));
  Bad("BACKUP LOG shop TO " + Disk("b"), {3023, 3013});
  SetPace(20);
  Full("copy", "COPY_ONLY");
  SetPace(0);
  EXPECT_TRUE(End().ok());
}

TEST_F(ProgressTest, KillKnowsWhom) {
  Bad("KILL 4711", {6106});
  Bad("KILL " + std::to_string(sql_->id()), {6104});
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
