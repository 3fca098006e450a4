#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/postgres/pg_staging.h"
#include "integration/postgres/restore_fixture.h"

namespace dbstow::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(RestoreTest, AShopComesBackEqual) {
  Sql("postgres", "DROP DATABASE " + test::SqlName(name_));
  ASSERT_TRUE(test::CreateShop(*server_, name_, "0.05"));
  const auto backup = Backup(Connection(name_), {{"splitMegabytes", "1"}});
  ASSERT_TRUE(backup) << backup.error().ToString();
  const auto restored = Restore();
  ASSERT_TRUE(restored) << restored.error().ToString();
  // The shop has publications and the test's server no logical WAL.
  EXPECT_THAT(restored->warnings, ::testing::ElementsAre(HasSubstr("wal_level")));
  ExpectEqual(name_, target_);
  ExpectNoDebris();
}

TEST_F(RestoreTest, AnEmptyDatabase) {
  BackUp();
  const auto restored = Restore();
  ASSERT_TRUE(restored) << restored.error().ToString();
  ExpectEqual(name_, target_);
}

TEST_F(RestoreTest, CancelledInTheMiddleLeavesNothing) {
  SomeRows();
  BackUp();
  store_.OnRead(12, [this] { stop_.request_stop(); });
  const auto restored = Restore();
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code(), ErrorCode::kCancelled) << restored.error().ToString();
  EXPECT_FALSE(TargetExists());
  ExpectNoDebris();
}

TEST_F(RestoreTest, AServerKilledInMidRestoreLeavesNothingForLong) {
  SomeRows();
  BackUp();
  store_.OnRead(12,
                [this] { ASSERT_TRUE(server_->Stop(test::PostgresServer::StopMode::kImmediate)); });
  const auto restored = Restore();
  ASSERT_TRUE(server_->Start());
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code(), ErrorCode::kUnavailable) << restored.error().ToString();
  EXPECT_FALSE(TargetExists());
  // What was left is dropped by the next run.
  const auto again = Restore();
  ASSERT_TRUE(again) << again.error().ToString();
  ExpectEqual(name_, target_);
  ExpectNoDebris();
}

TEST_F(RestoreTest, ALiveRivalsDatabaseIsNotTakenForALeftover) {
  const StagingRequest request{Connection("postgres"), target_, false, "", ""};
  auto rival = StagingDatabase::Create(request, world_.context);
  ASSERT_TRUE(rival) << rival.error().ToString();
  BackUp();
  ASSERT_TRUE(Restore());
  EXPECT_EQ(Value("postgres", "SELECT count(*) FROM pg_database WHERE datname = " +
                                  test::SqlLiteral((*rival)->name())),
            "1");
  ASSERT_TRUE((*rival)->Drop());
}

TEST_F(RestoreTest, ALongNameOfManyBytes) {
  SomeRows();
  BackUp();
  std::string lengthy;
  while (lengthy.size() < 62) lengthy += "é";
  lengthy += "\"";
  ASSERT_EQ(lengthy.size(), 63u);
  target_ = lengthy;
  const auto restored = Restore();
  ASSERT_TRUE(restored) << restored.error().ToString();
  ExpectEqual(name_, target_);
  EXPECT_EQ(StagingDatabase::NameFor(lengthy, "12345678").size(), 63u);
  RestoreOptions options;
  options.target_name = lengthy + "x";
  const auto too_long = Restore(options);
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code(), ErrorCode::kInvalidOptions);
}

TEST_F(RestoreTest, ARoleThatMayNotCreateDatabases) {
  SomeRows();
  BackUp();
  ASSERT_TRUE(server_->CreateRole("nocreate", "LOGIN", "nocreate"));
  const auto restored = Restore(ConnectionAs("nocreate", "postgres"), {});
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code(), ErrorCode::kPermissionDenied) << restored.error().ToString();
  Sql("postgres", "DROP ROLE nocreate");
  ExpectNoDebris();
}

