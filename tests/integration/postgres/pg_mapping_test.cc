#include "engines/postgres/pg_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "engines/postgres/pg_archive_toc.h"
#include "engines/postgres/pg_connection.h"
#include "engines/postgres/pg_quote.h"
#include "engines/postgres/pg_rename.h"
#include "engines/postgres/pg_selection.h"
#include "support/fakes.h"
#include "support/pg_compare.h"
#include "support/postgres_server.h"

namespace dbstow::postgres {
namespace {

using test::PostgresServer;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MappingOnServer : public ::testing::Test {
 protected:
  // The server is shared by the tests of this program; so is its shop.
  static Result<PgArchive> ShopArchive(const PostgresServer& server) {
    DBSTOW_ASSIGN(
        const std::string there,
        server.QueryValue("postgres", "SELECT count(*) FROM pg_database WHERE datname = 'shop'"));
    if (there == "0") DBSTOW_TRY(test::CreateShop(server, "shop", "0.002"));
    DBSTOW_ASSIGN(const auto dump, server.RunTool("pg_dump", {"-Fc", "-s", "-d", "shop"}));
    return ParseArchive(AsBytes(dump.output));
  }

  // What pg_restore says to the archive without data, in an empty database.
  static std::string RestoreSchema(const PostgresServer& server, const PgArchive& archive) {
    const test::ScratchFolder folder;
    const auto toc = WriteDirectoryToc(archive, TimePoint{});
    if (!toc) return toc.error().ToString();
    std::ofstream(folder / "toc.dat", std::ios::binary) << *toc;
    (void)server.Query("postgres", "DROP DATABASE IF EXISTS part");
    (void)server.CreateDatabase("part");
    const auto restored =
        server.RunTool("pg_restore", {"--exit-on-error", "-d", "part", folder.path()});
    return restored ? restored->errors : restored.error().ToString();
  }

  static std::unique_ptr<PgSession> Open(const PostgresServer& server, const std::string& database,
                                         test::TestContext& context) {
    context.secrets.by_key["key"] = server.password();
    ConnectionInfo connection;
    connection.host = server.host();
    connection.port = server.port();
    connection.database = database;
    connection.credentials.username = server.superuser();
    connection.credentials.secret_ref = {"test", "key"};
    auto session = PgSession::Open(connection, context.context);
    EXPECT_TRUE(session) << session.error().ToString();
    return session ? std::move(*session) : nullptr;
  }
};

// The closure is complete when the server's own tool can create every selection from nothing.
TEST_F(MappingOnServer, EveryRelationCanBeRestoredAlone) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  const auto archive = ShopArchive(server);
  ASSERT_TRUE(archive) << archive.error().ToString();
  int tried = 0;
  for (const PgArchiveEntry& entry : archive->entries) {
    if (entry.desc != "TABLE" && entry.desc != "VIEW" && entry.desc != "MATERIALIZED VIEW" &&
        entry.desc != "FOREIGN TABLE" && entry.desc != "SEQUENCE") {
      continue;
    }
    RestoreMapping mapping;
    const std::string name = WriteDotted(entry.namespace_name, entry.tag);
    mapping.table_selection.push_back(*NamePattern::Parse(name));
    const auto selection = Select(mapping, *archive);
    ASSERT_TRUE(selection) << name << ": " << selection.error().ToString();
    EXPECT_LT(selection->archive.entries.size(), archive->entries.size()) << name;
    EXPECT_EQ(RestoreSchema(server, selection->archive), "") << name;
    EXPECT_EQ(
        server
            .QueryValue("part",
                        "SELECT count(*) FROM pg_class WHERE oid = to_regclass(" +
                            test::SqlLiteral(QuoteQualified(entry.namespace_name, entry.tag)) + ")")
            .value_or("?"),
        "1")
        << name;
    ++tried;
  }
  EXPECT_GT(tried, 50);
}

TEST_F(MappingOnServer, ASchemaCanBeRestoredAlone) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  const auto archive = ShopArchive(server);
  ASSERT_TRUE(archive);
  for (const char* schema : {"warehouse", "shop", "\"Odd \"\"Schema\"\" é\""}) {
    const auto mapping = RestoreMapping::Parse({{"schemas", schema}});
    const auto selection = Select(*mapping, *archive);
    ASSERT_TRUE(selection) << selection.error().ToString();
    EXPECT_EQ(RestoreSchema(server, selection->archive), "") << schema;
  }
}

TEST_F(MappingOnServer, SelectedTableIsWhole) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  const auto archive = ShopArchive(server);
  ASSERT_TRUE(archive);
  const auto mapping = RestoreMapping::Parse({{"tables", "shop.orders"}});
  const auto selection = Select(*mapping, *archive);
  ASSERT_TRUE(selection);
  EXPECT_EQ(RestoreSchema(server, selection->archive), "");
  const auto count = [&server = server](const std::string& sql) {
    return server.QueryValue("part", sql).value_or("?") + " of " +
           server.QueryValue("shop", sql).value_or("?");
  };
  EXPECT_EQ(count("SELECT count(*) FROM pg_inherits WHERE inhparent = 'shop.orders'::regclass"),
            "7 of 7");
  EXPECT_EQ(count("SELECT count(*) FROM pg_index WHERE indrelid = 'shop.orders'::regclass"),
            "3 of 3");
  EXPECT_EQ(count("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'shop.orders'::regclass AND "
                  "NOT tgisinternal"),
            "1 of 1");
  EXPECT_EQ(count("SELECT count(*) FROM pg_statistic_ext WHERE stxrelid = 'shop.orders'::regclass"),
            "1 of 1");
  EXPECT_EQ(count("SELECT relacl::text = relacl::text FROM pg_class WHERE oid = "
                  "'shop.orders'::regclass"),
            "t of t");
}

