#include "engines/postgres/pg_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/postgres/pg_selection.h"

namespace dbstow::postgres {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

PgArchiveEntry Entry(int id, const std::string& desc, const std::string& tag,
                     std::vector<std::int32_t> dependencies,
                     PgSection section = PgSection::kPreData) {
  PgArchiveEntry entry;
  entry.dump_id = id;
  entry.catalog_oid = desc == "TABLE" || desc == "SEQUENCE" || desc == "VIEW" ? 1259 : 1;
  entry.oid = static_cast<std::uint32_t>(id);
  entry.desc = desc;
  entry.tag = tag;
  entry.namespace_name = desc == "SCHEMA" || desc == "PUBLICATION" ? "" : "app";
  entry.section = section;
  entry.owner = "ann";
  entry.dependencies = std::move(dependencies);
  return entry;
}

// app.orders -> app.customers, with what usually hangs on tables.
PgArchive Shop() {
  constexpr PgSection kPost = PgSection::kPostData;
  PgArchive archive;
  archive.entries = {
      Entry(1, "SCHEMA", "app", {}),
      Entry(2, "TYPE", "state", {1}),
      Entry(3, "FUNCTION", "note()", {1}),
      Entry(4, "TABLE", "customers", {1}),
      Entry(5, "TABLE", "orders", {1, 2}),
      Entry(6, "SEQUENCE", "orders_id_seq", {1, 5}),
      Entry(7, "SEQUENCE OWNED BY", "orders_id_seq", {6}),
      Entry(8, "DEFAULT", "orders id", {5, 6}),
      Entry(9, "VIEW", "spending", {1, 4, 5}),
      Entry(10, "CONSTRAINT", "customers customers_pkey", {4}, kPost),
      Entry(11, "INDEX", "orders_at", {5}, kPost),
      Entry(12, "FK CONSTRAINT", "orders orders_customer", {5, 4, 10}, kPost),
      Entry(13, "TRIGGER", "orders changed", {5, 3}, kPost),
      Entry(14, "COMMENT", "INDEX orders_at", {11}, PgSection::kNone),
      Entry(15, "TABLE", "parts", {1}),
      Entry(16, "TABLE", "parts_1", {1}),
      Entry(17, "TABLE ATTACH", "parts_1", {16, 15}),
      Entry(18, "PUBLICATION", "everything", {}, kPost),
      Entry(19, "PUBLICATION TABLE", "everything orders", {18, 5}, kPost),
      Entry(20, "ACL", "TABLE orders", {5}, PgSection::kNone),
  };
  return archive;
}

std::vector<int> Ids(const PgSelection& selection) {
  std::vector<int> ids;
  for (const PgArchiveEntry& entry : selection.archive.entries) ids.push_back(entry.dump_id);
  return ids;
}

Result<PgSelection> SelectFrom(const StringMap& mapping) {
  DBSTOW_ASSIGN(const RestoreMapping parsed, RestoreMapping::Parse(mapping));
  return Select(parsed, Shop());
}

TEST(Selection, TakesATableWithItsPartsAndNeeds) {
  const auto selection = SelectFrom({{"tables", "app.orders"}});
  ASSERT_TRUE(selection) << selection.error().ToString();
  EXPECT_THAT(Ids(*selection), ElementsAre(1, 2, 3, 5, 6, 7, 8, 11, 13, 14, 20));
  EXPECT_TRUE(selection->ContainsRelation(5));
  EXPECT_TRUE(selection->ContainsRelation(6));
  EXPECT_FALSE(selection->ContainsRelation(4));
  EXPECT_FALSE(selection->large_objects);
  EXPECT_THAT(selection->warnings, Contains(HasSubstr("orders_customer")));
}

TEST(Selection, KeepsAForeignKeyWhenBothSidesAreSelected) {
  const auto selection = SelectFrom({{"tables", "orders,customers"}});
  ASSERT_TRUE(selection);
  EXPECT_THAT(Ids(*selection), Contains(12));
  EXPECT_THAT(selection->warnings, Not(Contains(HasSubstr("orders_customer"))));
}

TEST(Selection, PullsTheTablesOfAViewAndSaysSo) {
  const auto selection = SelectFrom({{"tables", "app.spend*"}});
  ASSERT_TRUE(selection);
  EXPECT_THAT(Ids(*selection), ::testing::IsSupersetOf({4, 5, 9, 10, 12}));
  EXPECT_THAT(selection->warnings, Contains(HasSubstr("app.customers is restored too")));
}

TEST(Selection, TakesPartitionsWithTheirTableButNotTheOtherWayRound) {
  EXPECT_THAT(Ids(*SelectFrom({{"tables", "app.parts"}})), ElementsAre(1, 15, 16, 17));
  const auto partition = SelectFrom({{"tables", "app.parts_1"}});
  EXPECT_THAT(Ids(*partition), ElementsAre(1, 16));
  EXPECT_THAT(partition->warnings, Contains(HasSubstr("TABLE ATTACH app.parts_1 is left out")));
}

TEST(Selection, NamesTheNearestObjectWhenNothingMatches) {
  const auto selection = SelectFrom({{"tables", "app.order"}});
  ASSERT_FALSE(selection);
  EXPECT_EQ(selection.error().code(), ErrorCode::kInvalidOptions);
  EXPECT_THAT(selection.error().hint(), HasSubstr("app.orders"));
  EXPECT_FALSE(SelectFrom({{"schemas", "ap"}}));
}

TEST(Selection, TakesEverythingWithoutPatterns) {
  const auto selection = SelectFrom({{"owner:ann", "bob"}});
  ASSERT_TRUE(selection);
  EXPECT_EQ(selection->archive.entries.size(), Shop().entries.size());
  EXPECT_TRUE(selection->large_objects);
}

TEST(NamePattern, KnowsQuotesAndStars) {
  const auto patterns = NamePattern::ParseList("app.ord*,\"a.b\".\"c,\"\"d*\",x*y*z");
  ASSERT_TRUE(patterns) << patterns.error().ToString();
  ASSERT_EQ(patterns->size(), 3u);
  EXPECT_TRUE((*patterns)[0].Matches("app", "orders"));
  EXPECT_FALSE((*patterns)[0].Matches("apps", "orders"));
  EXPECT_TRUE((*patterns)[1].Matches("a.b", "c,\"d*"));
  EXPECT_FALSE((*patterns)[1].Matches("a.b", "c,\"dx"));
  EXPECT_TRUE((*patterns)[2].Matches("any", "xayz"));
  EXPECT_FALSE((*patterns)[2].Matches("any", "xz"));
  for (const char* bad : {"", "a..b", "a.b.c", "\"a", ",", "a,"}) {
    EXPECT_FALSE(NamePattern::ParseList(bad)) << bad;
  }
}

TEST(NamePattern, DottedNamesComeBack) {
  for (const char* name : {"plain", "a.b", "a\"b", "a,b", "a*b", "", " ", "é"}) {
    const auto parsed = DottedName::Parse(WriteDotted("sche.ma", name));
    ASSERT_TRUE(parsed) << name;
    EXPECT_EQ(parsed->schema, "sche.ma");
    EXPECT_EQ(parsed->name, name);
  }
}

TEST(Mapping, RefusesContradictions) {
  for (const StringMap& bad : std::vector<StringMap>{{{"table:orders", "x"}},
                                                     {{"table:app.*", "x"}},
                                                     {{"schema:a", "x"}, {"schema:b", "x"}},
                                                     {{"schema:a", ""}},
                                                     {{"owner:a", ""}},
                                                     {{"table:a.b", "x"}, {"table:a.c", "x"}}}) {
    const auto parsed = RestoreMapping::Parse(bad);
    ASSERT_FALSE(parsed) << bad.begin()->first;
    EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalidOptions);
  }
}

