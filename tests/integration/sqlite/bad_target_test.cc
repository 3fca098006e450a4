#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <thread>

#include "integration/sqlite/harmed_shop.h"
#include "support/small_disk.h"

// What stands in the way of a restore is told clearly, and stays as it is.

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class SqliteBadTarget : public testing::Test {
 protected:
  SqliteLab lab_;
};

TEST_F(SqliteBadTarget, AFolderThatCannotBeWritten) {
  ASSERT_OK(MakeShop(lab_.Path("app.db"), 10, "PRAGMA journal_mode=DELETE"));
  fs::permissions(lab_.Path("app.db"), static_cast<fs::perms>(0644));
  fs::permissions(lab_.folder(), static_cast<fs::perms>(0755));
  const int code = RunInChild([&] {
    if (geteuid() == 0 && setuid(65534) != 0) return 255;
    if (access(lab_.folder().c_str(), W_OK) == 0) return 254;
    const auto instance = lab_.Instance("app.db");
    if (!lab_.Backup(*instance)) return 253;
    const auto clone = lab_.Clone(*instance, "clone.db");
    return clone ? 0 : static_cast<int>(clone.error().code());
  });
  if (code == 254) GTEST_SKIP() << "the folder is writable for everybody";
  EXPECT_EQ(code, static_cast<int>(ErrorCode::kPermissionDenied));
}

TEST_F(SqliteBadTarget, TheTargetsFolderIsMissing) {
  ASSERT_OK(MakeShop(lab_.Path("app.db")));
  const auto instance = lab_.Instance("app.db");
  ASSERT_OK(lab_.Backup(*instance));
  EXPECT_FAILS(kNotFound, lab_.Restore(*instance, "no/such/folder.db"));
  EXPECT_FAILS(kNotFound, lab_.Clone(*instance, "no/such/folder.db"));
}

TEST_F(SqliteBadTarget, TheDiskOfTheTargetIsFull) {
  const auto disk = SmallDisk::Mount(1 << 20);
  if (disk == nullptr) GTEST_SKIP() << "mounting a small disk is not allowed here";
  ASSERT_OK(MakeShop(lab_.Path("app.db"), 20000));
  const auto instance = lab_.Instance("app.db");
  ASSERT_OK(lab_.Backup(*instance));
  EXPECT_FAILS(kOutOfSpace, lab_.Restore(*instance, disk->path() + "/r.db"));
  EXPECT_TRUE(fs::is_empty(disk->path()));
  EXPECT_FAILS(kOutOfSpace, lab_.Clone(*instance, disk->path() + "/c.db"));
  EXPECT_TRUE(fs::is_empty(disk->path()));
}

TEST_F(SqliteBadTarget, OverwritingWhatIsNoDatabaseIsRefused) {
  ASSERT_OK(MakeShop(lab_.Path("app.db")));
  const auto instance = lab_.Instance("app.db");
  ASSERT_OK(lab_.Backup(*instance));
  WriteFile(lab_.Path("letter.txt"), std::string(5000, 'a'));
  const auto before = lab_.Files();
  EXPECT_FAILS(kSafetyRefused, lab_.Restore(*instance, "letter.txt", true));
  EXPECT_EQ(ReadFile(lab_.Path("letter.txt")), std::string(5000, 'a'));
  EXPECT_EQ(lab_.Files(), before);
}

TEST_F(SqliteBadTarget, OverwritingADatabaseInUseIsRefused) {
  for (const char* mode : {"WAL", "DELETE"}) {
    const std::string used = std::string("used") + mode + ".db";
    ASSERT_OK(MakeShop(lab_.Path(used), 50, std::string("PRAGMA journal_mode=") + mode));
    const auto instance = lab_.Instance(used);
    ASSERT_OK(lab_.Backup(*instance));
    ASSERT_OK(SqliteDatabase(lab_.Path(used)).Execute("DELETE FROM item WHERE id = 1"));
    const std::string contents = Contents(lab_.Path(used));
    for (const char* state : {"BEGIN IMMEDIATE; DELETE FROM item WHERE id = 2",
                              "BEGIN; SELECT 1 FROM item", "SELECT 1 FROM item"}) {
      const Holder holder(lab_.Path(used), state);
      EXPECT_FAILS(kConflict, lab_.Restore(*instance, used, true));
    }
    EXPECT_EQ(Contents(lab_.Path(used)), contents);
    ASSERT_OK(lab_.Restore(*instance, used, true));
    EXPECT_NE(Contents(lab_.Path(used)), contents);
  }
}

