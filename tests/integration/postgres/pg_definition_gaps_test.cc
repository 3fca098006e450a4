#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "integration/postgres/postgres_fixture.h"

// What is easily overlooked: the first of its kind in a database that has nothing else like it, and
// what was changed on objects that an extension or the server itself has made.

namespace dbstow::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Change {
  std::string sql;                   ///< statements that want no transaction around them
  std::vector<std::string> seen_as;  ///< beginnings of what differs
};

class DefinitionGapsTest : public OwnDatabaseTest {
 protected:
  void SetUp() override {
    OwnDatabaseTest::SetUp();
    if (server_ == nullptr) return;
    Sql("postgres",
        "DO $$ BEGIN CREATE ROLE reader; CREATE ROLE keeper; EXCEPTION WHEN duplicate_object THEN"
        " NULL; END $$");
  }
  [[nodiscard]] std::vector<ContentFingerprint> Prints() {
    const auto instance = Instance(Connection(name_));
    auto prints = dynamic_cast<SupportsVerify&>(*instance).Fingerprint({}, world_.context);
    EXPECT_TRUE(prints) << prints.error().ToString();
    return std::move(prints).value_or(std::vector<ContentFingerprint>());
  }
  void ExpectSeen(const std::vector<Change>& changes) {
    auto before = Prints();
    for (const Change& change : changes) {
      std::istringstream statements(change.sql);
      for (std::string sql; std::getline(statements, sql, ';');) Sql(name_, sql);
      auto after = Prints();
      std::vector<::testing::Matcher<std::string>> expected;
      for (const std::string& each : change.seen_as)
        expected.emplace_back(::testing::StartsWith(each));
      EXPECT_THAT(CompareFingerprints(before, after),
                  ::testing::UnorderedElementsAreArray(expected))
          << change.sql;
      EXPECT_EQ(CompareFingerprints(after, before).size(), change.seen_as.size()) << change.sql;
      before = std::move(after);
    }
  }
  void ExpectProofAgrees() {
    const auto backup = Backup(Connection(name_));
    ASSERT_TRUE(backup) << backup.error().ToString();
    const auto instance = Instance(Connection("postgres"));
    const auto proof =
        dynamic_cast<SupportsVerify&>(*instance).Prove({"latest", {}}, world_.context);
    ASSERT_TRUE(proof) << proof.error().ToString();
    EXPECT_THAT(proof->differences, IsEmpty());
    EXPECT_THAT(proof->warnings, IsEmpty());
  }
};

TEST_F(DefinitionGapsTest, TheFirstExpressionIsSeen) {
  Sql(name_,
      "CREATE TABLE t (i int, j int); CREATE INDEX x ON t (i); CREATE FUNCTION n() RETURNS trigger"
      " LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
      "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION n()");
  ExpectSeen({{"DROP INDEX x; CREATE INDEX x ON t (i) WHERE j > 1",
               {"expressions of indexes in schema public: not expected"}},
              {"DROP INDEX x; CREATE INDEX x ON t (i)",
               {"expressions of indexes in schema public: missing"}},
              {"DROP TRIGGER g ON t; CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.i >"
               " 1) EXECUTE FUNCTION n()",
               {"expressions of triggers in schema public: not expected"}}});
  ExpectProofAgrees();
}

TEST_F(DefinitionGapsTest, TheFirstGrantIsSeen) {
  ExpectSeen({{"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader",
               {"grants in the database: not expected"}},
              {"GRANT CREATE ON SCHEMA public TO reader",
               {"grants of schemas in the database: not expected",
                "owners of schemas in the database: not expected"}}});
  ExpectProofAgrees();
}

TEST_F(DefinitionGapsTest, CommentsAndGrantsOnWhatOthersMadeAreSeen) {
  ExpectSeen(
      {{"COMMENT ON SCHEMA public IS 'mine'", {"comments in the database: not expected"}},
       {"COMMENT ON SCHEMA public IS NULL", {"comments in the database: expected"}},
       {"COMMENT ON SCHEMA public IS 'standard public schema'",
        {"comments in the database: missing"}},
       {"CREATE EXTENSION pg_trgm", {"comments in", "extensions in the database"}},
       {"COMMENT ON EXTENSION pg_trgm IS 'ours'", {"comments in the database: expected"}},
       {"REVOKE EXECUTE ON FUNCTION similarity(text, text) FROM PUBLIC",
        {"grants in schema public: not expected"}},
       {"REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC", {"grants in the database: not expected"}},
       {"REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(double precision) FROM PUBLIC",
        {"grants in schema pg_catalog: not expected"}},
       {"SELECT lo_create(4711)",
        {"grants in the database", "large objects", "owners in the database"}},
       {"COMMENT ON LARGE OBJECT 4711 IS 'a picture'", {"comments in the database"}}});
  ExpectProofAgrees();
}