TEST(Mapping, RefusesNamesThatTheBackupDoesNotHold) {
  for (const auto& [key, near] : std::map<std::string, std::string>{
           {"schema:ap", "app"}, {"table:app.order", "app.orders"}, {"owner:an", "ann"}}) {
    const auto mapping = RestoreMapping::Parse({{key, "x"}});
    ASSERT_TRUE(mapping);
    PgArchive archive = Shop();
    const auto applied = ApplyMapping(*mapping, {"shop", "shop2", {}}, archive);
    ASSERT_FALSE(applied) << key;
    EXPECT_THAT(applied.error().hint(), HasSubstr(near));
  }
}

TEST(Mapping, ADatabaseNameMustAgreeWithTheTarget) {
  PgArchive archive = Shop();
  EXPECT_TRUE(ApplyMapping(*RestoreMapping::Parse({{"database:shop", "new"}}), {"shop", "new", {}},
                           archive));
  EXPECT_FALSE(ApplyMapping(*RestoreMapping::Parse({{"database:shop", "new"}}),
                            {"shop", "other", {}}, archive));
}

TEST(Mapping, ReplacesOwnersTablespacesAndGrants) {
  PgArchive archive = Shop();
  archive.entries[4].tablespace = "slow";
  archive.entries[19].defn = "GRANT SELECT ON TABLE app.orders TO ann;\n";
  const auto mapping = RestoreMapping::Parse({{"owner:ann", "Bob's"}, {"tablespace:slow", "fast"}});
  const auto warnings = ApplyMapping(*mapping, {"shop", "shop", {}}, archive);
  ASSERT_TRUE(warnings);
  EXPECT_THAT(*warnings, IsEmpty());
  EXPECT_EQ(archive.entries[4].owner, "Bob's");
  EXPECT_EQ(archive.entries[4].tablespace, "fast");
  EXPECT_EQ(archive.entries[19].defn, "GRANT SELECT ON TABLE app.orders TO \"Bob's\";\n");
}