TEST_F(RestoreTest, ARoleThatMayNotGiveObjectsAwayKeepsThem) {
  SomeRows();
  BackUp();
  ASSERT_TRUE(server_->CreateRole("plain_creator", "LOGIN CREATEDB", "plain_creator"));
  const auto restored = Restore(ConnectionAs("plain_creator", "postgres"), {});
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->warnings, ::testing::Contains(HasSubstr("may not give them away")));
  EXPECT_EQ(Value(target_, "SELECT count(*) FROM a"), "100000");
  Sql("postgres", "DROP DATABASE " + test::SqlName(target_) + "; ");
  Sql("postgres", "DROP ROLE plain_creator");
}

TEST_F(RestoreTest, RolesThatAreMissingComeBackWithTheirGrants) {
  ASSERT_TRUE(server_->CreateRole("shop owner", "NOLOGIN CREATEROLE", ""));
  Sql(name_,
      "CREATE TABLE t (i int); ALTER TABLE t OWNER TO \"shop owner\";"
      "ALTER DATABASE " +
          test::SqlName(name_) + " SET search_path TO \"$user\", public");
  BackUp();
  Sql("postgres", "DROP DATABASE " + test::SqlName(name_));
  Sql("postgres", "DROP ROLE \"shop owner\"");
  const auto restored = Restore();
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(Value(target_, "SELECT tableowner FROM pg_tables WHERE tablename = 't'"), "shop owner");
  EXPECT_EQ(Value(target_, "SELECT rolcreaterole FROM pg_roles WHERE rolname = 'shop owner'"), "t");
  EXPECT_EQ(Value(target_, "SHOW search_path"), "\"$user\", public");
  Sql("postgres", "DROP DATABASE " + test::SqlName(target_));
  Sql("postgres", "DROP ROLE \"shop owner\"");
}

TEST_F(RestoreTest, AMappingSelectsAndRenames) {
  SomeRows();
  Sql(name_,
      "CREATE SCHEMA s; CREATE TABLE s.b AS SELECT i FROM generate_series(1, 10) i;"
      "CREATE TABLE s.c (id serial, x int); INSERT INTO s.c (x) VALUES (1), (2)");
  BackUp();
  RestoreOptions options;
  options.mapping = {{"tables", "s.*"}, {"schema:s", "fresh"}, {"table:s.b", "bb"}};
  const auto restored = Restore(options);
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(Value(target_, "SELECT count(*) FROM fresh.bb"), "10");
  EXPECT_EQ(Value(target_, "INSERT INTO fresh.c (x) VALUES (3) RETURNING id"), "3");
  EXPECT_EQ(Value(target_, "SELECT count(*) FROM pg_class WHERE relname = 'a'"), "0");
  RestoreOptions unknown;
  unknown.mapping = {{"tables", "s.nothing"}};
  const auto refused = Restore(unknown);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidOptions) << refused.error().ToString();
  ExpectNoDebris();
}

TEST_F(RestoreTest, AGuardOfDefinitionsDoesNotRefuseTheRenames) {
  Sql(name_,
      "CREATE TABLE a (i int); CREATE SCHEMA s;"
      "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS"
      " 'BEGIN RAISE ''nobody alters anything here''; END';"
      "CREATE EVENT TRIGGER guard ON ddl_command_start EXECUTE FUNCTION refuse()");
  BackUp();
  const auto restored = Restore({.mapping = {{"table:public.a", "b"}, {"schema:s", "t"}}});
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(Value(target_, "SELECT count(*) FROM b"), "0");
  EXPECT_EQ(Value(target_, "SELECT count(*) FROM pg_namespace WHERE nspname = 't'"), "1");
  EXPECT_EQ(Value(target_, "SELECT evtname FROM pg_event_trigger"), "guard");
}

// It is made after the rename, which it could see.
TEST_F(RestoreTest, AnEventTriggerFindsItsFunctionInARenamedSchema) {
  Sql(name_,
      "CREATE SCHEMA \"a B\"; CREATE SCHEMA c; CREATE FUNCTION \"a B\".f() RETURNS event_trigger"
      " LANGUAGE plpgsql AS 'BEGIN END'; CREATE FUNCTION c.f() RETURNS event_trigger"
      " LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER one ON sql_drop EXECUTE FUNCTION"
      " \"a B\".f(); CREATE EVENT TRIGGER two ON sql_drop EXECUTE FUNCTION c.f()");
  BackUp();
  const auto restored = Restore({.mapping = {{"schema:a B", "c"}, {"schema:c", "a B"}}});
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->failures, IsEmpty());
  EXPECT_EQ(Value(target_,
                  "SELECT string_agg(evtfoid::regproc::text, ' ' ORDER BY evtname) FROM"
                  " pg_event_trigger"),
            "c.f \"a B\".f");
}

