#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/postgres/pg_probe.h"
#include "integration/postgres/postgres_fixture.h"

namespace dbstow::postgres {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

/// What a role that is no superuser is told before it backs up.
class RightsTest : public OwnDatabaseTest {
 protected:
  void SetUp() override {
    OwnDatabaseTest::SetUp();
    if (server_ == nullptr) return;
    if (server_->major_version() < 14) GTEST_SKIP() << "pg_read_all_data came with 14";
    ASSERT_TRUE(server_->CreateRole("backup_role", "LOGIN", "backup_role"));
    Sql("postgres", "GRANT pg_read_all_data TO backup_role");
  }
  void TearDown() override {
    if (server_ == nullptr || server_->major_version() < 14) return;
    Sql("postgres", "DROP DATABASE " + test::SqlName(name_) + " WITH (FORCE)");
    Sql("postgres", "DROP ROLE backup_role");
  }

  /// Success when a backup is promised.
  [[nodiscard]] Result<void> Promise() {
    const auto instance = Instance(ConnectionAs("backup_role", name_));
    DBSTOW_TRY(instance->Refresh(world_.context));
    return instance->capabilities().Require(capability::kBackup);
  }
};

TEST_F(RightsTest, LargeObjectsThatForbidABackupAreSeenBefore) {
  Sql(name_, "CREATE TABLE t (i int)");
  EXPECT_TRUE(Promise());
  Sql(name_, "SELECT lo_from_bytea(4711, 'x'), lo_from_bytea(4712, 'y')");
  const auto refused = Promise();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("large objects: 4711, 4712"));
  ASSERT_FALSE(Backup(ConnectionAs("backup_role", name_)));
  // To the role itself, and to everybody.
  Sql(name_, "GRANT SELECT ON LARGE OBJECT 4711 TO backup_role");
  Sql(name_, "GRANT SELECT ON LARGE OBJECT 4712 TO PUBLIC");
  EXPECT_TRUE(Promise());
  EXPECT_TRUE(Backup(ConnectionAs("backup_role", name_)));
  // And as their owner.
  Sql(name_, "SELECT lo_from_bytea(4713, 'z'); ALTER LARGE OBJECT 4713 OWNER TO backup_role");
  EXPECT_TRUE(Promise());
  EXPECT_TRUE(Backup(ConnectionAs("backup_role", name_)));
}

// pg_dump writes what it may not see without it; somebody has to say so.
TEST_F(RightsTest, WhatOthersMayNotSeeIsNotLeftOutInSilence) {
  Sql(name_,
      "CREATE FOREIGN DATA WRAPPER far; CREATE SERVER away FOREIGN DATA WRAPPER far;"
      "CREATE USER MAPPING FOR " +
          test::SqlName(server_->superuser()) + " SERVER away OPTIONS (password 'x')");
  Sql(name_,
      "CREATE SUBSCRIPTION feed CONNECTION 'dbname=none' PUBLICATION p WITH (connect = false)");
  const auto backup = Backup(ConnectionAs("backup_role", name_));
  ASSERT_TRUE(backup) << backup.error().ToString();
  EXPECT_THAT(backup->warnings, Contains(HasSubstr("subscriptions not dumped")));
  EXPECT_THAT(backup->warnings,
              Contains(HasSubstr("user mapping for " + server_->superuser() + " on server away")));
  // A superuser sees all.
  const auto whole = Backup(Connection(name_));
  ASSERT_TRUE(whole) << whole.error().ToString();
  EXPECT_THAT(whole->warnings, Not(Contains(HasSubstr("not dumped"))));
  EXPECT_THAT(whole->warnings, Not(Contains(HasSubstr("user mapping"))));
  Sql(name_, "ALTER SUBSCRIPTION feed SET (slot_name = NONE)");
  Sql(name_, "DROP SUBSCRIPTION feed");
}

TEST(RemedyForReading, NamesWhatTheServerHas) {
  EXPECT_THAT(RemedyForReading(130012), Not(HasSubstr("pg_read_all_data")));
  EXPECT_THAT(RemedyForReading(140000), HasSubstr("pg_read_all_data"));
}

// Not being allowed to make something says nothing about the backup.
TEST_F(RightsTest, AProofThatNeedsASuperuserCondemnsNoBackup) {
  Sql("postgres", "ALTER ROLE backup_role CREATEDB");
  Sql(name_, "CREATE EXTENSION postgres_fdw; CREATE TABLE t AS SELECT 1 AS i");
  ASSERT_TRUE(Backup(ConnectionAs("backup_role", name_)));
  const auto instance = Instance(ConnectionAs("backup_role", name_));
  const auto proof = dynamic_cast<SupportsVerify&>(*instance).Prove({"latest", {}}, world_.context);
  ASSERT_FALSE(proof);
  EXPECT_EQ(proof.error().code(), ErrorCode::kPermissionDenied) << proof.error().ToString();
  const auto restored = dynamic_cast<SupportsRestore&>(*instance).Restore(
      {.source = "latest", .target_name = "copy"}, world_.context);
  ASSERT_FALSE(restored);
  EXPECT_THAT(restored.error().hint(), HasSubstr("superuser"));
}

}  // namespace
}  // namespace dbstow::postgres
