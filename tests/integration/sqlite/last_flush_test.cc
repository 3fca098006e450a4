#include <gmock/gmock.h>

#include <filesystem>

#include "integration/sqlite/sqlite_lab.h"
#include "support/forwarding_file_system.h"

// A target that has its name, when something fails behind that.

namespace dbstow::test {
namespace {

using testing::HasSubstr;

class Failing final : public ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;
  Result<void> SyncDirectory(const std::string& path) override {
    if (sync_error == 0) return ForwardingFileSystem::SyncDirectory(path);
    return io::ErrnoError(sync_error, "cannot flush to disk", path);
  }
  Result<void> Remove(const std::string& path) override {
    if (!keeps_names) return ForwardingFileSystem::Remove(path);
    return io::ErrnoError(EIO, "cannot remove", path);
  }
  int sync_error = 0;
  bool keeps_names = false;
};

class SqliteLastFlush : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(SqliteDatabase(lab_.Path("app.db"))
                  .Execute("CREATE TABLE t(x); INSERT INTO t VALUES('backed up')"));
    instance_ = lab_.Instance("app.db");
    ASSERT_OK(lab_.Backup(*instance_));
    ASSERT_OK(SqliteDatabase(lab_.Path("app.db")).Execute("UPDATE t SET x = 'live'"));
  }
  std::string ValueIn(const std::string& name) {
    return SqliteDatabase(lab_.Path(name)).Value("SELECT x FROM t");
  }

  std::unique_ptr<io::FileSystem> real_ = io::CreatePosixFileSystem();
  Failing files_{*real_};
  SqliteLab lab_{nullptr, &files_};
  std::unique_ptr<DatabaseInstance> instance_;
};

// EMFILE is tried again elsewhere: here that would replace what was just restored.
TEST_F(SqliteLastFlush, ATargetThatMayNotLastIsToldToBeThere) {
  for (const int error : {EIO, EMFILE, ENOSPC}) {
    files_.sync_error = error;
    for (const std::string target : {"app.db", "new.db"}) {
      const auto restored = lab_.Restore(*instance_, target, true);
      ASSERT_FALSE(restored);
      EXPECT_EQ(restored.error().retry(), Retry::kOutcomeUnknown) << restored.error().ToString();
      EXPECT_EQ(restored.error().code(), ErrorCode::kIoError);
      EXPECT_THAT(restored.error().message(), HasSubstr(lab_.Path(target) + "' is in its place"));
      EXPECT_EQ(ValueIn(target), "backed up");
    }
  }
  EXPECT_FAILS(kIoError, lab_.Clone(*instance_, "clone.db"));
  EXPECT_EQ(ValueIn("clone.db"), "backed up");
}

TEST_F(SqliteLastFlush, ASecondNameThatCannotBeRemovedFailsNothing) {
  files_.keeps_names = true;
  ASSERT_OK(lab_.Restore(*instance_, "new.db"));
  EXPECT_EQ(ValueIn("new.db"), "backed up");
}

}  // namespace
}  // namespace dbstow::test