// pg_dump lists triggers by the names of their tables.
TEST_F(RestoreTest, ATriggerThatIsOffOnAPartitionStaysOffWhateverTheirNames) {
  Sql(name_,
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
      "CREATE TABLE later (i int) PARTITION BY LIST (i);"
      "CREATE TABLE early PARTITION OF later DEFAULT;"
      "CREATE TRIGGER g AFTER INSERT ON later FOR EACH ROW EXECUTE FUNCTION f();"
      "ALTER TABLE early DISABLE TRIGGER g");
  BackUp();
  ExpectProven();
  const auto restored = Restore();
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->failures, IsEmpty());
  EXPECT_EQ(Value(target_,
                  "SELECT string_agg(tgenabled::text, '' ORDER BY tgrelid::regclass::text)"
                  " FROM pg_trigger"),
            "DO");
}

TEST_F(RestoreTest, ASelectionSaysThatItTakesNoLargeObjects) {
  Sql(name_, "CREATE TABLE t AS SELECT lo_from_bytea(0, 'x') AS o");
  BackUp();
  const auto restored = Restore({.mapping = {{"tables", "public.t"}}});
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->warnings, ::testing::Contains(HasSubstr("large objects are not restored")));
}

TEST_F(RestoreTest, ACopyOfTheCCollationIsWhatItWas) {
  Sql(name_, "CREATE COLLATION same FROM \"C\"; CREATE TABLE t (a text COLLATE same)");
  BackUp();
  ExpectProven();
}

TEST_F(RestoreTest, AnOwnerIsReplacedWhereverItOwnsOrIsGranted) {
  for (const char* role : {"old one", "new one", "third"}) {
    ASSERT_TRUE(server_->CreateRole(role, "NOLOGIN", ""));
  }
  Sql(name_,
      "CREATE SCHEMA s AUTHORIZATION \"old one\"; CREATE TABLE s.t (i int);"
      "ALTER TABLE s.t OWNER TO \"old one\"; CREATE VIEW s.v AS SELECT i FROM s.t;"
      "ALTER VIEW s.v OWNER TO \"old one\"; GRANT SELECT ON s.t TO third;"
      "CREATE TABLE other (i int); GRANT INSERT ON other TO \"old one\" WITH GRANT OPTION;"
      "SELECT lo_create(4711), lo_create(4712); ALTER LARGE OBJECT 4711 OWNER TO \"old one\";"
      "GRANT SELECT ON LARGE OBJECT 4711 TO third;"
      "GRANT UPDATE ON LARGE OBJECT 4712 TO \"old one\"");
  const std::string database = "DATABASE " + test::SqlName(name_);
  Sql("postgres", "ALTER " + database + " OWNER TO \"old one\"");
  Sql("postgres", "GRANT CREATE ON " + database + " TO third");
  Sql("postgres", "ALTER ROLE \"old one\" IN " + database + " SET work_mem = '9MB'");
  BackUp();
  const auto restored = Restore({.mapping = {{"owner:old one", "new one"}}});
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->warnings, IsEmpty());
  const std::string here =
      "(SELECT oid FROM pg_database WHERE datname = " + test::SqlLiteral(target_) + ")";
  // Objects of the database, and the database itself, that depend on a role.
  const auto uses = [&](const std::string& role) {
    return Value("postgres", "SELECT count(*) FROM pg_shdepend WHERE (dbid = " + here +
                                 " OR objid = " + here +
                                 ") AND refobjid = " + test::SqlLiteral(role) + "::regrole");
  };
  EXPECT_EQ(uses("\"old one\""), "0");
  EXPECT_EQ(uses("\"new one\""), "7");  // schema, table, view, a grant, both objects, database
  EXPECT_EQ(Value(target_,
                  "SELECT has_table_privilege('new one', 'other',"
                  " 'INSERT WITH GRANT OPTION')"),
            "t");
  EXPECT_EQ(Value(target_,
                  "SELECT string_agg(pg_get_userbyid(lomowner), ', ' ORDER BY oid) FROM"
                  " pg_largeobject_metadata"),
            "new one, " + server_->superuser());
  EXPECT_EQ(Value(target_, "SELECT lomacl::text FROM pg_largeobject_metadata WHERE oid = 4711"),
            R"({"\"new one\"=rw/\"new one\"","third=r/\"new one\""})");
  EXPECT_THAT(Value(target_, "SELECT lomacl::text FROM pg_largeobject_metadata WHERE oid = 4712"),
              HasSubstr(R"(\"new one\"=w/)"));
  EXPECT_EQ(
      Value("postgres", "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE oid = " + here),
      "new one");
  EXPECT_THAT(Value("postgres", "SELECT datacl::text FROM pg_database WHERE oid = " + here),
              ::testing::AllOf(HasSubstr("third=C/"), ::testing::Not(HasSubstr("old one"))));
  EXPECT_EQ(Value("postgres",
                  "SELECT setrole::regrole FROM pg_db_role_setting WHERE setdatabase = " + here),
            "\"new one\"");
  const auto unknown = Restore({.overwrite = true, .mapping = {{"owner:no one", "new one"}}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ErrorCode::kInvalidOptions) << unknown.error().ToString();
}