TEST_F(MappingOnServer, OwnersAreReplacedWhereverPgDumpNamesThem) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  auto archive = ShopArchive(server);
  ASSERT_TRUE(archive);
  (void)server.CreateRole("New Owner", "NOLOGIN", "x");
  const auto mapping = RestoreMapping::Parse({{"owner:shop_owner", "New Owner"}});
  const auto warnings = ApplyMapping(*mapping, {"shop", "part", {}}, *archive);
  ASSERT_TRUE(warnings) << warnings.error().ToString();
  EXPECT_EQ(RestoreSchema(server, *archive), "");
  EXPECT_EQ(server
                .QueryValue("part",
                            "SELECT count(*) FROM pg_shdepend s JOIN pg_roles r ON r.oid = "
                            "refobjid WHERE rolname = 'shop_owner' AND dbid = (SELECT oid FROM "
                            "pg_database WHERE datname = 'part')")
                .value_or("?"),
            "0");
  EXPECT_EQ(server
                .QueryValue("part",
                            "SELECT tableowner FROM pg_tables WHERE tablename = "
                            "'customers'")
                .value_or("?"),
            "New Owner");
}

TEST_F(MappingOnServer, RenamesSwapAndMove) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  test::TestContext context;
  ASSERT_TRUE(server.CreateDatabase("renamed"));
  ASSERT_TRUE(server.Query(
      "renamed",
      "CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.one AS SELECT 1 AS n;"
      "CREATE TABLE a.two AS SELECT 2 AS n; CREATE VIEW b.v AS SELECT n FROM a.one;"
      "CREATE FUNCTION b.f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM a.one'"));
  const auto session = Open(server, "renamed", context);
  ASSERT_TRUE(session);
  const auto mapping = RestoreMapping::Parse({{"schema:a", "b"},
                                              {"schema:b", "a"},
                                              {"table:a.one", "two"},
                                              {"table:a.two", "a.one"},
                                              {"table:b.v", "\"the \"\"view\"\"\""}});
  ASSERT_TRUE(mapping) << mapping.error().ToString();
  const auto warnings = RenameObjects(*session, *mapping);
  ASSERT_TRUE(warnings) << warnings.error().ToString();
  EXPECT_THAT(*warnings, Contains(HasSubstr("a.f()")));
  EXPECT_EQ(server.QueryValue("renamed", "SELECT n FROM b.two").value_or("?"), "1");
  EXPECT_EQ(server.QueryValue("renamed", "SELECT n FROM a.\"the \"\"view\"\"\"").value_or("?"),
            "1");
}

// What shows the new name by itself is not told.
TEST_F(MappingOnServer, ATextThatSaysAnOldNameIsTold) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  test::TestContext context;
  ASSERT_TRUE(server.CreateDatabase("literals"));
  ASSERT_TRUE(server.Query(
      "literals",
      "CREATE SCHEMA \"s.x\"; CREATE SEQUENCE \"s.x\".n; CREATE FUNCTION f() RETURNS trigger"
      " LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
      "CREATE TABLE \"s.x\".t (a int DEFAULT nextval('\"s.x\".n'), b int DEFAULT"
      " nextval('\"s.x\".n'::text), c text CHECK (c <> 'it''s s.x'), d text DEFAULT 's.xy s-x');"
      "CREATE VIEW v AS SELECT 's.x.t'::text AS a, b FROM \"s.x\".t;"
      "CREATE TRIGGER g BEFORE INSERT ON \"s.x\".t FOR EACH ROW EXECUTE FUNCTION f('s.x.t');"
      "CREATE TRIGGER h BEFORE INSERT ON \"s.x\".t FOR EACH ROW EXECUTE FUNCTION f('x')"));
  const auto session = Open(server, "literals", context);
  ASSERT_TRUE(session);
  const auto mapping = RestoreMapping::Parse({{"schema:s.x", "new"}});
  ASSERT_TRUE(mapping) << mapping.error().ToString();
  const auto warnings = RenameObjects(*session, *mapping);
  ASSERT_TRUE(warnings) << warnings.error().ToString();
  EXPECT_THAT(*warnings,
              ::testing::ElementsAre(HasSubstr("check t_c_check"), HasSubstr("default of new.t.b"),
                                     HasSubstr("trigger g on new.t"), HasSubstr("view public.v")));
}

TEST_F(MappingOnServer, AFailedRenameChangesNothing) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  test::TestContext context;
  ASSERT_TRUE(server.CreateDatabase("taken"));
  ASSERT_TRUE(server.Query("taken", "CREATE TABLE one (); CREATE TABLE two ()"));
  const auto session = Open(server, "taken", context);
  const auto mapping = RestoreMapping::Parse({{"schema:public", "x"}, {"table:public.one", "two"}});
  const auto renamed = RenameObjects(*session, *mapping);
  ASSERT_FALSE(renamed);
  EXPECT_EQ(renamed.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(server.QueryValue("taken", "SELECT to_regclass('public.one')::text").value_or("?"),
            "one");
}

}  // namespace
}  // namespace dbstow::postgres