TEST_F(DefinitionGapsTest, WhatBracketsHoldTogetherIsSeen) {
  Sql(name_,
      "CREATE TABLE t (a boolean, b boolean, c boolean, n int GENERATED ALWAYS AS IDENTITY,"
      " CONSTRAINT k CHECK ((a OR b) AND c));"
      "CREATE POLICY p ON t USING ((a OR b) AND c);"
      "CREATE VIEW v AS SELECT n FROM t WHERE (a OR b) AND c");
  ExpectSeen(
      {{"ALTER TABLE t DROP CONSTRAINT k, ADD CONSTRAINT k CHECK (a OR (b AND c))",
        {"expressions of constraints in schema public"}},
       {"ALTER POLICY p ON t USING (a OR (b AND c))", {"expressions of policies in schema public"}},
       {"CREATE OR REPLACE VIEW v AS SELECT n FROM t WHERE a OR (b AND c)",
        {"expressions of views in schema public"}}});
  ExpectProofAgrees();
}

TEST_F(DefinitionGapsTest, WhatHangsOnPartitionsAndIndexesIsSeen) {
  Sql(name_,
      "CREATE FUNCTION n() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
      "CREATE TABLE keys (i int PRIMARY KEY);"
      "CREATE TABLE p (i int REFERENCES keys, j int) PARTITION BY LIST (i);"
      "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);"
      "CREATE TABLE p2 PARTITION OF p DEFAULT PARTITION BY LIST (j);"
      "CREATE TABLE p21 PARTITION OF p2 DEFAULT;"
      "CREATE TRIGGER g AFTER UPDATE ON p FOR EACH ROW EXECUTE FUNCTION n();"
      "CREATE EXTENSION pg_trgm; CREATE TABLE t (s text, i int, j int);"
      "CREATE INDEX x ON t ((i + 1)); CREATE INDEX w ON t USING gist (s gist_trgm_ops);"
      "CREATE STATISTICS both_of ON i, j FROM t");
  ExpectProofAgrees();
  ExpectSeen({{"ALTER TABLE p1 DISABLE TRIGGER g", {"triggers in schema public"}},
              {"ALTER TABLE p21 ENABLE ALWAYS TRIGGER g", {"triggers in schema public"}},
              {"ALTER TABLE p1 DISABLE TRIGGER ALL", {}},
              {"ALTER TABLE p1 ENABLE TRIGGER ALL", {"triggers in schema public"}},
              {"ALTER INDEX x ALTER COLUMN 1 SET STATISTICS 500", {"indexes in schema public"}},
              {"DROP INDEX w; CREATE INDEX w ON t USING gist (s gist_trgm_ops (siglen = 32))",
               {"indexes in schema public"}},
              {"ALTER STATISTICS both_of SET STATISTICS 10", {"statistics in schema public"}}});
  ExpectProofAgrees();
}

TEST_F(DefinitionGapsTest, TheOrderOfAttributesAndTransformsAreSeen) {
  Sql(name_, "CREATE TYPE k AS (gone int, a int, b text); ALTER TYPE k DROP ATTRIBUTE gone");
  ExpectProofAgrees();
  ExpectSeen(
      {{"DROP TYPE k; CREATE TYPE k AS (b text, a int)", {"columns in schema public"}},
       {"CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal))",
        {"transforms in the database: not expected"}},
       {"CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT $1'",
        {"functions in schema public", "grants in schema public", "owners in schema public"}},
       {"CREATE OR REPLACE FUNCTION f(int) RETURNS int TRANSFORM FOR TYPE int LANGUAGE sql AS"
        " 'SELECT $1'",
        {"functions in schema public"}}});
  ExpectProofAgrees();
}

TEST_F(DefinitionGapsTest, WhatASequenceLosesInACrashIsSeen) {
  if (server_->major_version() < 15) GTEST_SKIP() << "unlogged sequences came with 15";
  Sql(name_, "CREATE UNLOGGED SEQUENCE s");
  ExpectSeen({{"ALTER SEQUENCE s SET LOGGED", {"expressions of sequences in schema public"}}});
  ExpectProofAgrees();
}

TEST_F(DefinitionGapsTest, ByWhoseGrantARightIsHeldIsSeen) {
  Sql(name_,
      "CREATE TABLE t (i int); GRANT SELECT ON t TO keeper WITH GRANT OPTION;"
      "GRANT SELECT ON t TO reader");
  Sql(name_, "REVOKE SELECT ON t FROM reader; SET ROLE keeper; GRANT SELECT ON t TO reader");
  const auto by_keeper = Prints();
  Sql(name_,
      "SET ROLE keeper; REVOKE SELECT ON t FROM reader; RESET ROLE;"
      "GRANT SELECT ON t TO reader");
  EXPECT_THAT(CompareFingerprints(by_keeper, Prints()),
              ::testing::ElementsAre(::testing::StartsWith("grants in schema public")));
  ExpectProofAgrees();
  Sql(name_,
      "REVOKE SELECT ON t FROM reader; SET ROLE keeper; GRANT SELECT ON t TO reader;"
      "RESET ROLE; SELECT lo_create(4711); GRANT SELECT ON LARGE OBJECT 4711 TO keeper WITH GRANT"
      " OPTION; SET ROLE keeper; GRANT SELECT ON LARGE OBJECT 4711 TO reader");
  ExpectProofAgrees();
}

TEST_F(DefinitionGapsTest, GrantsOnColumnsOfTheServersTablesAreSeen) {
  ExpectSeen({{"GRANT SELECT (rolpassword) ON pg_authid TO reader",
               {"grants in schema pg_catalog: not expected"}}});
  ExpectProofAgrees();
}

}  // namespace
}  // namespace dbstow::postgres
