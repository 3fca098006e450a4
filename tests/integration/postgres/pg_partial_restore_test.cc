#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbstow/operations/data_operations.h"
#include "integration/postgres/restore_fixture.h"

namespace dbstow::postgres {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// A database of the kind that pg_restore brings back with errors: what it has was made with a
/// search_path that a restore does not set.
class PartialRestoreTest : public RestoreTest {
 protected:
  void SetUp() override {
    RestoreTest::SetUp();
    if (server_ == nullptr) return;
    Sql(name_,
        "CREATE SCHEMA app; SET search_path = app, public;"
        "CREATE FUNCTION fold(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT lower($1)';"
        "CREATE FUNCTION twice(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS"
        " 'BEGIN RETURN fold($1) || fold($1); END';"
        "CREATE TABLE t (i int PRIMARY KEY, s text); INSERT INTO t SELECT i, 'Row ' || i FROM"
        " generate_series(1, 100) i; CREATE INDEX bad ON t (twice(s)); CREATE INDEX good ON t (s);"
        "CREATE MATERIALIZED VIEW m AS SELECT twice(s) AS s2 FROM t;"
        "CREATE MATERIALIZED VIEW fine AS SELECT count(*) FROM t;"
        "CREATE TABLE u (i int REFERENCES t, s text); INSERT INTO u SELECT i FROM t");
    BackUp();
  }
  void TearDown() override {
    if (server_ != nullptr) {
      const auto rows = server_->Query(
          "postgres", "SELECT datname FROM pg_database WHERE datname LIKE '%partial%'");
      ASSERT_TRUE(rows);
      for (const auto& row : *rows) Sql("postgres", "DROP DATABASE " + test::SqlName(*row[0]));
    }
    RestoreTest::TearDown();
  }

  void ExpectAllButTheBad(const std::string& database) {
    EXPECT_EQ(Value(database, "SELECT count(*) FROM app.t"), "100");
    EXPECT_EQ(Value(database, "SELECT count FROM app.fine"), "100");
    EXPECT_EQ(Value(database,
                    "SELECT string_agg(relname, ', ' ORDER BY relname) FROM pg_class WHERE relkind"
                    " = 'i' AND relnamespace = 'app'::regnamespace"),
              "good, t_pkey");
    EXPECT_EQ(Value(database, "SELECT count(*) FROM pg_constraint WHERE contype = 'f'"), "1");
  }
};

TEST_F(PartialRestoreTest, WhatTheServerRefusesAfterTheRowsIsToldAndLeftOut) {
  const auto restored = Restore();
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(restored->target, target_);
  // Each says once what it is about.
  EXPECT_THAT(restored->failures,
              ElementsAre(AllOf(HasSubstr("create index app.bad: function fold(text)"),
                                Not(HasSubstr("create index app.bad: create"))),
                          HasSubstr("refresh materialized view app.m: ")));
  EXPECT_THAT(restored->next_step, HasSubstr("all rows are in database '" + target_ + "'"));
  ExpectAllButTheBad(target_);
  ExpectNoDebris();
}

TEST_F(PartialRestoreTest, AnOldTargetStaysAndTheRowsAreBesideIt) {
  ASSERT_TRUE(server_->CreateDatabase(target_));
  Sql(target_, "CREATE TABLE mine (i int)");
  const auto restored = Restore({.overwrite = true});
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->failures, ::testing::SizeIs(2));
  EXPECT_THAT(restored->target, HasSubstr(target_ + "__partial_"));
  EXPECT_EQ(restored->details.at("replaced"), "false");
  EXPECT_THAT(restored->next_step, AllOf(HasSubstr("'" + target_ + "' is as it was"),
                                         HasSubstr("'" + restored->target + "'"),
                                         HasSubstr("--map incomplete=replace")));
  Sql(target_, "SELECT * FROM mine");
  ExpectAllButTheBad(restored->target);
  ExpectNoDebris();
  // The next run does not take it for a leftover.
  const auto again = Restore({.overwrite = true});
  ASSERT_TRUE(again);
  EXPECT_NE(again->target, restored->target);
  ExpectAllButTheBad(restored->target);
}

TEST_F(PartialRestoreTest, ReplacesAnOldTargetWhenAsked) {
  ASSERT_TRUE(server_->CreateDatabase(target_));
  const auto restored = Restore({.overwrite = true, .mapping = {{"incomplete", "replace"}}});
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(restored->target, target_);
  EXPECT_EQ(restored->details.at("replaced"), "true");
  ExpectAllButTheBad(target_);
  ExpectNoDebris();
}

