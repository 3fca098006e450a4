#include "engines/postgres/pg_archive_sql.h"

#include <gtest/gtest.h>

namespace dbstow::postgres {
namespace {

PgArchive ArchiveOf(const std::string& create) {
  PgArchiveEntry entry;
  entry.desc = "DATABASE";
  entry.defn = create;
  PgArchive archive;
  archive.entries.push_back(entry);
  return archive;
}

TEST(DatabaseParameters, AreWhatStandsBehindTheName) {
  EXPECT_EQ(DatabaseParameters(ArchiveOf("CREATE DATABASE \"a b\"\"c\" WITH TEMPLATE = template0 "
                                         "ENCODING = 'UTF8' LOCALE = 'C' TABLESPACE = fast;\n")),
            " WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'C'");
  EXPECT_EQ(DatabaseParameters(PgArchive()), "");
}

// pg_dump 15 about a server of version 14.
TEST(DatabaseParameters, NameNoProviderToAServerThatKnowsNone) {
  const std::string newer = " WITH TEMPLATE = template0 LOCALE_PROVIDER = libc LOCALE = 'C.UTF-8'";
  EXPECT_EQ(ParametersFor(newer, 140000), " WITH TEMPLATE = template0 LOCALE = 'C.UTF-8'");
  EXPECT_EQ(ParametersFor(newer, 150000), newer);
  const std::string older = " WITH TEMPLATE = template0 LOCALE = 'C.UTF-8'";
  EXPECT_EQ(ParametersFor(older, 140000), older);
}

TEST(DatabaseParameters, LeaveQuotedTextAlone) {
  const std::string odd = " WITH TEMPLATE = \"a LOCALE_PROVIDER = libc\"";
  EXPECT_EQ(ParametersFor(odd, 140000), odd);
}

TEST(Definition, OfAPartitionedTableIsNotUnloggedFrom18On) {
  PgArchiveEntry entry;
  entry.desc = "TABLE";
  entry.defn = "CREATE UNLOGGED TABLE public.t (\n    a text DEFAULT 'UNLOGGED '::text\n)";
  EXPECT_EQ(DefinitionFor(entry, 180000), entry.defn);
  entry.defn += "\nPARTITION BY RANGE (a);\n";
  EXPECT_EQ(DefinitionFor(entry, 170005), entry.defn);
  EXPECT_EQ(DefinitionFor(entry, 180000),
            "CREATE TABLE public.t (\n    a text DEFAULT 'UNLOGGED '::text\n)"
            "\nPARTITION BY RANGE (a);\n");
}

TEST(Statements, EndOutsideOfQuotes) {
  EXPECT_EQ(
      SplitStatements("REVOKE ALL ON TABLE \"a;b\" FROM x;\nGRANT ALL ON TABLE t TO \"y;\";\n"),
      (std::vector<std::string>{"REVOKE ALL ON TABLE \"a;b\" FROM x",
                                "GRANT ALL ON TABLE t TO \"y;\""}));
  EXPECT_EQ(SplitStatements(" \n"), std::vector<std::string>());
}

}  // namespace
}  // namespace dbstow::postgres
