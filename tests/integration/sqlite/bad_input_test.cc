#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "integration/sqlite/sqlite_lab.h"
#include "io/system_clock.h"
#include "support/small_disk.h"

// What goes wrong outside must be told clearly, and nothing may be lost.

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Result<void> MakeShop(const std::string& path, int rows = 1000,
                      const std::string& pragmas = "PRAGMA journal_mode=WAL") {
  return SqliteDatabase(path).Execute(
      pragmas +
      "; CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, data BLOB);"
      "CREATE INDEX by_name ON item(name);"
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
      std::to_string(rows) + ") INSERT INTO item SELECT i, 'item ' || i, randomblob(200) FROM n;");
}

std::string Contents(const std::string& path) {
  auto rows = SqliteDatabase(path).Rows("SELECT id, name, hex(data) FROM item ORDER BY id");
  return rows ? *rows : rows.error().ToString();
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Overwrites the middle of every fourth page behind the first ones.
void Damage(const std::string& path) {
  std::string bytes = ReadFile(path);
  for (std::size_t at = 4 * 4096; at + 4096 <= bytes.size(); at += 4 * 4096) {
    bytes.replace(at, 100, 100, '\xee');
  }
  WriteFile(path, bytes);
}

// Holds a transaction in another process until destroyed; back when it holds it.
class Holder {
 public:
  Holder(const std::string& path, const std::string& begin)
      : child_([=] {
          SqliteDatabase db(path);
          const bool held = db.Execute(begin).has_value();
          WriteFile(path + ".held", held ? "yes" : "no");
          for (;;) pause();
        }) {
    while (ReadFile(path + ".held").empty()) std::this_thread::yield();
    EXPECT_EQ(ReadFile(path + ".held"), "yes");
    fs::remove(path + ".held");
  }

 private:
  ChildWriter child_;
};

class SqliteBadInput : public testing::Test {
 protected:
  // The backup fails with this code, and leaves no trace in folder or store.
  void ExpectBackupFails(const std::string& name, ErrorCode code, const std::string& says) {
    const auto before = lab_.Files();
    const auto instance = lab_.Instance(name);
    const auto backup = lab_.Backup(*instance);
    ASSERT_FALSE(backup);
    EXPECT_EQ(backup.error().code(), code) << backup.error().ToString();
    EXPECT_THAT(backup.error().ToString(), HasSubstr(says));
    EXPECT_THAT(backup.error().ToString(), HasSubstr(name));
    EXPECT_THAT(*lab_.store.List(""), IsEmpty());
    EXPECT_EQ(lab_.Files(), before);
  }

  // After a look, the backup is denied with the reason, and restoring is not.
  void ExpectDenied(const std::string& name, const std::string& reason) {
    const auto instance = lab_.Instance(name);
    const auto looked = instance->Refresh(lab_.test.context);
    ASSERT_TRUE(looked) << looked.error().ToString();
    const CapabilitySet can = instance->capabilities();
    EXPECT_FALSE(can.Contains("backup"));
    EXPECT_THAT(can.Find("backup")->reason, HasSubstr(reason));
    EXPECT_TRUE(can.Contains("restore"));
    EXPECT_TRUE(can.Contains("export"));
  }

  SqliteLab lab_;
};

TEST_F(SqliteBadInput, NotADatabase) {
  WriteFile(lab_.Path("notes.txt"), std::string(10000, 'x'));
  ExpectBackupFails("notes.txt", ErrorCode::kSourceDamaged, "not an SQLite database");
  ExpectDenied("notes.txt", "not an SQLite database");
  EXPECT_EQ(ReadFile(lab_.Path("notes.txt")), std::string(10000, 'x'));
}

TEST_F(SqliteBadInput, Empty) {
  WriteFile(lab_.Path("empty.db"), "");
  ExpectBackupFails("empty.db", ErrorCode::kSourceDamaged, "empty");
  ExpectDenied("empty.db", "empty");
}

TEST_F(SqliteBadInput, Missing) {
  ExpectBackupFails("missing.db", ErrorCode::kNotFound, "no database file");
  ExpectDenied("missing.db", "no database file");
}

TEST_F(SqliteBadInput, ADirectory) {
  fs::create_directory(lab_.Path("folder.db"));
  ExpectBackupFails("folder.db", ErrorCode::kInvalidOptions, "directory");
}

TEST_F(SqliteBadInput, CutOff) {
  ASSERT_OK(MakeShop(lab_.Path("cut.db"), 1000, "PRAGMA journal_mode=DELETE"));
  fs::resize_file(lab_.Path("cut.db"), 20 * 4096 + 17);
  ExpectBackupFails("cut.db", ErrorCode::kSourceDamaged, "damaged");
}

TEST_F(SqliteBadInput, DamagedPagesAreFoundAndNamed) {
  ASSERT_OK(MakeShop(lab_.Path("bad.db"), 1000, "PRAGMA journal_mode=DELETE"));
  Damage(lab_.Path("bad.db"));
  ExpectBackupFails("bad.db", ErrorCode::kSourceDamaged, "\"item\"");
}

TEST_F(SqliteBadInput, DamagedPagesAreCopiedWhenAsked) {
  ASSERT_OK(MakeShop(lab_.Path("bad.db"), 1000, "PRAGMA journal_mode=DELETE"));
  Damage(lab_.Path("bad.db"));
  const auto instance = lab_.Instance("bad.db");
  const auto backup = lab_.Backup(*instance, {.extra = {{"allow_damaged", "true"}}});
  ASSERT_OK(backup);
  EXPECT_THAT(backup->warnings, ElementsAre(HasSubstr("damaged")));
  ASSERT_OK(lab_.Restore(*instance, "copy.db"));
  EXPECT_EQ(ReadFile(lab_.Path("copy.db")), ReadFile(lab_.Path("bad.db")));
}

TEST_F(SqliteBadInput, AThoroughLookTellsDamage) {
  ASSERT_OK(MakeShop(lab_.Path("bad.db"), 1000, "PRAGMA journal_mode=DELETE"));
  Damage(lab_.Path("bad.db"));
  const auto instance = lab_.Instance("bad.db");
  ASSERT_OK(instance->Refresh(lab_.test.context));
  EXPECT_FALSE(instance->attributes().contains("integrity")) << "not before every operation";
  ASSERT_OK(instance->Refresh(lab_.test.context, Look::kThorough));
  EXPECT_THAT(instance->state().warnings, Contains(HasSubstr("integrity")));
  EXPECT_NE(instance->attributes().at("integrity"), "ok");
}

TEST_F(SqliteBadInput, TheDepthOfALookIsAProperty) {
  // An index that lacks a row: only the full check compares it with its table.
  SqliteDatabase db(lab_.Path("index.db"));
  ASSERT_OK(
      db.Execute("CREATE TABLE t(x); CREATE INDEX i ON t(x); INSERT INTO t VALUES(1), (2);"
                 "PRAGMA writable_schema=ON; DELETE FROM sqlite_schema WHERE name = 'i'"));
  ASSERT_OK(SqliteDatabase(lab_.Path("index.db"))
                .Execute("INSERT INTO t VALUES(3); PRAGMA writable_schema=ON;"
                         "INSERT INTO sqlite_schema VALUES('index', 'i', 't', 3, "
                         "'CREATE INDEX i ON t(x)')"));
  const auto integrity = [&](const char* depth) {
    const auto instance = lab_.Instance("index.db", {{"integrity", depth}});
    const auto looked = instance->Refresh(lab_.test.context, Look::kThorough);
    return looked ? instance->attributes().at("integrity") : looked.error().ToString();
  };
  EXPECT_EQ(integrity("none"), "not checked");
  EXPECT_EQ(integrity("quick"), "ok");
  EXPECT_THAT(integrity("full"), HasSubstr("row 3 missing from index i"));
}

TEST_F(SqliteBadInput, LockedByAnotherProcess) {
  ASSERT_OK(MakeShop(lab_.Path("locked.db"), 10, "PRAGMA journal_mode=DELETE"));
  const Holder holder(lab_.Path("locked.db"), "BEGIN EXCLUSIVE");
  ExpectBackupFails("locked.db", ErrorCode::kConflict, "lock");
  ExpectDenied("locked.db", "lock");
}

TEST_F(SqliteBadInput, WaitingForALockEndsAtTheDeadline) {
  ASSERT_OK(MakeShop(lab_.Path("locked.db"), 10, "PRAGMA journal_mode=DELETE"));
  const Holder holder(lab_.Path("locked.db"), "BEGIN EXCLUSIVE");
  lab_.test.context.deadline = Deadline::After(lab_.test.clock, std::chrono::seconds(3));
  ExpectBackupFails("locked.db", ErrorCode::kTimeout, "deadline");
}

TEST_F(SqliteBadInput, WaitingForALockEndsWhenCancelled) {
  const auto clock = io::CreateSystemClock();
  SqliteLab lab(clock.get());
  ASSERT_OK(MakeShop(lab.Path("locked.db"), 10, "PRAGMA journal_mode=DELETE"));
  const Holder holder(lab.Path("locked.db"), "BEGIN EXCLUSIVE");
  std::stop_source stop;
  lab.test.context.stop = stop.get_token();
  const std::jthread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop.request_stop();
  });
  const auto instance = lab.Instance("locked.db", {{"busy_timeout_ms", "3600000"}});
  EXPECT_FAILS(kCancelled, lab.Backup(*instance));
}

