#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "integration/postgres/postgres_fixture.h"

// Somebody drops or alters things while they are backed up or restored.

namespace dbstow::postgres {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class ChangingTest : public OwnDatabaseTest {
 protected:
  void ExpectTransientConflict(const Result<BackupResult>& backup, const std::string& message) {
    ASSERT_FALSE(backup);
    EXPECT_EQ(backup.error().code(), ErrorCode::kConflict) << backup.error().ToString();
    EXPECT_EQ(backup.error().retry(), Retry::kTransient) << backup.error().ToString();
    EXPECT_THAT(backup.error().message(), HasSubstr(message));
    EXPECT_FALSE(backup.error().hint().empty());
    EXPECT_TRUE(store_.List("")->empty());
    EXPECT_EQ(store_.open_writers(), 0);
    ExpectNoSessionLeft();
  }
  [[nodiscard]] Result<RestoreResult> Restore(const std::string& target) {
    RestoreOptions options;
    options.source = "latest";
    options.target_name = target;
    options.overwrite = true;
    const auto instance = Instance(Connection("postgres"));
    return dynamic_cast<SupportsRestore&>(*instance).Restore(options, world_.context);
  }
  /// What an unfinished restore is called.
  [[nodiscard]] std::string Staging() const {
    return Value("postgres",
                 "SELECT datname FROM pg_database WHERE datname LIKE '%\\_\\_dbstow\\_%'");
  }
};

TEST_F(ChangingTest, ASequenceDroppedOrRenamedWhileItBeganIsATransientConflict) {
  for (const char* change : {"DROP SEQUENCE s", "ALTER SEQUENCE s RENAME TO other"}) {
    Sql(name_, "DROP SEQUENCE IF EXISTS other; CREATE SEQUENCE s");
    auto changer = Open(name_);
    ASSERT_TRUE(changer->Run("SET search_path = public; BEGIN; " + std::string(change)));
    // The backup has its snapshot and waits for the sequence when the change commits.
    std::jthread committer([&] {
      EventuallyEquals("1", "SELECT count(*) FROM pg_locks WHERE NOT granted");
      ASSERT_TRUE(changer->Commit());
    });
    const auto backup = Backup(Connection(name_));
    committer.join();
    changer.reset();
    ExpectTransientConflict(backup, "sequence");
  }
}

TEST_F(ChangingTest, ALockedSequenceIsATransientConflict) {
  Sql(name_, "CREATE SEQUENCE s");
  auto holder = Open(name_);
  ASSERT_TRUE(holder->Run("SET search_path = public; BEGIN; ALTER SEQUENCE s RENAME TO other"));
  const auto backup = Backup(Connection(name_), {{"lockTimeoutMs", "200"}});
  holder.reset();
  ExpectTransientConflict(backup, "read the sequences");
}

// The server does not say whose definition it could not look at, nor who was in the way.
TEST_F(ChangingTest, ALockedViewOrCatalogIsNamedWithItsHolder) {
  Sql(name_, "CREATE VIEW v AS SELECT 1 AS one; CREATE MATERIALIZED VIEW m AS SELECT * FROM v");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"REFRESH MATERIALIZED VIEW m", "public.m (session "},
      {"ALTER VIEW v SET (security_barrier = true)", "public.v (session "},
      {"LOCK pg_catalog.pg_proc IN ACCESS EXCLUSIVE MODE", "a system catalog"}};
  for (const auto& [change, named] : cases) {
    auto holder = Open(name_);
    const std::string pid = std::to_string(holder->backend_pid());
    ASSERT_TRUE(holder->Run("SET search_path = public; BEGIN; " + change));
    const auto backup = Backup(Connection(name_), {{"lockTimeoutMs", "200"}});
    holder.reset();
    ExpectTransientConflict(backup, named);
    EXPECT_THAT(backup.error().hint(), HasSubstr("lockTimeoutMs"));
    if (named.ends_with("session ")) {
      EXPECT_THAT(backup.error().message(), HasSubstr(named + pid));
    }
  }
}

TEST_F(ChangingTest, AComparisonNamesTheLockedView) {
  Sql(name_, "CREATE VIEW v AS SELECT 1 AS one");
  auto holder = Open(name_);
  ASSERT_TRUE(holder->Run("BEGIN; ALTER VIEW public.v SET (security_barrier = true)"));
  const auto instance = Instance(Connection(name_));
  const auto prints = dynamic_cast<SupportsVerify&>(*instance).Fingerprint({}, world_.context);
  holder.reset();
  ASSERT_FALSE(prints);
  EXPECT_EQ(prints.error().code(), ErrorCode::kConflict) << prints.error().ToString();
  EXPECT_THAT(prints.error().message(), HasSubstr("public.v (session "));
}

