#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "integration/postgres/postgres_fixture.h"

namespace dbstow::postgres {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// On a server that becomes a standby (of nobody) once its contents are there.
class StandbyTest : public PostgresAccessTest {
 protected:
  void SetUp() override {
    auto server = test::PostgresServer::Create({.settings = {{"wal_level", "replica"}}});
    if (!server && server.error().code() == ErrorCode::kUnavailable) {
      GTEST_SKIP() << "PostgreSQL is not available: " << server.error().ToString();
    }
    ASSERT_TRUE(server) << server.error().ToString();
    server_ = std::move(server).value();
    Use(*server_);
  }
  /// As a "standby" or as a "primary".
  void Restart(const std::string& how) {
    ASSERT_TRUE(server_->Stop(test::PostgresServer::StopMode::kFast));
    const std::string signal = server_->data_directory() + "/standby.signal";
    if (how == "standby") {
      std::ofstream(signal).put('\n');
    } else {
      std::filesystem::remove(signal);
    }
    ASSERT_TRUE(server_->Start()) << server_->Log();
  }

  std::unique_ptr<test::PostgresServer> server_;
};

TEST_F(StandbyTest, IsBackedUpWithoutTheRowsOfUnloggedTables) {
  ASSERT_TRUE(server_->CreateDatabase("shop"));
  Sql("shop",
      "CREATE TABLE kept AS SELECT i FROM generate_series(1, 10) i;"
      "CREATE UNLOGGED TABLE cache (i serial, s text);"
      "INSERT INTO cache (s) SELECT 'x' FROM generate_series(1, 10)");
  Restart("standby");
  ASSERT_EQ(Value("shop", "SELECT pg_is_in_recovery()"), "t");
  const auto backup = Backup(Connection("shop"));
  ASSERT_TRUE(backup) << backup.error().ToString();
  EXPECT_THAT(backup->warnings, Contains(HasSubstr("unlogged table public.cache")));
  Restart("primary");
  const auto instance = Instance(Connection("shop"));
  // The definition is there, and empty is what the backup says of it.
  const auto proof = dynamic_cast<SupportsVerify&>(*instance).Prove({"latest", {}}, world_.context);
  ASSERT_TRUE(proof) << proof.error().ToString();
  EXPECT_THAT(proof->differences, IsEmpty());
  RestoreOptions options{.source = "latest", .target_name = "copy"};
  const auto restored = dynamic_cast<SupportsRestore&>(*instance).Restore(options, world_.context);
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(Value("copy", "SELECT count(*) FROM kept"), "10");
  EXPECT_EQ(Value("copy", "SELECT count(*) FROM cache"), "0");
}

}  // namespace
}  // namespace dbstow::postgres