TEST_F(PartialRestoreTest, TheOperationEndsAsPartialWithTheList) {
  const auto instance = Instance(Connection("postgres"));
  ASSERT_TRUE(instance->Refresh(world_.context));
  RestoreOperation operation(RestoreOptions{.source = "latest", .target_name = target_});
  const auto result = operation.Run(*instance, world_.context);
  ASSERT_TRUE(result) << result.error().ToString();
  EXPECT_FALSE(result->success);
  EXPECT_EQ(result->exit_status(), 3);
  ASSERT_TRUE(result->error);
  EXPECT_EQ(result->error->code(), ErrorCode::kPartial);
  EXPECT_THAT(result->error->message(), HasSubstr("without 2 things: create index app.bad"));
  EXPECT_THAT(result->error->hint(), HasSubstr("all rows are in database"));
  EXPECT_EQ(result->details.at("missing"), "2");
  EXPECT_THAT(result->warnings, Contains(HasSubstr("missing: refresh materialized view app.m")));
}

TEST_F(PartialRestoreTest, AProofFindsThem) {
  const auto instance = Instance(Connection(name_));
  const auto report =
      dynamic_cast<SupportsVerify&>(*instance).Prove({"latest", {}}, world_.context);
  ASSERT_TRUE(report) << report.error().ToString();
  EXPECT_THAT(report->differences, ElementsAre(HasSubstr("create index app.bad"),
                                               HasSubstr("refresh materialized view app.m")));
  ExpectNoDebris();
}

class WordsOfRestoreTest : public RestoreTest {};

TEST_F(WordsOfRestoreTest, WhatCannotBeLoadedLeadsToTheExport) {
  Sql(name_,
      "CREATE SCHEMA app; SET search_path = app; CREATE FUNCTION inner_one(int) RETURNS bool"
      " IMMUTABLE LANGUAGE sql AS 'SELECT true'; CREATE FUNCTION ok(int) RETURNS bool IMMUTABLE"
      " LANGUAGE plpgsql AS 'BEGIN RETURN inner_one($1); END';"
      "CREATE TABLE t (i int CHECK (ok(i))); INSERT INTO t VALUES (1)");
  BackUp();
  const auto restored = Restore();
  ASSERT_FALSE(restored);
  EXPECT_THAT(restored.error().message(), HasSubstr("fill table app.t: function inner_one"));
  EXPECT_THAT(restored.error().hint(), HasSubstr("dbstow export writes the backup for pg_restore"));
}

TEST_F(WordsOfRestoreTest, ANameThatTheBackupHasAlreadyIsNotOneToOverwrite) {
  Sql(name_, "CREATE SCHEMA s1; CREATE SCHEMA s2");
  BackUp();
  const auto restored = Restore({.mapping = {{"schema:s1", "s2"}}});
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code(), ErrorCode::kAlreadyExists) << restored.error().ToString();
  EXPECT_THAT(restored.error().hint(), HasSubstr("map to a name that is free"));
  ExpectNoDebris();
}

TEST_F(WordsOfRestoreTest, AnOwnerThatDoesNotExistIsCalledThat) {
  Sql(name_, "CREATE TABLE t (i int)");
  BackUp();
  const auto restored = Restore({.mapping = {{"owner:" + server_->superuser(), "nobody here"}}});
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(
      restored->warnings,
      AllOf(Contains(HasSubstr("nobody here belong to the restoring role: there is no role")),
            Not(Contains(HasSubstr("may not give them away")))));
}

// As grants are: the restoring role may not decide for others.
TEST_F(WordsOfRestoreTest, DefaultPrivilegesOfOthersAreAWarning) {
  Sql(name_, "CREATE TABLE t (i int); ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC");
  BackUp();
  ASSERT_TRUE(server_->CreateRole("decides_nothing", "LOGIN CREATEDB", "decides_nothing"));
  const auto restored = Restore(ConnectionAs("decides_nothing", "postgres"), {});
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->failures, ::testing::IsEmpty());
  EXPECT_THAT(restored->warnings, Contains(HasSubstr("grants are missing")));
  Sql("postgres", "DROP DATABASE " + test::SqlName(target_));
  Sql("postgres", "DROP ROLE decides_nothing");
}

}  // namespace
}  // namespace dbstow::postgres
