#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <thread>

#include "integration/sqlite/harmed_shop.h"
#include "io/system_clock.h"

// What goes wrong outside must be told clearly, and nothing may be lost.

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

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