/// A test with the tablespaces "slow disk" and "fast disk".
class RestoreTablespaceTest : public RestoreTest {
 protected:
  void SetUp() override {
    RestoreTest::SetUp();
    if (server_ == nullptr) return;
    if (server_->major_version() < 15) GTEST_SKIP() << "tablespaces in place came with 15";
    InPlace("SET allow_in_place_tablespaces = on");
    for (const char* name : {"slow disk", "fast disk"}) {
      Sql("postgres", "CREATE TABLESPACE " + test::SqlName(name) + " LOCATION ''");
    }
  }
  void TearDown() override {
    RestoreTest::TearDown();
    if (server_ == nullptr || server_->major_version() < 15) return;
    for (const char* name : {"slow disk", "fast disk"}) {
      Sql("postgres", "DROP TABLESPACE IF EXISTS " + test::SqlName(name));
    }
    InPlace("RESET allow_in_place_tablespaces");
  }
  void InPlace(const std::string& setting) {
    Sql("postgres", "ALTER ROLE " + test::SqlName(server_->superuser()) + " " + setting);
  }
  /// "a: fast disk, …" of everything outside of the database's own tablespace.
  [[nodiscard]] std::string Places() {
    return Value(target_,
                 "SELECT string_agg(relname || ': ' || spcname, ', ' ORDER BY relname) FROM"
                 " pg_class c JOIN pg_tablespace t ON t.oid = reltablespace WHERE c.oid >= 16384"
                 " AND relkind IN ('r', 'p', 'i', 'm')");
  }
  [[nodiscard]] std::string PlaceOf(const std::string& database) {
    return Value("postgres",
                 "SELECT spcname FROM pg_database d JOIN pg_tablespace t ON t.oid = dattablespace"
                 " WHERE datname = " +
                     test::SqlLiteral(database));
  }
};

