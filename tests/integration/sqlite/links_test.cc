#include <gmock/gmock.h>

#include <filesystem>

#include "integration/sqlite/sqlite_lab.h"

// Targets that are symbolic links: the file behind them is the target, and the link stays.

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;

class SqliteLinks : public ::testing::Test {
 protected:
  SqliteLinks() {
    fs::create_directory(lab_.Path("data"));
    Make("a.db", 1);
    instance_ = lab_.Instance("a.db");
    EXPECT_TRUE(lab_.Backup(*instance_));
    fs::create_symlink("data/real.db", lab_.Path("hop.db"));
    fs::create_symlink(lab_.Path("hop.db"), lab_.Path("link.db"));
  }
  void Make(const std::string& name, int value) {
    EXPECT_TRUE(
        SqliteDatabase(lab_.Path(name))
            .Execute("CREATE TABLE t(x); INSERT INTO t VALUES (" + std::to_string(value) + ")"));
  }
  std::string ValueOf(const std::string& name) {
    return SqliteDatabase(lab_.Path(name)).Value("SELECT x FROM t");
  }
  void ExpectRestoredBehindTheLink() {
    EXPECT_TRUE(fs::is_symlink(lab_.Path("link.db")));
    EXPECT_TRUE(fs::is_symlink(lab_.Path("hop.db")));
    EXPECT_EQ(ValueOf("data/real.db"), "1");
  }

  SqliteLab lab_;
  std::unique_ptr<DatabaseInstance> instance_;
};

TEST_F(SqliteLinks, OverwritingReplacesTheFileBehindThem) {
  Make("data/real.db", 2);
  EXPECT_FAILS(kAlreadyExists, lab_.Restore(*instance_, "link.db"));
  const auto restored = lab_.Restore(*instance_, "link.db", true);
  ASSERT_OK(restored);
  EXPECT_EQ(restored->target, lab_.Path("data/real.db"));
  ExpectRestoredBehindTheLink();
}

TEST_F(SqliteLinks, OneThatLeadsNowhereYetIsFilled) {
  ASSERT_OK(lab_.Restore(*instance_, "link.db"));
  ExpectRestoredBehindTheLink();
}

TEST_F(SqliteLinks, ACloneGoesBehindThemToo) {
  ASSERT_OK(lab_.Clone(*instance_, "link.db"));
  ExpectRestoredBehindTheLink();
}

TEST_F(SqliteLinks, OtherNamesOfWhatIsReplacedAreTold) {
  Make("b.db", 2);
  fs::create_hard_link(lab_.Path("b.db"), lab_.Path("other.db"));
  const auto restored = lab_.Restore(*instance_, "b.db", true);
  ASSERT_OK(restored);
  EXPECT_THAT(restored->warnings, testing::Contains(testing::HasSubstr("hard links")));
  EXPECT_EQ(ValueOf("other.db"), "2");
  const auto again = lab_.Restore(*instance_, "b.db", true);
  ASSERT_OK(again);
  EXPECT_THAT(again->warnings, testing::IsEmpty());
}

TEST_F(SqliteLinks, ACircleIsAnError) {
  fs::create_symlink("two.db", lab_.Path("one.db"));
  fs::create_symlink("one.db", lab_.Path("two.db"));
  EXPECT_FALSE(lab_.Restore(*instance_, "one.db"));
  EXPECT_TRUE(fs::is_symlink(lab_.Path("one.db")));
}

}  // namespace
}  // namespace dbstow::test
