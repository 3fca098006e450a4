#include "doubles/sqlserver/testing/shop_test.h"

namespace dbstow::doubles::sqlserver {
namespace {

/// Statements fail, wait and lose their connection as a test wants it.
class FaultsTest : public ShopTest {
 protected:
  void Plan(std::vector<StatementFault> faults) {
    const std::scoped_lock lock(server_.engine().instance().mutex());
    server_.engine().faults.statements = std::move(faults);
  }
  std::string Backup(const std::string& name) const {
    return "BACKUP DATABASE shop TO " + Disk(name);
  }
};

TEST_F(FaultsTest, TheNthOfAKindFails) {
  Plan({{.statement = "INSERT", .nth = 2, .times = 2, .errors = {{1105, 17, "full"}}},
        {.statement = "SELECT", .errors = {{1204, 19, "locks"}}}});
  Put(1);
  Bad("INSERT INTO shop.dbo.item VALUES (2, N'b')", {1105});
  Bad("INSERT INTO shop.dbo.item VALUES (3, N'c')", {1105});
  Put(4);
  Bad("SELECT 1", {1204});
  EXPECT_EQ(Count(), "2");
}

TEST_F(FaultsTest, AKindIsWholeWords) {
  Plan({{.statement = "BACKUP LOG", .errors = {{3204, 16, "aborted"}}}});
  Good(Backup("a"));
  Bad("BACKUP LOG shop TO " + Disk("l"), {3204, 3013});
  Plan({{.statement = "BACKUP D", .errors = {{3204, 16, "aborted"}}}});
  Good(Backup("b"));
  Plan({{.statement = "RESTORE", .nth = 2, .errors = {{3203, 16, "read"}, {3271, 16, "gone"}}}});
  Good("RESTORE HEADERONLY FROM " + Disk("a"));
  Bad("RESTORE FILELISTONLY FROM " + Disk("a"), {3203, 3271, 3013});
}

TEST_F(FaultsTest, AnErrorInTheMiddleLeavesWhatAnErrorLeaves) {
  Put(1);
  Good(Backup("a"));
  Plan({{.statement = "RESTORE DATABASE", .at_percent = 40, .errors = {{823, 24, "page"}}}});
  Bad(Restore("DATABASE", "a", "REPLACE"), {823, 3013});
  EXPECT_EQ(Good("SELECT state_desc FROM sys.databases WHERE name = 'shop'").value(), "RESTORING");
  Good(Restore("DATABASE", "a", "REPLACE"));
  EXPECT_EQ(Count(), "1");
  Plan({{.statement = "RESTORE VERIFYONLY", .at_percent = 100, .errors = {{3203, 16, "read"}}}});
  Bad("RESTORE VERIFYONLY FROM " + Disk("a"), {3203, 3013});
}

TEST_F(FaultsTest, ACutConnectionEndsWhatRuns) {
  Good(Backup("a"));
  Plan({{.statement = "BACKUP", .at_percent = 10, .cut = true}});
  const auto lost = server_.Connect();
  EXPECT_FALSE(lost->Run(Backup("b")).ok());
  EXPECT_TRUE(lost->Run("SELECT 1").rows.empty()) << "nobody is there any more";
  Bad("RESTORE HEADERONLY FROM " + Disk("b"), {3201, 3013});
  Good(Backup("b"));
}

TEST_F(FaultsTest, ASlowStatementCanBeInterrupted) {
  Plan({{.statement = "SELECT", .wait_ms = 1}});
  EXPECT_EQ(Good("SELECT 7").value(), "7");
  Plan({{.statement = "BACKUP", .at_percent = 50, .wait_ms = 600'000}});
  const auto slow = server_.Connect();
  std::jthread running([&] { EXPECT_EQ(slow->Run(Backup("a")).errors, (Numbers{3204, 3013})); });
  Await([&] {
    return !Good("SELECT 1 FROM sys.dm_exec_requests WHERE percent_complete >= 50").rows.empty();
  });
  Good("KILL " + std::to_string(slow->id()));
}

TEST_F(FaultsTest, SeverityTwentyEndsTheSession) {
  Plan({{.statement = "SELECT", .errors = {{824, 24, "page"}}}});
  const auto victim = server_.Connect();
  EXPECT_EQ(victim->Run("SELECT 1").errors, Numbers{824});
  EXPECT_TRUE(victim->Run("SELECT 1").rows.empty());
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