TEST_F(RestoreTablespaceTest, TablesAndIndexesGoToTheOneThatIsMapped) {
  Sql(name_,
      "CREATE TABLE a (i int) TABLESPACE \"slow disk\"; CREATE TABLE b (i int);"
      "CREATE INDEX b_i ON b (i) TABLESPACE \"slow disk\";"
      "ALTER TABLE b ADD UNIQUE (i) USING INDEX TABLESPACE \"slow disk\";"
      "CREATE MATERIALIZED VIEW m TABLESPACE \"slow disk\" AS SELECT 1 AS i; CREATE INDEX a_i ON a"
      " (i)");
  BackUp();
  ASSERT_TRUE(Restore());
  EXPECT_EQ(Places(), "a: slow disk, b_i: slow disk, b_i_key: slow disk, m: slow disk");
  const auto mapped =
      Restore({.overwrite = true, .mapping = {{"tablespace:slow disk", "fast disk"}}});
  ASSERT_TRUE(mapped) << mapped.error().ToString();
  EXPECT_EQ(Places(), "a: fast disk, b_i: fast disk, b_i_key: fast disk, m: fast disk");
  EXPECT_EQ(PlaceOf(target_), "pg_default");
  const auto unknown =
      Restore({.overwrite = true, .mapping = {{"tablespace:no disk", "fast disk"}}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ErrorCode::kInvalidOptions) << unknown.error().ToString();
}

TEST_F(RestoreTablespaceTest, ADatabaseGoesToTheOneThatIsMapped) {
  Sql("postgres", "ALTER DATABASE " + test::SqlName(name_) + " SET TABLESPACE \"slow disk\"");
  SomeRows();
  BackUp();
  ASSERT_TRUE(Restore());
  EXPECT_EQ(PlaceOf(target_), "slow disk");
  const auto mapped =
      Restore({.overwrite = true, .mapping = {{"tablespace:slow disk", "fast disk"}}});
  ASSERT_TRUE(mapped) << mapped.error().ToString();
  EXPECT_EQ(PlaceOf(target_), "fast disk");
  EXPECT_THAT(mapped->warnings, IsEmpty());
}

/// Makes the schema of a backup say that it comes from version 99, and replaces words.
void Age(Bytes& archive, const std::string& version, const std::string& from,
         const std::string& to) {
  std::string text(AsText(archive));
  text.replace(text.find(version), 2, "99");
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
  }
  archive.assign(AsBytes(text).begin(), AsBytes(text).end());
}

TEST_F(RestoreTest, WhatAnOlderServerCannotKnowIsRefusedBeforeAnythingIsMade) {
  if (server_->major_version() >= 17) GTEST_SKIP() << "the server knows MAINTAIN";
  Sql("postgres",
      "DO $$ BEGIN CREATE ROLE maintainer; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
  SomeRows();
  Sql(name_, "GRANT TRUNCATE ON a TO maintainer");
  const auto backup = Backup(Connection(name_));
  ASSERT_TRUE(backup);
  const std::string version = Value("postgres", "SHOW server_version");
  store_.Edit(backup->backup_id, "schema.pgdump",
              [&](Bytes& archive) { Age(archive, version, "TRUNCATE", "MAINTAIN"); });
  // A role that may not create databases would be refused for that, were it tried.
  ASSERT_TRUE(server_->CreateRole("maker of none", "LOGIN", "maker of none"));
  for (const bool dry_run : {true, false}) {
    world_.context.dry_run = dry_run;
    const auto refused = Restore(ConnectionAs("maker of none", "postgres"), {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupportedCapability)
        << refused.error().ToString();
    EXPECT_THAT(refused.error().message(), HasSubstr("needs PostgreSQL 17"));
    EXPECT_THAT(refused.error().hint(), HasSubstr("--map tables="));
  }
  const auto instance = Instance(ConnectionAs("maker of none", "postgres"));
  const auto proof = dynamic_cast<SupportsVerify&>(*instance).Prove({"latest", {}}, world_.context);
  ASSERT_FALSE(proof);
  EXPECT_EQ(proof.error().code(), ErrorCode::kUnsupportedCapability) << proof.error().ToString();
  EXPECT_FALSE(TargetExists());
  ExpectNoDebris();
  Sql("postgres", "DROP ROLE \"maker of none\"");
}

TEST_F(RestoreTest, ANewerSourceIsAWarning) {
  SomeRows();
  const auto backup = Backup(Connection(name_));
  ASSERT_TRUE(backup);
  const std::string version = Value("postgres", "SHOW server_version");
  store_.Edit(backup->backup_id, "schema.pgdump",
              [&](Bytes& archive) { Age(archive, version, "no such words", ""); });
  world_.context.dry_run = true;
  const auto planned = Restore();
  ASSERT_TRUE(planned) << planned.error().ToString();
  world_.context.dry_run = false;
  const auto restored = Restore();
  ASSERT_TRUE(restored) << restored.error().ToString();
  for (const auto& warnings : {planned->warnings, restored->warnings}) {
    EXPECT_THAT(warnings, ::testing::ElementsAre(HasSubstr("of PostgreSQL 99.")));
  }
}

TEST_F(RestoreTest, ADryRunChangesNothing) {
  SomeRows();
  BackUp();
  world_.context.dry_run = true;
  EXPECT_TRUE(Restore());
  EXPECT_FALSE(TargetExists());
}

}  // namespace
}  // namespace dbstow::postgres