TEST_F(ChangingTest, AProbeDoesNotWaitWithoutEndForALockedCatalog) {
  auto holder = Open(name_);
  ASSERT_TRUE(holder->Run("BEGIN; LOCK pg_catalog.pg_proc IN ACCESS EXCLUSIVE MODE"));
  const auto instance = Instance(Connection(name_));
  const auto refreshed = instance->Refresh(world_.context);
  CloneOptions options{.target_name = name_ + " copy"};
  options.extra = {{"strategy", "stream"}, {"lockTimeoutMs", "200"}};
  const auto cloned = dynamic_cast<SupportsClone&>(*instance).Clone(options, world_.context);
  holder.reset();
  ASSERT_FALSE(cloned);
  EXPECT_THAT(cloned.error().message(), HasSubstr("a system catalog"));
  ASSERT_FALSE(refreshed);
  EXPECT_EQ(refreshed.error().code(), ErrorCode::kConflict) << refreshed.error().ToString();
  EXPECT_THAT(refreshed.error().message(), HasSubstr("a system catalog"));
}

// Definitions that pg_dump reads without a lock, and contents that belong to no table.
TEST_F(ChangingTest, WhatNoLockKeepsIsWholeOrATransientConflict) {
  constexpr const char* kAll = R"(
    CREATE TABLE t AS SELECT i FROM generate_series(1, 20000) i;
    CREATE INDEX by_i ON t (i);
    CREATE VIEW v AS SELECT * FROM t;
    CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM t;
    CREATE SEQUENCE s START 42;
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE TYPE mood AS ENUM ('ok', 'sad');
    CREATE FUNCTION to_mood(int) RETURNS mood LANGUAGE sql AS 'SELECT ''ok''::mood';
    CREATE DOMAIN d AS int CHECK (VALUE > 0);
    CREATE TABLE moods (m mood);
    CREATE VIEW over_v AS SELECT i + 1 AS j FROM v;
    CREATE SCHEMA odd;
    CREATE TABLE odd.t AS SELECT 1 AS i;
    CREATE VIEW over_odd AS SELECT * FROM odd.t;
    CREATE OPERATOR CLASS oc FOR TYPE int USING btree AS
      OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
      FUNCTION 1 btint4cmp(int, int);
    CREATE INDEX by_class ON t (i oc);
    CREATE TEXT SEARCH DICTIONARY dict (TEMPLATE = simple);
    CREATE TEXT SEARCH CONFIGURATION conf (COPY = simple);
    ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING FOR word WITH dict;
    CREATE INDEX by_word ON t USING gin (to_tsvector('conf', i::text));
    CREATE CAST (int AS mood) WITH FUNCTION to_mood(int);
    SELECT lo_from_bytea(4711, decode(repeat('ab', 100000), 'hex'));)";
  for (const char* change :
       {"DROP VIEW v CASCADE", "DROP MATERIALIZED VIEW m", "DROP SEQUENCE s", "DROP FUNCTION f()",
        "DROP DOMAIN d", "DROP INDEX CONCURRENTLY by_i", "SELECT lo_unlink(4711)",
        "ALTER VIEW v RENAME TO w", "ALTER TYPE mood RENAME TO temper",
        "ALTER SCHEMA odd RENAME TO even", "ALTER TYPE mood ADD VALUE 'new'",
        "DROP CAST (int AS mood)", "ALTER OPERATOR CLASS oc USING btree RENAME TO other",
        "ALTER TEXT SEARCH CONFIGURATION conf RENAME TO other",
        "ALTER TEXT SEARCH DICTIONARY dict RENAME TO other"}) {
    Sql("postgres", "DROP DATABASE " + test::SqlName(name_) + " WITH (FORCE)");
    ASSERT_TRUE(server_->CreateDatabase(name_));
    Sql(name_, kAll);
    std::jthread changer;
    // An index's drop waits for us.
    store_.OnWrite(1, [&] {
      changer = std::jthread([this, change] { (void)server_->Query(name_, change); });
    });
    const auto backup = Backup(Connection(name_), {{"jobs", "1"}});
    if (changer.joinable()) changer.join();
    if (!backup) {
      EXPECT_EQ(backup.error().code(), ErrorCode::kConflict)
          << change << ": " << backup.error().ToString();
      EXPECT_EQ(backup.error().retry(), Retry::kTransient) << change;
      continue;
    }
    const auto instance = Instance(Connection("postgres"));
    const auto proof =
        dynamic_cast<SupportsVerify&>(*instance).Prove({.source = "latest"}, world_.context);
    ASSERT_TRUE(proof) << change << ": " << proof.error().ToString();
    EXPECT_THAT(proof->differences, IsEmpty()) << change;
    EXPECT_GE(proof->rows_compared, 20000u) << change;
  }
}

