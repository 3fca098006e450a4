#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "integration/postgres/postgres_fixture.h"
#include "support/pg_compare.h"
#include "support/postgres_given.h"

namespace dbstow::postgres {

/// On the server that tests/servers/serve names. What a test makes there goes at its end.
class PgVersionTest : public PostgresAccessTest {
 protected:
  void SetUp() override {
    const auto given = test::GivenPostgresServers();
    if (given.empty()) GTEST_SKIP() << "no server is named: see tests/servers/README.md";
    static const auto access = test::PostgresAccess::FromUri(given[0].uri, given[0].bin_directory);
    ASSERT_TRUE(access) << access.error().ToString();
    Use(*access);
    before_ = Databases();
  }
  void TearDown() override {
    if (access_ == nullptr) return;
    for (const std::string& each : Databases()) {
      if (!before_.contains(each)) {
        Sql("postgres", "DROP DATABASE " + test::SqlName(each) + " WITH (FORCE)");
      }
    }
  }

  [[nodiscard]] std::set<std::string> Databases() const {
    std::set<std::string> names;
    const auto rows = access_->Query("postgres", "SELECT datname FROM pg_database");
    EXPECT_TRUE(rows) << rows.error().ToString();
    for (const test::PgRow& row : *rows) names.insert(row[0].value_or(""));
    return names;
  }
  void MakeShop(const std::string& scale) {
    const auto made = test::CreateShop(*access_, "shop", scale);
    ASSERT_TRUE(made) << made.error().ToString();
  }
  [[nodiscard]] Result<RestoreResult> Restore(const std::string& target) {
    RestoreOptions options;
    options.source = "latest";
    options.target_name = target;
    const auto instance = Instance(Connection("postgres"));
    return dynamic_cast<SupportsRestore&>(*instance).Restore(options, world_.context);
  }
  [[nodiscard]] Result<CloneResult> Clone(const std::string& target, const std::string& strategy) {
    CloneOptions options;
    options.target_name = target;
    options.extra = {{"strategy", strategy}};
    const auto instance = Instance(Connection("shop"));
    return dynamic_cast<SupportsClone&>(*instance).Clone(options, world_.context);
  }
  [[nodiscard]] Result<ProofReport> Prove() {
    const auto instance = Instance(Connection("postgres"));
    return dynamic_cast<SupportsVerify&>(*instance).Prove({.source = "latest"}, world_.context);
  }
  /// Two databases have the same contents, by SQL and pg_dump. Of a database on an older server
  /// only the names of objects are compared, not their definitions: each version spells views in
  /// its own way, and lists roles in the order of their numbers.
  void ExpectEqual(const std::string& database, const std::string& copy,
                   const test::PostgresAccess* older = nullptr) {
    auto expected = test::CaptureImage(older != nullptr ? *older : *access_, database);
    auto found = test::CaptureImage(*access_, copy);
    ASSERT_TRUE(expected) << expected.error().ToString();
    ASSERT_TRUE(found) << found.error().ToString();
    if (older != nullptr) {
      for (auto& [name, definition] : expected->schema) definition.clear();
      for (auto& [name, definition] : found->schema) definition.clear();
    }
    EXPECT_GT(expected->rows, 1000u);
    EXPECT_THAT(test::CompareImages(*expected, *found), testing::IsEmpty());
  }

  std::set<std::string> before_;
};

}  // namespace dbstow::postgres
