#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "integration/sqlite/sqlite_lab.h"
#include "io/system_clock.h"

// Backups of a database that others write to: what is restored must be one committed state.

namespace dbstow::test {
namespace {

using testing::IsEmpty;

/// The process around us may have asked for it, for its own databases.
class SharedCaches {
 public:
  SharedCaches() { sqlite3_enable_shared_cache(1); }
  SharedCaches(const SharedCaches&) = delete;
  SharedCaches& operator=(const SharedCaches&) = delete;
  ~SharedCaches() { sqlite3_enable_shared_cache(0); }
};

// How a random database and its writer look.
struct Shape {
  int page_size = 4096;
  std::string journal_mode = "wal";
  std::string encoding = "UTF-8";
  int auto_vacuum = 0;
  int checkpoint = 1000;
  int payload = 200;
  int rows = 2000;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << shape.page_size << " " << shape.journal_mode << " " << shape.encoding << " "
             << shape.auto_vacuum << " checkpoint " << shape.checkpoint << " payload "
             << shape.payload << " rows " << shape.rows;
}

Shape RandomShape() {
  return {*rc::gen::element(512, 1024, 4096, 8192, 65536),
          *rc::gen::element(std::string("wal"), std::string("wal"), std::string("wal"),
                            std::string("delete"), std::string("truncate"), std::string("persist"),
                            std::string("memory")),
          *rc::gen::element(std::string("UTF-8"), std::string("UTF-16le"), std::string("UTF-16be")),
          *rc::gen::inRange(0, 3),
          *rc::gen::element(1, 10, 200, 5000),
          *rc::gen::inRange(0, 3000),
          *rc::gen::inRange(1, 3000)};
}

std::string Number(long long value) { return std::to_string(value); }

// A ledger: the sum of the balances never changes, and the counter is the last entry of the log.
Result<void> MakeLedger(const std::string& path, const Shape& shape) {
  SqliteDatabase db(path);
  return db.Execute("PRAGMA page_size=" + Number(shape.page_size) + "; PRAGMA encoding='" +
                    shape.encoding + "'; PRAGMA auto_vacuum=" + Number(shape.auto_vacuum) +
                    "; PRAGMA journal_mode=" + shape.journal_mode +
                    R"(; PRAGMA synchronous=OFF;
    CREATE TABLE account(id INTEGER PRIMARY KEY, balance INT, payload BLOB);
    CREATE TABLE counter(value INT);
    CREATE TABLE log(entry INTEGER PRIMARY KEY, what TEXT, amount REAL);
    CREATE TABLE tags(k TEXT, v, PRIMARY KEY(k, v)) WITHOUT ROWID;
    CREATE INDEX by_what ON log(what);
    CREATE VIRTUAL TABLE words USING fts5(text);
    INSERT INTO counter VALUES(0); INSERT INTO log VALUES(0, 'start', 0);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < )" +
                    Number(shape.rows) +
                    ") INSERT INTO account SELECT i, 1000, randomblob(abs(random()) % " +
                    Number(shape.payload + 1) + ") FROM n;");
}

// One transfer after another, with rows that grow, shrink, come and go. Never returns.
void WriteForever(const std::string& path, const Shape& shape) {
  SqliteDatabase db(path);
  const std::string rows = Number(shape.rows);
  (void)db.Execute("PRAGMA synchronous=OFF; PRAGMA cache_size=20; PRAGMA wal_autocheckpoint=" +
                   Number(shape.checkpoint));
  for (;;) {
    (void)db.Execute(
        "BEGIN IMMEDIATE;"
        "UPDATE counter SET value = value + 1;"
        "UPDATE account SET balance = balance - 7 WHERE id = 1 + (SELECT value FROM counter) % " +
        rows +
        ";"
        "UPDATE account SET balance = balance + 7, payload = randomblob(abs(random()) % " +
        Number(shape.payload + 1) +
        ")"
        " WHERE id = 1 + (SELECT value FROM counter) * 31 % " +
        rows +
        ";"
        "INSERT INTO log SELECT value, 'entry ' || value, value / 3.0 FROM counter;"
        "DELETE FROM log WHERE entry > 0 AND entry < (SELECT value - 500 FROM counter);"
        "INSERT OR REPLACE INTO tags SELECT 'k' || value % 50, value % 7 FROM counter;"
        "INSERT INTO words SELECT 'lorem ' || value FROM counter;"
        "COMMIT;");
    (void)db.Execute("ROLLBACK");
  }
}

std::string Broken(const std::string& path, const Shape& shape) {
  SqliteDatabase db(path);
  if (db.Value("PRAGMA integrity_check") != "ok") return "integrity";
  if (db.Value("SELECT sum(balance) FROM account") != Number(1000LL * shape.rows)) return "sum";
  if (db.Value("SELECT max(entry) FROM log") != db.Value("SELECT value FROM counter")) {
    return "counter";
  }
  return "";
}

long long Counter(const std::string& path) {
  return std::stoll("0" + SqliteDatabase(path).Value("SELECT value FROM counter"));
}

void CheckLiveBackup(const Shape& shape) {
  const auto clock = io::CreateSystemClock();  // the writers let go of their locks in real time
  SqliteLab lab(clock.get());
  const std::string path = lab.Path("live.db");
  const auto made = MakeLedger(path, shape);
  if (!made) RC_FAIL(made.error().ToString());
  const ChildWriter first([&] { WriteForever(path, shape); });
  const ChildWriter second([&] { WriteForever(path, shape); });
  while (Counter(path) < 3) std::this_thread::yield();
  const auto instance = lab.Instance("live.db", {{"busy_timeout_ms", "60000"}});
  for (int round = 0; round < 2; ++round) {
    const std::string target = "restored" + Number(round);
    const long long before = Counter(path);
    const auto backup = lab.Backup(*instance);
    if (!backup) RC_FAIL(backup.error().ToString());
    const long long after = Counter(path);
    RC_CLASSIFY(after > before, "others committed meanwhile");
    RC_CLASSIFY(backup->details.at("log_pages") != "0", "pages came from the log");
    const auto proof = lab.Prove(*instance);
    if (!proof) RC_FAIL(proof.error().ToString());
    for (const std::string& difference : proof->differences) RC_FAIL(difference);
    RC_ASSERT(lab.Restore(*instance, target).has_value());
    RC_ASSERT(Broken(lab.Path(target), shape) == "");
    const long long restored = Counter(lab.Path(target));
    RC_ASSERT(restored >= before);
    RC_ASSERT(restored <= after);
    const auto clone = lab.Clone(*instance, "clone" + Number(round));
    if (!clone) RC_FAIL(clone.error().ToString());
    RC_ASSERT(Broken(lab.Path("clone" + Number(round)), shape) == "");
  }
}

RC_GTEST_PROP(SqliteLiveBackup, IsOneCommittedStateWhateverTheWritersDo, ()) {
  const Shape shape = RandomShape();
  RC_LOG() << shape;
  try {
    CheckLiveBackup(shape);
  } catch (const rc::detail::CaseResult& found) {
    // RapidCheck tells the last run only, and what depends on timing may then be gone.
    ADD_FAILURE() << shape << ": " << found.description;
    throw;
  }
}

// The hard case, made certain: between two reads of the pages, everything is rewritten, and a
// checkpoint copies as much as it may to the file.
TEST(SqliteLiveBackup, TheSnapshotStandsWhileEverythingIsRewrittenAndCheckpointed) {
  for (const bool backfilled : {false, true}) {
    SqliteLab lab;
    const std::string path = lab.Path("live.db");
    const Shape shape{.payload = 8000, .rows = 6000};
    ASSERT_OK(MakeLedger(path, shape));
    SqliteDatabase writer(path);
    ASSERT_OK(
        writer.Execute("PRAGMA wal_autocheckpoint=0;"
                       "UPDATE account SET balance = balance + (id % 2) * 2 - 1"));
    // Fully backfilled, the snapshot is on read mark 0, and the log may be restarted under it.
    if (backfilled) ASSERT_OK(writer.Rows("PRAGMA wal_checkpoint(FULL)"));
    lab.store.OnWrite(1, [&] {
      EXPECT_TRUE(writer.Execute("UPDATE account SET payload = randomblob(8000), balance = 0"));
      EXPECT_TRUE(writer.Rows("PRAGMA wal_checkpoint(PASSIVE)"));
      EXPECT_TRUE(writer.Execute("DELETE FROM account WHERE id > 10"));
      EXPECT_TRUE(writer.Rows("PRAGMA wal_checkpoint(PASSIVE)"));
    });
    const auto instance = lab.Instance("live.db");
    ASSERT_OK(lab.Backup(*instance));
    EXPECT_EQ(writer.Value("SELECT count(*) FROM account"), "10");
    const auto proof = lab.Prove(*instance);
    ASSERT_OK(proof);
    EXPECT_THAT(proof->differences, IsEmpty());
    ASSERT_OK(lab.Restore(*instance, "restored"));
    EXPECT_EQ(Broken(lab.Path("restored"), shape), "");
  }
}

TEST(SqliteLiveBackup, WritersInWalModeNeverWait) {
  SqliteLab lab;
  ASSERT_OK(MakeLedger(lab.Path("live.db"), {}));
  bool wrote = false;
  lab.store.OnWrite(1, [&] {
    SqliteDatabase writer(lab.Path("live.db"));
    wrote = writer.Execute("PRAGMA busy_timeout=0; UPDATE counter SET value = 77").has_value();
  });
  const auto instance = lab.Instance("live.db");
  ASSERT_OK(lab.Backup(*instance));
  EXPECT_TRUE(wrote);
}

TEST(SqliteLiveBackup, WritersInRollbackModeWaitForThePagesOnly) {
  SqliteLab lab;
  ASSERT_OK(MakeLedger(lab.Path("live.db"), {.journal_mode = "delete"}));
  std::jthread writer;
  std::atomic<bool> wrote = false;
  lab.store.OnWrite(1, [&] {
    writer = std::jthread([&] {
      SqliteDatabase db(lab.Path("live.db"));
      wrote = db.Execute("UPDATE counter SET value = 77").has_value();
    });
  });
  const auto instance = lab.Instance("live.db");
  ASSERT_OK(lab.Backup(*instance));
  writer.join();
  EXPECT_TRUE(wrote);
  ASSERT_OK(lab.Restore(*instance, "restored"));
  EXPECT_EQ(Counter(lab.Path("restored")), 0);
}

TEST(SqliteLiveBackup, AWriterInAProcessThatSharesCachesWaitsToo) {
  const SharedCaches shared;
  SqliteLab lab;
  ASSERT_OK(MakeLedger(lab.Path("live.db"), {.journal_mode = "delete"}));
  bool wrote = false;
  lab.store.OnWrite(1, [&] {
    SqliteDatabase writer(lab.Path("live.db"));
    wrote = writer.Execute("PRAGMA busy_timeout=0; UPDATE counter SET value = 77").has_value();
  });
  const auto instance = lab.Instance("live.db");
  ASSERT_OK(lab.Backup(*instance));
  EXPECT_FALSE(wrote);
}

TEST(SqliteLiveBackup, ASecondBackupStoresOnlyWhatChanged) {
  SqliteLab lab;
  ASSERT_OK(MakeLedger(lab.Path("live.db"), {.payload = 4000, .rows = 5000}));
  const auto instance = lab.Instance("live.db");
  const auto first = lab.Backup(*instance);
  ASSERT_OK(first);
  EXPECT_EQ(first->bytes.stored, first->bytes.read);
  {
    SqliteDatabase db(lab.Path("live.db"));
    ASSERT_OK(db.Execute("UPDATE account SET balance = balance + 1 WHERE id % 500 = 0"));
  }
  const auto second = lab.Backup(*instance);
  ASSERT_OK(second);
  EXPECT_LE(second->bytes.stored, 30u * 4096);
  EXPECT_GE(second->bytes.stored, 4096u);
  EXPECT_EQ(second->bytes.stored + second->bytes.reused, second->bytes.read);
}

TEST(SqliteLiveBackup, ProgressNamesTheStageThatTheOthersWaitFor) {
  const auto clock = io::CreateSystemClock();
  SqliteLab lab(clock.get());
  ASSERT_OK(MakeLedger(lab.Path("a.db"), {.rows = 3000}));
  const auto instance = lab.Instance("a.db");
  ASSERT_OK(lab.Backup(*instance));
  EXPECT_THAT(lab.test.progress.Last().bottleneck, testing::AnyOf("source", "compress", "store"));
  ASSERT_OK(lab.Restore(*instance, "b.db"));
  EXPECT_THAT(lab.test.progress.Last().bottleneck, testing::AnyOf("source", "target"));
}

TEST(SqliteLiveBackup, ADroppedTableIsStillInTheBackup) {
  SqliteLab lab;
  ASSERT_OK(MakeLedger(lab.Path("live.db"), {}));
  lab.store.OnWrite(1, [&] {
    SqliteDatabase db(lab.Path("live.db"));
    EXPECT_TRUE(db.Execute("DROP TABLE tags; ALTER TABLE log ADD COLUMN more; DROP TABLE words"));
  });
  const auto instance = lab.Instance("live.db");
  ASSERT_OK(lab.Backup(*instance));
  ASSERT_OK(lab.Restore(*instance, "restored"));
  SqliteDatabase restored(lab.Path("restored"));
  EXPECT_EQ(restored.Value("SELECT count(*) FROM sqlite_schema WHERE name IN ('tags', 'words')"),
            "2");
}

}  // namespace
}  // namespace dbstow::test