// Made, used and dropped by others all the time: no reason to begin again.
TEST_F(ChangingTest, TemporaryAndNewThingsAreNoConflict) {
  Sql(name_,
      "CREATE TABLE t AS SELECT i FROM generate_series(1, 20000) i;"
      "CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM t");
  auto other = Open(name_);
  ASSERT_TRUE(other->Run("SET search_path = public; CREATE TEMP TABLE before (i int)"));
  store_.OnWrite(1, [&] {
    const auto done = other->Run(
        "DROP TABLE before; CREATE TEMP TABLE later (i int); CREATE TYPE late AS ENUM ('x');"
        "DROP TYPE late; CREATE FUNCTION late() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "REFRESH MATERIALIZED VIEW m; ANALYZE");
    EXPECT_TRUE(done) << done.error().ToString();
  });
  const auto backup = Backup(Connection(name_), {{"jobs", "1"}});
  EXPECT_TRUE(backup) << backup.error().ToString();
}

TEST_F(ChangingTest, ATableDroppedInTheMiddleIsBackedUpWholeAndThenGoes) {
  Sql(name_,
      "CREATE TABLE a AS SELECT i FROM generate_series(1, 50000) i;"
      "CREATE TABLE z AS SELECT i FROM generate_series(1, 40000) i");
  std::jthread dropper;
  store_.OnWrite(1, [&] {
    dropper = std::jthread([this] { Sql(name_, "DROP TABLE z"); });
    EventuallyEquals("t", "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted");
  });
  const auto backup = Backup(Connection(name_), {{"jobs", "1"}});
  dropper.join();
  EXPECT_EQ(Value(name_, "SELECT to_regclass('z') IS NULL"), "t");
  if (!backup) {
    // pg_dump came behind it in the queue.
    ExpectTransientConflict(backup, "");
    return;
  }
  const auto restored = Restore("copy of z");
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(Value("copy of z", "SELECT count(*) FROM z"), "40000");
  Sql("postgres", "DROP DATABASE \"copy of z\"");
}

TEST_F(ChangingTest, AnUnfinishedRestoreThatSomebodyDropsEndsAndTheOldTargetStays) {
  Sql(name_, "CREATE TABLE t AS SELECT i FROM generate_series(1, 50000) i");
  ASSERT_TRUE(Backup(Connection(name_)));
  Sql("postgres", "CREATE DATABASE old");
  Sql("old", "CREATE TABLE precious AS SELECT 42 AS answer");
  bool dropped = false;
  for (int nth = 2; nth < 64 && !dropped; ++nth) {
    store_.OnRead(nth, [&] {
      const std::string staging = Staging();
      if (staging.empty()) return;
      Sql("postgres", "DROP DATABASE " + test::SqlName(staging) + " WITH (FORCE)");
      dropped = true;
    });
    const auto restored = Restore("old");
    if (!dropped) {
      Sql("postgres", "DROP DATABASE old");
      Sql("postgres", "CREATE DATABASE old");
      Sql("old", "CREATE TABLE precious AS SELECT 42 AS answer");
      continue;
    }
    ASSERT_FALSE(restored);
    EXPECT_FALSE(restored.error().message().empty());
  }
  EXPECT_TRUE(dropped);
  EXPECT_EQ(Value("old", "SELECT answer FROM precious"), "42");
  EXPECT_EQ(Staging(), "");
  ExpectNoSessionLeft();
}

// The old one would have been dropped anyway.
TEST_F(ChangingTest, ATargetThatIsDroppedMeanwhileIsATransientConflict) {
  Sql(name_, "CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i");
  ASSERT_TRUE(Backup(Connection(name_)));
  Sql("postgres", "CREATE DATABASE fleeting");
  std::atomic<bool> dropped = false;  // several sessions report
  world_.progress.on_report = [&](const Progress&) {
    if (dropped || Staging().empty() || dropped.exchange(true)) return;
    Sql("postgres", "DROP DATABASE fleeting");
  };
  const auto restored = Restore("fleeting");
  world_.progress.on_report = {};
  EXPECT_TRUE(dropped);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code(), ErrorCode::kConflict) << restored.error().ToString();
  EXPECT_EQ(restored.error().retry(), Retry::kTransient);
  EXPECT_THAT(restored.error().message(), HasSubstr("fleeting"));
  const auto again = Restore("fleeting");
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(Value("fleeting", "SELECT count(*) FROM t"), "1000");
  Sql("postgres", "DROP DATABASE fleeting");
}

}  // namespace
}  // namespace dbstow::postgres
