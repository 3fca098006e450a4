#include "engines/postgres/pg_version_gap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbstow::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PgArchive ArchiveOf(const std::string& server, const std::string& desc, const std::string& ddl) {
  PgArchive archive;
  archive.server_version = server;
  PgArchiveEntry entry;
  entry.desc = desc;
  entry.tag = "thing";
  entry.namespace_name = "shop";
  entry.defn = ddl;
  archive.entries.push_back(entry);
  return archive;
}

TEST(VersionGap, AnOlderOrEqualSourceNeedsNoWord) {
  const PgArchive archive =
      ArchiveOf("15.4 (Debian)", "INDEX", "CREATE UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT");
  for (const int here : {150000, 150009, 180001}) {
    const auto warnings = CompareVersions(archive, here);
    ASSERT_TRUE(warnings) << here;
    EXPECT_THAT(*warnings, IsEmpty());
  }
}

TEST(VersionGap, ANewerSourceIsAWarning) {
  const auto warnings =
      CompareVersions(ArchiveOf("18.1", "TABLE", "CREATE TABLE shop.thing (i int)"), 150004);
  ASSERT_TRUE(warnings) << warnings.error().ToString();
  EXPECT_THAT(*warnings, ElementsAre(HasSubstr("of PostgreSQL 18.1, the server is 15")));
}

struct Refusal {
  const char* desc;
  const char* ddl;
  int last;  ///< the newest version that refuses it
};

TEST(VersionGap, WhatTheServerCannotKnowIsRefusedByName) {
  for (const Refusal& each : std::vector<Refusal>{
           {"FUNCTION", "CREATE FUNCTION f() RETURNS int\n    LANGUAGE sql\n    BEGIN ATOMIC\n ",
            13},
           {"TABLE", "CREATE TABLE t (a text);\nALTER TABLE t ALTER a SET COMPRESSION pglz;", 13},
           {"PUBLICATION TABLES IN SCHEMA", "ALTER PUBLICATION p ADD TABLES IN SCHEMA s;", 14},
           {"CONSTRAINT", "ALTER TABLE t ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a)", 14},
           {"DATABASE", "CREATE DATABASE d WITH LOCALE_PROVIDER = icu LOCALE = 'x'", 14},
           {"COLLATION", "CREATE COLLATION c (provider = icu, rules = '&a')", 15},
           {"ACL", "GRANT SELECT,MAINTAIN ON TABLE t TO r", 16},
           {"SEQUENCE", "CREATE UNLOGGED SEQUENCE s\n    START WITH 1", 14},
           {"FK CONSTRAINT",
            "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a, b)"
            " REFERENCES u(a, b) ON DELETE SET NULL (a);",
            14},
           {"PUBLICATION TABLE", "ALTER PUBLICATION p ADD TABLE ONLY t (b) WHERE ((a > 1));", 14},
           {"VIEW", "CREATE VIEW v AS\n SELECT (t.a IS JSON OBJECT) AS j FROM t;", 15},
           {"VIEW", "CREATE VIEW v AS\n SELECT JSON_VALUE(t.a, '$') AS j FROM t;", 16},
           {"TABLE",
            "CREATE TABLE t (\n    a integer\n)\nPARTITION BY RANGE (a);\n\n"
            "ALTER TABLE t SET ACCESS METHOD m;",
            16},
           {"DEFAULT ACL", "ALTER DEFAULT PRIVILEGES FOR ROLE o GRANT MAINTAIN ON TABLES TO r;",
            16},
           {"EVENT TRIGGER", "CREATE EVENT TRIGGER e ON login\n   EXECUTE FUNCTION f();", 16},
           {"COLLATION", "CREATE COLLATION c (provider = builtin, locale = 'C.UTF-8');", 16},
           {"DATABASE", "CREATE DATABASE d WITH LOCALE_PROVIDER = builtin LOCALE = 'C'", 16},
           {"TABLE",
            "CREATE TABLE t (\n    a integer,\n"
            "    b integer GENERATED ALWAYS AS ((a + 1)) STORED,\n"
            "    c integer GENERATED ALWAYS AS (((a * 2) + length(')'::text)))\n);",
            17},
           {"TABLE", "CREATE TABLE t (\n    a integer CONSTRAINT x NOT NULL NO INHERIT\n);", 17},
           {"TABLE", "CREATE TABLE t (\n    CONSTRAINT \"a name\" NOT NULL a\n)\nINHERITS (p);",
            17},
           {"TABLE", "CREATE TABLE t (\n    NOT NULL a\n)\nINHERITS (p);", 17},
           {"CONSTRAINT", "ALTER TABLE t\n    ADD CONSTRAINT n NOT NULL a NOT VALID;", 17},
           {"CHECK CONSTRAINT", "ALTER TABLE t\n    ADD CONSTRAINT c CHECK ((a > 0)) NOT ENFORCED;",
            17},
           {"CONSTRAINT",
            "ALTER TABLE ONLY t\n    ADD CONSTRAINT p PRIMARY KEY"
            " (a, v WITHOUT OVERLAPS);",
            17},
           {"FK CONSTRAINT",
            "ALTER TABLE ONLY t\n    ADD CONSTRAINT f FOREIGN KEY (a, PERIOD v)"
            " REFERENCES u(a, PERIOD v);",
            17},
           {"DEFAULT ACL",
            "ALTER DEFAULT PRIVILEGES FOR ROLE o GRANT SELECT ON LARGE OBJECTS TO r;", 17},
           {"FK CONSTRAINT", "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) NOT ENFORCED", 17}}) {
    const PgArchive archive = ArchiveOf("19.0", each.desc, each.ddl);
    const auto refused = CompareVersions(archive, each.last * 10000 + 5);
    ASSERT_FALSE(refused) << each.desc;
    EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupportedCapability);
    EXPECT_THAT(refused.error().message(),
                HasSubstr("shop.thing needs PostgreSQL " + std::to_string(each.last + 1)));
    EXPECT_THAT(refused.error().hint(), HasSubstr("version " + std::to_string(each.last + 1)));
    EXPECT_TRUE(CompareVersions(archive, (each.last + 1) * 10000)) << each.desc;
  }
}

