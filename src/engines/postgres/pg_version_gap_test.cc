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
