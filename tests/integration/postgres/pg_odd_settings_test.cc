#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/postgres/restore_fixture.h"

namespace dbstow::postgres {
namespace {

/// What a role or a database has set changes neither what is read nor what comes back.
class OddSettingsTest : public RestoreTest {
 protected:
  void TearDown() override {
    if (server_ != nullptr) ResetRole();
    RestoreTest::TearDown();
  }
  void ResetRole() {
    Sql("postgres", "BEGIN READ WRITE; ALTER ROLE CURRENT_USER RESET ALL; COMMIT");
  }
  void ExpectRoundTrip() {
    BackUp();
    ExpectProven();
    const auto restored = Restore();
    ASSERT_TRUE(restored) << restored.error().ToString();
  }
};

TEST_F(OddSettingsTest, BackslashesInLiteralsStayWhatTheyAre) {
  Sql(name_, R"(CREATE TYPE e AS ENUM ('a\b'); CREATE TABLE t (e e DEFAULT 'a\b');)"
             R"(INSERT INTO t DEFAULT VALUES; COMMENT ON TABLE t IS 'c\d')");
  Sql("postgres",
      "ALTER DATABASE " + test::SqlName(name_) + " SET standard_conforming_strings = off");
  Sql("postgres", "ALTER ROLE CURRENT_USER SET standard_conforming_strings = off");
  ExpectRoundTrip();
  EXPECT_EQ(Value(target_, "SELECT e || obj_description('t'::regclass) FROM t"), R"(a\bc\d)");
}

TEST_F(OddSettingsTest, NullsInArraysStayNull) {
  Sql(name_,
      "CREATE EXTENSION citext; CREATE TABLE t (a citext[]);"
      "INSERT INTO t VALUES ('{NULL,\"NULL\",a}')");
  Sql("postgres", "ALTER ROLE CURRENT_USER SET array_nulls = off");
  ExpectRoundTrip();
  EXPECT_EQ(Value(target_, "SELECT (a[1] IS NULL)::text || (a[2] IS NULL)::text FROM t"),
            "truefalse");
}

TEST_F(OddSettingsTest, ReadOnlyByDefaultIsNoReadOnlyServer) {
  Sql(name_, "CREATE TABLE t AS SELECT 1 AS i");
  BackUp();
  Sql("postgres", "ALTER ROLE CURRENT_USER SET default_transaction_read_only = on");
  const auto restored = Restore();
  const auto cloned = dynamic_cast<SupportsClone&>(*Instance(Connection(name_)))
                          .Clone({.target_name = name_ + " 2"}, world_.context);
  ResetRole();
  Sql("postgres", "DROP DATABASE IF EXISTS " + test::SqlName(name_ + " 2"));
  EXPECT_TRUE(restored) << restored.error().ToString();
  EXPECT_TRUE(cloned) << cloned.error().ToString();
}

// What no server here has other locales for: the form of money, of which the session is sure.
TEST_F(OddSettingsTest, MoneyIsWrittenAndReadInOneForm) {
  Sql("postgres", "ALTER ROLE CURRENT_USER SET lc_monetary = 'POSIX'");
  const auto session = Open(name_);
  const auto rows = session->Query("SHOW lc_monetary");
  ASSERT_TRUE(rows) << rows.error().ToString();
  EXPECT_EQ(rows->String(0, 0), "C");
  Sql(name_,
      "CREATE EXTENSION citext; CREATE TABLE t (m money DEFAULT '1234.5', c citext);"
      "INSERT INTO t VALUES (-1234.56, 'x')");
  ExpectRoundTrip();
  EXPECT_EQ(Value(target_, "SELECT m::numeric FROM t"), "-1234.56");
}

// A search_path is text, which does not follow a schema that gets another name.
TEST_F(OddSettingsTest, SearchPathsFollowARenamedSchema) {
  const std::string database = "DATABASE " + test::SqlName(name_);
  Sql(name_,
      "CREATE SCHEMA \"Old S\"; CREATE TABLE \"Old S\".t AS SELECT 7 AS i; CREATE ROLE pathfinder;"
      "ALTER ROLE pathfinder SET search_path = \"Old S\"; GRANT SELECT ON \"Old S\".t TO "
      "pathfinder;"
      "ALTER " +
          database +
          " SET search_path = \"$user\", \"Old S\", public;"
          "ALTER ROLE pathfinder IN " +
          database + " SET search_path = \"Old S\"");
  BackUp();
  RestoreOptions options;
  options.mapping = {{"schema:Old S", "New \"S\""}};
  const auto restored = Restore(options);
  const std::string settings =
      Value("postgres",
            "SELECT string_agg(setconfig::text, ' ' ORDER BY setrole) FROM"
            " pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase"
            " WHERE datname = " +
                test::SqlLiteral(target_));
  const std::string found = Value(target_, "SELECT i FROM t");
  for (const std::string& each : {name_, target_}) Sql(each, "DROP OWNED BY pathfinder");
  Sql("postgres", "ALTER ROLE pathfinder IN DATABASE " + test::SqlName(target_) +
                      " RESET ALL;"
                      "ALTER ROLE pathfinder IN " +
                      database + " RESET ALL; DROP ROLE pathfinder");
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(found, "7");
  EXPECT_THAT(settings, ::testing::AllOf(::testing::HasSubstr("New"),
                                         ::testing::Not(::testing::HasSubstr("Old S"))));
  EXPECT_THAT(restored->warnings,
              ::testing::Contains(::testing::HasSubstr("the search_path of role pathfinder")));
}

TEST_F(OddSettingsTest, TablesAreNotPlacedByTheRolesDefault) {
  const std::string folder = server_->socket_folder() + "/space";
  Sql("postgres", "COPY (SELECT 1) TO PROGRAM 'mkdir " + folder + "'");
  Sql("postgres", "CREATE TABLESPACE elsewhere LOCATION " + test::SqlLiteral(folder));
  Sql(name_, "CREATE TABLE t AS SELECT 1 AS i; CREATE INDEX ON t (i)");
  BackUp();
  Sql("postgres", "ALTER ROLE CURRENT_USER SET default_tablespace = 'elsewhere'");
  const auto restored = Restore();
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(Value(target_,
                  "SELECT count(*) FROM pg_class WHERE reltablespace = (SELECT oid FROM"
                  " pg_tablespace WHERE spcname = 'elsewhere')"),
            "0");
  Sql("postgres", "DROP TABLESPACE elsewhere");
}

// What no backup holds as rows is computed as the database itself would, not as our sessions would:
// days begin where it says.
TEST_F(OddSettingsTest, WhatIsComputedAnewIsComputedAsInTheDatabase) {
  const std::string database = "ALTER DATABASE " + test::SqlName(name_) + " SET ";
  Sql("postgres", database + "TimeZone = 'Asia/Tokyo'");
  Sql("postgres", database + "DateStyle = 'SQL, DMY'");
  Sql("postgres", database + "default_text_search_config = 'pg_catalog.german'");
  Sql("postgres", database + "app.tenant = 'it''s 7'");
  Sql(name_,
      "CREATE FUNCTION day(timestamptz) RETURNS date IMMUTABLE LANGUAGE sql AS 'SELECT $1::date';"
      "CREATE TABLE t (at timestamptz, day date CHECK (at::date = day),"
      "                g date GENERATED ALWAYS AS (public.day(at)) STORED);"
      "INSERT INTO t VALUES ('2024-01-02 03:00+09', '2024-01-02'); CREATE INDEX ON t (day(at));"
      "CREATE MATERIALIZED VIEW m AS SELECT concat_ws(' ', at::date, at, to_tsvector('Häuser'),"
      "  current_setting('app.tenant')) AS all FROM t");
  const std::string all = "02/01/2024 02/01/2024 03:00:00 JST 'haus':1 it's 7";
  ASSERT_EQ(Value(name_, "SELECT * FROM m"), all);
  ExpectRoundTrip();
  const auto cloned =
      dynamic_cast<SupportsClone&>(*Instance(Connection(name_)))
          .Clone({.target_name = name_ + " 2", .extra = {{"strategy", "stream"}}}, world_.context);
  ASSERT_TRUE(cloned) << cloned.error().ToString();
  for (const std::string& copy : {target_, name_ + " 2"}) {
    EXPECT_EQ(Value(copy, "SELECT * FROM m"), all) << copy;
    EXPECT_EQ(Value(copy, "SELECT (g = day)::text FROM t"), "true") << copy;
    EXPECT_EQ(Value(copy,
                    "SET enable_seqscan = off; SELECT count(*) FROM t"
                    " WHERE day(at) = date '2024-01-02'"),
              "1")
        << copy;
  }
  Sql("postgres", "DROP DATABASE " + test::SqlName(name_ + " 2"));
}

}  // namespace
}  // namespace dbstow::postgres
