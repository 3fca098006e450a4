#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/postgres/pg_schema_apply.h"
#include "integration/postgres/restore_fixture.h"

namespace dbstow::postgres {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Restores by a role that may create databases, and little else.
class RestoreRightsTest : public RestoreTest {
 protected:
  void SetUp() override {
    RestoreTest::SetUp();
    if (server_ == nullptr) return;
    ASSERT_TRUE(server_->CreateRole("creator", "LOGIN CREATEDB", "creator"));
    Sql("postgres", "CREATE ROLE guild");
  }
  void TearDown() override {
    RestoreTest::TearDown();
    if (server_ == nullptr) return;
    Sql("postgres", "DROP ROLE IF EXISTS creator");
    Sql("postgres", "DROP ROLE IF EXISTS guild");
  }
  [[nodiscard]] Result<RestoreResult> RestoreAsCreator(RestoreOptions options = {}) {
    return Restore(ConnectionAs("creator", "postgres"), std::move(options));
  }
};

// CREATEDB is enough: the new owner may not create in a schema that is the restoring role's own.
TEST_F(RestoreRightsTest, AnOwnerWhomTheServerRefusesIsAWarning) {
  Sql("postgres", "GRANT guild TO creator");
  Sql(name_,
      "CREATE SCHEMA app; CREATE TABLE app.t AS SELECT 1 AS i; ALTER TABLE app.t OWNER TO guild");
  BackUp();
  const auto restored = RestoreAsCreator();
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->warnings,
              Contains(AllOf(HasSubstr("objects of role guild belong to the restoring role"),
                             HasSubstr("schema app"))));
  EXPECT_EQ(Value(target_, "SELECT tableowner FROM pg_tables WHERE tablename = 't'"), "creator");
  EXPECT_EQ(Value(target_, "SELECT count(*) FROM app.t"), "1");
  const auto instance = Instance(ConnectionAs("creator", "postgres"));
  const auto proof = dynamic_cast<SupportsVerify&>(*instance).Prove({"latest", {}}, world_.context);
  ASSERT_TRUE(proof) << proof.error().ToString();
  EXPECT_THAT(proof->differences, ::testing::IsEmpty());
  EXPECT_THAT(proof->warnings, ElementsAre(HasSubstr("are not compared")));
}

// As on tables: the others' grants are made all the same.
TEST_F(RestoreRightsTest, AGrantOnALargeObjectToAMissingRoleIsAWarning) {
  Sql(name_,
      "SELECT lo_from_bytea(4711, 'x'), lo_from_bytea(4712, 'y');"
      "GRANT SELECT ON LARGE OBJECT 4711 TO guild;"
      "GRANT SELECT ON LARGE OBJECT 4712 TO PUBLIC");
  BackUp();
  Sql(name_, "DROP OWNED BY guild");
  Sql("postgres", "DROP ROLE guild");
  const auto restored = RestoreAsCreator();
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->warnings,
              Contains(AllOf(HasSubstr("grants of large objects"), HasSubstr("\"guild\""))));
  EXPECT_THAT(
      Value(target_,
            "SELECT string_agg(concat(oid, encode(lo_get(oid), 'escape'), ' ', lomacl::text),"
            " '; ' ORDER BY oid) FROM pg_largeobject_metadata"),
      AllOf(HasSubstr("4711x {"), HasSubstr("; 4712y {"), HasSubstr(",=r/creator}")));
}

// All grants on an object are one entry of the archive: one role that is missing here, such as the
// source's own superuser, must not take the others' along.
TEST_F(RestoreRightsTest, AGrantToAMissingRoleLeavesTheOthers) {
  Sql(name_,
      "CREATE TABLE t (i int); CREATE ROLE reader;"
      "GRANT SELECT ON t TO guild WITH GRANT OPTION; SET ROLE guild; GRANT SELECT ON t TO reader;"
      "RESET ROLE; GRANT INSERT ON t TO PUBLIC");
  BackUp();
  Sql(name_, "DROP OWNED BY guild CASCADE");
  Sql("postgres", "DROP ROLE guild");
  const auto restored = RestoreAsCreator();
  const std::string acl = Value(target_, "SELECT relacl::text FROM pg_class WHERE relname = 't'");
  const auto instance = Instance(ConnectionAs("creator", "postgres"));
  const auto proof = dynamic_cast<SupportsVerify&>(*instance).Prove({"latest", {}}, world_.context);
  Sql(target_, "DROP OWNED BY reader CASCADE");
  Sql("postgres", "DROP ROLE reader");
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->failures, ::testing::IsEmpty());
  EXPECT_THAT(restored->warnings,
              Contains(AllOf(HasSubstr("grants are missing"), HasSubstr("\"guild\""))));
  EXPECT_THAT(acl, AllOf(HasSubstr("=a/creator"), HasSubstr("reader=r/creator")));
  ASSERT_TRUE(proof) << proof.error().ToString();
  EXPECT_THAT(proof->differences, ::testing::IsEmpty());
}

TEST_F(RestoreRightsTest, ATablespaceThatIsClosedToTheRoleIsAWarning) {
  const std::string folder = server_->socket_folder() + "/closed";
  Sql("postgres", "COPY (SELECT 1) TO PROGRAM 'mkdir " + folder + "'");
  Sql("postgres", "CREATE TABLESPACE closed LOCATION " + test::SqlLiteral(folder));
  Sql(name_,
      "CREATE TABLE t TABLESPACE closed AS SELECT 1 AS i;"
      "CREATE INDEX ti ON t (i) TABLESPACE closed");
  BackUp();
  const auto restored = RestoreAsCreator();
  Sql(name_, "DROP TABLE t");
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->failures, ::testing::IsEmpty());
  EXPECT_THAT(restored->warnings,
              Contains(HasSubstr("tablespace closed is not open to the restoring role")));
  EXPECT_EQ(Value(target_, "SELECT count(*) FROM pg_class WHERE relname IN ('t', 'ti')"), "2");
  Sql("postgres", "DROP TABLESPACE closed");
}

// Here one that only a superuser may make; elsewhere one that is not installed.
TEST_F(RestoreRightsTest, ASelectionDoesWithoutAnExtensionThatItDoesNotNeed) {
  Sql(name_,
      "CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;"
      "CREATE FOREIGN TABLE far (a text) SERVER files OPTIONS (filename '/none');"
      "CREATE TABLE near AS SELECT 7 AS i");
  BackUp();
  RestoreOptions options;
  options.mapping = {{"tables", "public.near"}};
  const auto restored = RestoreAsCreator(options);
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->failures, ::testing::IsEmpty());
  EXPECT_THAT(restored->warnings, Contains(HasSubstr("extension file_fdw is left out")));
  EXPECT_EQ(Value(target_, "SELECT i FROM near"), "7");
  options.mapping = {{"tables", "public.far"}};
  options.target_name = target_ + " 2";
  const auto refused = RestoreAsCreator(options);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("extension file_fdw"));
}

// From 16 on who is a member may still not act for the role, nor give it anything.
TEST(RightToGive, IsAskedForInTheServersWords) {
  EXPECT_EQ(RestoreRights::RightToGiveTo(150004), "MEMBER");
  EXPECT_EQ(RestoreRights::RightToGiveTo(160000), "SET");
}

}  // namespace
}  // namespace dbstow::postgres