// What a program killed in mid-work leaves beside the database must not reach the new one.
TEST_F(SqliteBadTarget, AHotLogOrJournalIsNeverAppliedToTheRestoredDatabase) {
  for (const char* mode : {"WAL", "PERSIST", "DELETE"}) {
    const std::string name = std::string("crashed") + mode + ".db";
    const std::string path = lab_.Path(name);
    ASSERT_OK(MakeShop(path, 3000, std::string("PRAGMA journal_mode=") + mode));
    const std::string contents = Contents(path);
    const auto instance = lab_.Instance(name);
    ASSERT_OK(lab_.Backup(*instance));
    {
      // Commits in the log, and pages of an unfinished transaction spilled from a tiny cache.
      const Holder killed(path,
                          "PRAGMA cache_size=5; UPDATE item SET name = 'committed';"
                          "BEGIN; UPDATE item SET data = zeroblob(300)");
    }
    const auto before = lab_.Files();
    ASSERT_THAT(before, Contains(name + (std::string(mode) == "WAL" ? "-wal" : "-journal")));
    ASSERT_OK(lab_.Restore(*instance, name, true));
    EXPECT_THAT(lab_.Files(), Not(Contains(name + "-wal")));
    EXPECT_THAT(lab_.Files(), Not(Contains(name + "-shm")));
    EXPECT_THAT(lab_.Files(), Not(Contains(name + "-journal")));
    EXPECT_EQ(Contents(path), contents);
  }
}

TEST_F(SqliteBadTarget, AFailedOverwriteKeepsTheHotLog) {
  const std::string path = lab_.Path("crashed.db");
  ASSERT_OK(MakeShop(path));
  const auto instance = lab_.Instance("crashed.db");
  ASSERT_OK(lab_.Backup(*instance));
  {
    const Holder killed(path, "UPDATE item SET name = 'only in the log'");
  }
  const std::string file = ReadFile(path);
  const std::string log = ReadFile(path + "-wal");
  lab_.store.FailRead(1, Error(ErrorCode::kCorrupt, "a pack is damaged"));
  EXPECT_FAILS(kCorrupt, lab_.Restore(*instance, "crashed.db", true));
  EXPECT_EQ(ReadFile(path), file);
  EXPECT_EQ(ReadFile(path + "-wal"), log);
  EXPECT_EQ(SqliteDatabase(path).Value("SELECT name FROM item"), "only in the log");
}

TEST_F(SqliteBadTarget, AStrayJournalWithoutItsDatabaseIsRefused) {
  ASSERT_OK(MakeShop(lab_.Path("app.db")));
  const auto instance = lab_.Instance("app.db");
  ASSERT_OK(lab_.Backup(*instance));
  WriteFile(lab_.Path("new.db-wal"), "left by somebody");
  EXPECT_FAILS(kConflict, lab_.Restore(*instance, "new.db"));
  EXPECT_FAILS(kConflict, lab_.Clone(*instance, "new.db"));
  EXPECT_FALSE(fs::exists(lab_.Path("new.db")));
}

TEST_F(SqliteBadTarget, OfTwoRestoresToOneNameOneWins) {
  ASSERT_OK(MakeShop(lab_.Path("app.db"), 5000));
  const auto instance = lab_.Instance("app.db");
  ASSERT_OK(lab_.Backup(*instance));
  for (int round = 0; round < 10; ++round) {
    const std::string target = "race" + std::to_string(round) + ".db";
    int won = 0;
    int refused = 0;
    std::mutex mutex;
    {
      std::vector<std::jthread> racers;
      for (int i = 0; i < 3; ++i) {
        racers.emplace_back([&] {
          const auto result = lab_.Restore(*instance, target);
          const std::scoped_lock lock(mutex);
          won += result ? 1 : 0;
          refused += !result && result.error().code() == ErrorCode::kAlreadyExists ? 1 : 0;
        });
      }
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(refused, 2);
  }
  for (const std::string& name : lab_.Files()) EXPECT_THAT(name, Not(HasSubstr("dbstow-")));
}

TEST_F(SqliteBadTarget, KilledInMidRestoreTheOldTargetStands) {
  ASSERT_OK(MakeShop(lab_.Path("app.db")));
  const auto instance = lab_.Instance("app.db");
  ASSERT_OK(lab_.Backup(*instance));
  ASSERT_OK(SqliteDatabase(lab_.Path("app.db")).Execute("DELETE FROM item WHERE id > 5"));
  const std::string contents = Contents(lab_.Path("app.db"));
  EXPECT_EQ(RunInChild([&] {
              lab_.store.OnRead(1, [] { kill(getpid(), SIGKILL); });
              return lab_.Restore(*instance, "app.db", true) ? 0 : 1;
            }),
            255);
  EXPECT_EQ(Contents(lab_.Path("app.db")), contents);
  ASSERT_OK(lab_.Restore(*instance, "app.db", true));
}

}  // namespace
}  // namespace dbstow::test