// As a user who may do nothing, in a process of its own.
TEST_F(SqliteBadInput, NoPermission) {
  ASSERT_OK(MakeShop(lab_.Path("secret.db"), 10, "PRAGMA journal_mode=DELETE"));
  fs::permissions(lab_.Path("secret.db"), fs::perms::none);
  fs::permissions(lab_.folder(), fs::perms::all);
  const int code = RunInChild([&] {
    if (geteuid() == 0 && setuid(65534) != 0) return 255;
    const auto instance = lab_.Instance("secret.db");
    const auto backup = lab_.Backup(*instance);
    return backup ? 0 : static_cast<int>(backup.error().code());
  });
  EXPECT_EQ(code, static_cast<int>(ErrorCode::kPermissionDenied));
}

TEST_F(SqliteBadInput, AFolderThatCannotBeWritten) {
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

TEST_F(SqliteBadInput, TheTargetsFolderIsMissing) {
  ASSERT_OK(MakeShop(lab_.Path("app.db")));
  const auto instance = lab_.Instance("app.db");
  ASSERT_OK(lab_.Backup(*instance));
  EXPECT_FAILS(kNotFound, lab_.Restore(*instance, "no/such/folder.db"));
  EXPECT_FAILS(kNotFound, lab_.Clone(*instance, "no/such/folder.db"));
}

TEST_F(SqliteBadInput, TheDiskOfTheTargetIsFull) {
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

TEST_F(SqliteBadInput, ASourceDeletedInMidBackupIsStillBackedUp) {
  ASSERT_OK(MakeShop(lab_.Path("app.db")));
  const std::string contents = Contents(lab_.Path("app.db"));
  lab_.store.OnWrite(1, [&] { fs::remove(lab_.Path("app.db")); });
  const auto instance = lab_.Instance("app.db");
  const auto backup = lab_.Backup(*instance);
  ASSERT_OK(backup);
  EXPECT_THAT(backup->warnings, ElementsAre(HasSubstr("removed")));
  ASSERT_OK(lab_.Restore(*instance, "restored.db"));
  EXPECT_EQ(Contents(lab_.Path("restored.db")), contents);
  lab_.store.OnWrite(1, [] {});
  EXPECT_FAILS(kNotFound, lab_.Backup(*instance));
}

// `cp` and `truncate` heed no lock: what was read before and after does not belong together.
TEST_F(SqliteBadInput, ASourceOverwrittenOrCutOffInMidBackupIsAConflict) {
  ASSERT_OK(MakeShop(lab_.Path("other.db"), 5000, "PRAGMA journal_mode=DELETE"));
  const std::string other = ReadFile(lab_.Path("other.db"));
  for (const std::string mode : {"DELETE", "WAL"}) {
    const std::string path = lab_.Path(mode + ".db");
    ASSERT_OK(MakeShop(path, 5000, "PRAGMA journal_mode=" + mode));
    const std::string whole = ReadFile(path);
    const auto instance = lab_.Instance(mode + ".db");
    const std::vector<std::function<void()>> doings = {
        [&] { fs::resize_file(path, whole.size() / 2); }, [&] { WriteFile(path, other); }};
    for (const auto& doing : doings) {
      WriteFile(path, whole);
      lab_.store.OnWrite(1, doing);
      const auto backup = lab_.Backup(*instance);
      ASSERT_FALSE(backup) << mode;
      EXPECT_THAT(backup.error().ToString(), HasSubstr(mode + ".db"));
      lab_.store.OnWrite(1, [] {});
    }
    EXPECT_THAT(*lab_.store.List(""), IsEmpty());
  }
}

TEST_F(SqliteBadInput, OverwritingWhatIsNoDatabaseIsRefused) {
  ASSERT_OK(MakeShop(lab_.Path("app.db")));
  const auto instance = lab_.Instance("app.db");
  ASSERT_OK(lab_.Backup(*instance));
  WriteFile(lab_.Path("letter.txt"), std::string(5000, 'a'));
  const auto before = lab_.Files();
  EXPECT_FAILS(kSafetyRefused, lab_.Restore(*instance, "letter.txt", true));
  EXPECT_EQ(ReadFile(lab_.Path("letter.txt")), std::string(5000, 'a'));
  EXPECT_EQ(lab_.Files(), before);
}

TEST_F(SqliteBadInput, OverwritingADatabaseInUseIsRefused) {
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
TEST_F(SqliteBadInput, AHotLogOrJournalIsNeverAppliedToTheRestoredDatabase) {
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

TEST_F(SqliteBadInput, AFailedOverwriteKeepsTheHotLog) {
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

TEST_F(SqliteBadInput, AStrayJournalWithoutItsDatabaseIsRefused) {
  ASSERT_OK(MakeShop(lab_.Path("app.db")));
  const auto instance = lab_.Instance("app.db");
  ASSERT_OK(lab_.Backup(*instance));
  WriteFile(lab_.Path("new.db-wal"), "left by somebody");
  EXPECT_FAILS(kConflict, lab_.Restore(*instance, "new.db"));
  EXPECT_FAILS(kConflict, lab_.Clone(*instance, "new.db"));
  EXPECT_FALSE(fs::exists(lab_.Path("new.db")));
}

TEST_F(SqliteBadInput, OfTwoRestoresToOneNameOneWins) {
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

TEST_F(SqliteBadInput, KilledInMidRestoreTheOldTargetStands) {
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

TEST_F(SqliteBadInput, HostPortAndUserAreRefused) {
  const auto files = io::CreatePosixFileSystem();
  const auto processes = io::CreatePosixProcessRunner();
  EngineRegistry registry;
  ASSERT_OK(RegisterSqlite(registry, {*files, *processes}));
  ConnectionInfo host{.host = "server", .database = "x.db"};
  ConnectionInfo port{.port = 5432, .database = "x.db"};
  ConnectionInfo user{.database = "x.db", .credentials = {.username = "me"}};
  ConnectionInfo nothing;
  for (const ConnectionInfo& connection : {host, port, user, nothing}) {
    EXPECT_FAILS(kInvalidOptions, registry.Create({DatabaseEngine("sqlite"), "x", "", connection}));
  }
}

TEST_F(SqliteBadInput, ADestinationOrLogsAreRefusedWithTheReason) {
  ASSERT_OK(MakeShop(lab_.Path("app.db")));
  const auto instance = lab_.Instance("app.db");
  EXPECT_FAILS(kUnsupportedCapability, lab_.Backup(*instance, {.destination = "file:///tmp/x"}));
  EXPECT_FAILS(kUnsupportedCapability, lab_.Backup(*instance, {.include_logs = true}));
  EXPECT_FAILS(kUnsupportedCapability,
               lab_.Backup(*instance, {.point_in_time = lab_.test.clock.Now()}));
}

TEST_F(SqliteBadInput, EveryStatementOfAUserQueryCounts) {
  ASSERT_OK(MakeShop(lab_.Path("app.db")));
  const auto instance = lab_.Instance("app.db");
  ASSERT_OK(lab_.Backup(*instance));
  auto* verify = *As<SupportsVerify>(*instance);
  const auto good = verify->Prove(
      {.source = "latest", .user_queries = {"SELECT 1; SELECT count(*) FROM item -- fine", ""}},
      lab_.test.context);
  ASSERT_OK(good);
  EXPECT_THAT(good->failed_queries, IsEmpty());
  const auto bad =
      verify->Prove({.source = "latest", .user_queries = {"SELECT 1; SELECT nothing FROM nowhere"}},
                    lab_.test.context);
  ASSERT_OK(bad);
  EXPECT_THAT(bad->failed_queries, ElementsAre(HasSubstr("nowhere")));
  EXPECT_THAT(bad->differences, IsEmpty());
}

TEST_F(SqliteBadInput, ADamagedBackupFailsItsProof) {
  ASSERT_OK(MakeShop(lab_.Path("app.db"), 3000));
  const auto instance = lab_.Instance("app.db");
  const auto backup = lab_.Backup(*instance);
  ASSERT_OK(backup);
  // A store that returns wrong bytes without noticing: the proof must.
  lab_.store.Flip(backup->backup_id, "database", 50 * 4096 + 3000);
  const auto before = lab_.Files();
  const auto proof = lab_.Prove(*instance);
  ASSERT_OK(proof);
  EXPECT_THAT(proof->differences, Not(IsEmpty()));
  EXPECT_EQ(lab_.Files(), before);
}

}  // namespace
}  // namespace dbstow::test