// What looks alike and every version knows.
TEST(VersionGap, OldWordsAreNotMistakenForNewOnes) {
  for (const auto& [desc, ddl] : std::vector<std::pair<const char*, const char*>>{
           {"TABLE",
            "CREATE TABLE t (\n    a integer CONSTRAINT n NOT NULL,\n    b integer NOT NULL,\n"
            "    c integer GENERATED ALWAYS AS ((a + b)) STORED,\n"
            "    CONSTRAINT k CHECK ((a IS NOT NULL))\n);\n\n"
            "ALTER TABLE t ALTER COLUMN b ADD GENERATED ALWAYS AS IDENTITY (\n"
            "    SEQUENCE NAME s\n);"},
           {"CHECK CONSTRAINT",
            "ALTER TABLE t\n    ADD CONSTRAINT c CHECK ((a IS NOT NULL)) NOT VALID;"},
           {"PUBLICATION TABLE", "ALTER PUBLICATION p ADD TABLE ONLY \"t (b)\";"},
           {"FK CONSTRAINT",
            "ALTER TABLE t\n    ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u(a)"
            " ON DELETE SET NULL NOT VALID;"},
           {"VIEW", "CREATE VIEW v AS\n SELECT shop.json_value(t.a) AS \"JSON(\" FROM t;"}}) {
    const auto compared = CompareVersions(ArchiveOf("18.1", desc, ddl), 140000);
    EXPECT_TRUE(compared) << desc << ": " << compared.error().ToString();
  }
}

// It depends on the table, which another entry makes.
TEST(VersionGap, ConstraintsThatPartitionedTablesGotLate) {
  PgArchive archive = ArchiveOf("18.1", "TABLE", "CREATE TABLE t (\n    a integer\n)");
  archive.entries[0].dump_id = 1;
  PgArchiveEntry key = archive.entries[0];
  key.dump_id = 2;
  key.desc = "CONSTRAINT";
  key.tag = "thing ex";
  key.defn = "ALTER TABLE ONLY t\n    ADD CONSTRAINT ex EXCLUDE USING btree (a WITH =);";
  key.dependencies = {1};
  archive.entries.push_back(key);
  EXPECT_TRUE(CompareVersions(archive, 160000));
  archive.entries[0].defn += "\nPARTITION BY RANGE (a);";
  EXPECT_FALSE(CompareVersions(archive, 160000));
  EXPECT_TRUE(CompareVersions(archive, 170000));
  archive.entries[1].desc = "FK CONSTRAINT";
  archive.entries[1].defn =
      "ALTER TABLE t\n    ADD CONSTRAINT ex FOREIGN KEY (a) REFERENCES u(a) NOT VALID;";
  EXPECT_FALSE(CompareVersions(archive, 170000));
  EXPECT_TRUE(CompareVersions(archive, 180000));
}

TEST(VersionGap, WordsInQuotesAreNone) {
  EXPECT_TRUE(CompareVersions(
      ArchiveOf("19.0", "FUNCTION",
                "CREATE FUNCTION f() RETURNS text\n    LANGUAGE sql\n    AS $$ BEGIN ATOMIC $$"),
      130000));
  EXPECT_TRUE(CompareVersions(
      ArchiveOf("19.0", "TABLE", "CREATE TABLE t (a text DEFAULT 'NULLS NOT DISTINCT')"), 130000));
}

}  // namespace
}  // namespace dbstow::postgres
