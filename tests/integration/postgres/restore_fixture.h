#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "integration/postgres/postgres_fixture.h"
#include "support/pg_compare.h"

namespace dbstow::postgres {

/// Restores the test's own database into "<its name> copy".
class RestoreTest : public OwnDatabaseTest {
 protected:
  void SetUp() override {
    OwnDatabaseTest::SetUp();
    target_ = name_ + " copy";
  }
  void TearDown() override {
    if (server_ == nullptr) return;
    EXPECT_TRUE(server_->Query("postgres", "DROP DATABASE IF EXISTS " + test::SqlName(target_)));
    EXPECT_TRUE(server_->Query("postgres", "DROP DATABASE IF EXISTS " + test::SqlName(name_)));
  }

  [[nodiscard]] Result<RestoreResult> Restore(const ConnectionInfo& connection,
                                              RestoreOptions options) {
    if (options.source.empty()) options.source = "latest";
    if (options.target_name.empty()) options.target_name = target_;
    const auto instance = Instance(connection);
    return dynamic_cast<SupportsRestore&>(*instance).Restore(options, world_.context);
  }
  [[nodiscard]] Result<RestoreResult> Restore(RestoreOptions options = {}) {
    return Restore(Connection("postgres"), std::move(options));
  }
  void BackUp() {
    const auto backup = Backup(Connection(name_));
    ASSERT_TRUE(backup) << backup.error().ToString();
  }
  /// The newest backup, restored by a proof, equals what it recorded.
  void ExpectProven() {
    const auto instance = Instance(Connection("postgres"));
    const auto proof =
        dynamic_cast<SupportsVerify&>(*instance).Prove({"latest", {}}, world_.context);
    ASSERT_TRUE(proof) << proof.error().ToString();
    EXPECT_THAT(proof->differences, ::testing::IsEmpty());
  }
  void ExpectEqual(const std::string& a, const std::string& b) {
    const auto expected = test::CaptureImage(*server_, a);
    const auto found = test::CaptureImage(*server_, b);
    ASSERT_TRUE(expected && found);
    EXPECT_THAT(test::CompareImages(*expected, *found), ::testing::IsEmpty());
    EXPECT_THAT(test::CompareDatabaseFacts(*expected, *found), ::testing::IsEmpty());
  }
  void ExpectNoDebris() {
    ExpectNoSessionLeft();
    EXPECT_EQ(
        Value("postgres", "SELECT count(*) FROM pg_database WHERE datname LIKE '%dbstow\\_%'"),
        "0");
  }
  [[nodiscard]] bool TargetExists() {
    return Value("postgres", "SELECT count(*) FROM pg_database WHERE datname = " +
                                 test::SqlLiteral(target_)) == "1";
  }
  void SomeRows() {
    Sql(name_,
        "CREATE TABLE a AS SELECT i, repeat('x', 100) AS s FROM generate_series(1, 100000) i;"
        "ALTER TABLE a ADD PRIMARY KEY (i); CREATE INDEX ON a (s)");
  }

  std::string target_;
};

}  // namespace dbstow::postgres