TEST(Mapping, ReplacesRolesInGrantsOnly) {
  const std::map<std::string, std::string> roles{{"ann", "bob"}, {"Odd \"R\"", "x"}};
  EXPECT_EQ(ReplaceGrantRoles("GRANT ALL ON FUNCTION app.ann(ann integer) TO ann WITH GRANT "
                              "OPTION;\nREVOKE ALL ON TABLE ann FROM \"Odd \"\"R\"\"\";",
                              roles),
            "GRANT ALL ON FUNCTION app.ann(ann integer) TO \"bob\" WITH GRANT OPTION;\n"
            "REVOKE ALL ON TABLE ann FROM \"x\";");
  EXPECT_EQ(ReplaceGrantRoles("SET SESSION AUTHORIZATION ann;\nGRANT INSERT ON TABLE \"TO\" TO "
                              "PUBLIC;\nRESET SESSION AUTHORIZATION;\n",
                              roles),
            "SET SESSION AUTHORIZATION \"bob\";\nGRANT INSERT ON TABLE \"TO\" TO PUBLIC;\n"
            "RESET SESSION AUTHORIZATION;\n");
  EXPECT_EQ(ReplaceGrantRoles("ALTER DEFAULT PRIVILEGES FOR ROLE ann IN SCHEMA ann GRANT SELECT "
                              "ON TABLES  TO carl;",
                              roles),
            "ALTER DEFAULT PRIVILEGES FOR ROLE \"bob\" IN SCHEMA ann GRANT SELECT ON TABLES  TO "
            "carl;");
}

TEST(Mapping, ReplacesRolesInUserMappings) {
  PgArchive archive = Shop();
  const auto add = [&archive](int id, const std::string& role, const std::string& options) {
    PgArchiveEntry entry = Entry(id, "USER MAPPING", "USER MAPPING " + role + " SERVER ann", {});
    entry.defn = "CREATE USER MAPPING FOR " + role + " SERVER ann" + options + ";\n";
    archive.entries.push_back(entry);
  };
  add(30, "ann", " OPTIONS (\n    \"user\" 'ann'\n)");
  add(31, "carl", "");
  add(32, "public", "");
  const auto warnings =
      ApplyMapping(*RestoreMapping::Parse({{"owner:ann", "Bob's"}, {"owner:carl", "Bob's"}}),
                   {"shop", "shop", {"carl"}}, archive);
  ASSERT_TRUE(warnings) << warnings.error().ToString();
  EXPECT_THAT(*warnings, ElementsAre(HasSubstr("USER MAPPING carl SERVER ann is left out")));
  ASSERT_EQ(archive.entries.size(), Shop().entries.size() + 2);
  const auto last = archive.entries.end();
  EXPECT_EQ(last[-2].defn,
            "CREATE USER MAPPING FOR \"Bob's\" SERVER ann OPTIONS (\n    \"user\" 'ann'\n);\n");
  EXPECT_EQ(last[-1].defn, "CREATE USER MAPPING FOR public SERVER ann;\n");
}

TEST(Mapping, WarnsOfRolesInPolicies) {
  PgArchive archive = Shop();
  PgArchiveEntry policy = Entry(30, "POLICY", "orders own", {5}, PgSection::kPostData);
  policy.defn = "CREATE POLICY own ON app.orders TO ann USING (true);";
  archive.entries.push_back(policy);
  const auto warnings =
      ApplyMapping(*RestoreMapping::Parse({{"owner:ann", "bob"}}), {"shop", "shop", {}}, archive);
  ASSERT_TRUE(warnings);
  EXPECT_THAT(*warnings, ElementsAre(HasSubstr("names the role ann")));
}

}  // namespace
}  // namespace dbstow::postgres
