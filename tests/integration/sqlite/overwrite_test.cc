#include <gmock/gmock.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "integration/sqlite/sqlite_lab.h"

// Restoring over a database that somebody opens just then, or that is damaged.

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A connection that does not wait for locks.
class Impatient {
 public:
  explicit Impatient(const std::string& path) {
    sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr);
  }
  Impatient(const Impatient&) = delete;
  Impatient& operator=(const Impatient&) = delete;
  ~Impatient() { sqlite3_close(db_); }
  /// SQLite's code.
  int Run(const char* sql) { return sqlite3_exec(db_, sql, nullptr, nullptr, nullptr); }

 private:
  sqlite3* db_ = nullptr;
};

void AwaitFile(const std::string& path) {
  for (int i = 0; i < 60'000 && !fs::exists(path); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void Spoil(const std::string& path, std::streamoff offset, const std::string& bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(offset);
  file << bytes;
}

class SqliteOverwrite : public testing::Test {
 protected:
  // A backup that says 'backed up', and a database that says 'live' and is in this journal mode.
  void Prepare(const std::string& mode) {
    ASSERT_OK(Execute("PRAGMA journal_mode=" + mode +
                      "; CREATE TABLE t(x); INSERT INTO t VALUES('backed up')"));
    instance_ = lab_.Instance("app.db");
    ASSERT_OK(lab_.Backup(*instance_));
    ASSERT_OK(Execute("UPDATE t SET x = 'live'"));
  }
  Result<void> Execute(const std::string& sql) { return SqliteDatabase(path_).Execute(sql); }
  std::string Value(const std::string& sql) { return SqliteDatabase(path_).Value(sql); }
  Result<RestoreResult> Overwrite() { return lab_.Restore(*instance_, "app.db", true); }

  SqliteLab lab_;
  const std::string path_ = lab_.Path("app.db");
  std::unique_ptr<DatabaseInstance> instance_;
};

// Not every process shows what it has open: those of other users do not. Our own is left out in
// the last look, and so stands for them.
TEST_F(SqliteOverwrite, AnUnseenLateOpenerCannotHarmTheNewDatabase) {
  for (const char* mode : {"WAL", "DELETE"}) {
    SCOPED_TRACE(mode);
    fs::remove(path_);
    Prepare(mode);
    std::unique_ptr<Impatient> late;
    lab_.store.OnRead(1, [&] {
      late = std::make_unique<Impatient>(path_);
      EXPECT_EQ(late->Run("SELECT * FROM t"), SQLITE_BUSY);
    });
    ASSERT_OK(Overwrite());
    ASSERT_NE(late, nullptr);
    EXPECT_EQ(late->Run("INSERT INTO t VALUES('late')"), SQLITE_READONLY);
    EXPECT_EQ(Value("PRAGMA integrity_check"), "ok");
    EXPECT_EQ(Value("SELECT group_concat(x) FROM t"), "backed up");
    late.reset();
    EXPECT_EQ(Value("SELECT group_concat(x) FROM t"), "backed up");
  }
}

TEST_F(SqliteOverwrite, ALateOpenerThatIsSeenIsAConflict) {
  Prepare("WAL");
  const std::string go = lab_.Path("go");
  const std::string there = lab_.Path("there");
  const ChildWriter program([&] {
    AwaitFile(go);
    Impatient late(path_);
    late.Run("SELECT * FROM t");
    std::ofstream(there).put('!');
    for (;;) pause();
  });
  lab_.store.OnRead(1, [&] {
    std::ofstream(go).put('!');
    AwaitFile(there);
  });
  const auto restored = Overwrite();
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code(), ErrorCode::kConflict) << restored.error().ToString();
  EXPECT_THAT(restored.error().message(), HasSubstr("is open in process"));
  EXPECT_EQ(Value("SELECT x FROM t"), "live");
  EXPECT_EQ(Value("PRAGMA journal_mode"), "wal");
}

TEST_F(SqliteOverwrite, ADatabaseWhoseSchemaIsDamagedIsReplaced) {
  for (const char* mode : {"WAL", "DELETE"}) {
    SCOPED_TRACE(mode);
    fs::remove(path_);
    Prepare(mode);
    Spoil(path_, 100, std::string(12, '\xee'));
    ASSERT_EQ(Value("SELECT x FROM t"), "") << "it is not damaged";
    ASSERT_OK(Overwrite());
    EXPECT_EQ(Value("SELECT x FROM t"), "backed up");
    EXPECT_EQ(Value("PRAGMA integrity_check"), "ok");
  }
}

}  // namespace
}  // namespace dbstow::test
