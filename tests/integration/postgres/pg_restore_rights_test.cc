#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/postgres/pg_schema_apply.h"
#include "integration/postgres/restore_fixture.h"

namespace dbstow::postgres {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

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
  EXPECT_THAT(proof->details.at("access"), HasSubstr("are not compared"));
}

// From 16 on who is a member may still not act for the role, nor give it anything.
TEST(RightToGive, IsAskedForInTheServersWords) {
  EXPECT_EQ(RestoreRights::RightToGiveTo(150004), "MEMBER");
  EXPECT_EQ(RestoreRights::RightToGiveTo(160000), "SET");
}

}  // namespace
}  // namespace dbstow::postgres
