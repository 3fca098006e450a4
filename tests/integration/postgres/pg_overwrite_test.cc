#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/postgres/pg_staging.h"
#include "integration/postgres/restore_fixture.h"

namespace dbstow::postgres {
namespace {

using ::testing::HasSubstr;

class OverwriteTest : public RestoreTest {};

TEST_F(OverwriteTest, AnExistingTargetIsLeftAlone) {
  SomeRows();
  BackUp();
  ASSERT_TRUE(server_->CreateDatabase(target_));
  Sql(target_, "CREATE TABLE mine (i int)");
  const auto restored = Restore();
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code(), ErrorCode::kAlreadyExists);
  Sql(target_, "SELECT * FROM mine");
  ExpectNoDebris();
}

TEST_F(OverwriteTest, OverwriteReplacesEvenATargetInUse) {
  SomeRows();
  BackUp();
  ASSERT_TRUE(server_->CreateDatabase(target_));
  const auto user = Open(target_);
  ASSERT_TRUE(user->Run("CREATE TABLE public.old (i int)"));
  RestoreOptions options;
  options.overwrite = true;
  const auto restored = Restore(options);
  ASSERT_TRUE(restored) << restored.error().ToString();
  ExpectEqual(name_, target_);
  ExpectNoDebris();
}

TEST_F(OverwriteTest, ATargetMadeMeanwhileIsNotOverwritten) {
  SomeRows();
  BackUp();
  store_.OnRead(12, [this] {
    ASSERT_TRUE(server_->CreateDatabase(target_));
    Sql(target_, "CREATE TABLE mine (i int)");
  });
  const auto restored = Restore();
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code(), ErrorCode::kAlreadyExists) << restored.error().ToString();
  Sql(target_, "SELECT * FROM mine");
  ExpectNoDebris();
}

TEST_F(OverwriteTest, AFailureKeepsTheOldTarget) {
  SomeRows();
  BackUp();
  ASSERT_TRUE(server_->CreateDatabase(target_));
  Sql(target_, "CREATE TABLE mine (i int)");
  RestoreOptions options;
  options.overwrite = true;
  store_.FailRead(12, Error(ErrorCode::kCorrupt, "pack 17 is damaged"));
  const auto restored = Restore(options);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code(), ErrorCode::kCorrupt) << restored.error().ToString();
  Sql(target_, "SELECT * FROM mine");
  ExpectNoDebris();
}

// The server would not drop it under its new name, so it must not get one.
TEST_F(OverwriteTest, ATemplateIsNotReplaced) {
  SomeRows();
  BackUp();
  ASSERT_TRUE(server_->CreateDatabase(target_));
  const std::string database = "ALTER DATABASE " + test::SqlName(target_);
  Sql("postgres", database + " IS_TEMPLATE true");
  Sql(target_, "CREATE TABLE mine (i int)");
  for (const bool dry_run : {true, false}) {
    world_.context.dry_run = dry_run;
    const auto restored = Restore({.overwrite = true});
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().code(), ErrorCode::kSafetyRefused) << restored.error().ToString();
    EXPECT_THAT(restored.error().hint(), HasSubstr("IS_TEMPLATE false"));
  }
  Sql(target_, "SELECT * FROM mine");
  ExpectNoDebris();
  Sql("postgres", database + " IS_TEMPLATE false");
}

TEST_F(OverwriteTest, ATargetWithSubscriptionsIsNotReplaced) {
  SomeRows();
  BackUp();
  ASSERT_TRUE(server_->CreateDatabase(target_));
  Sql(target_,
      "CREATE SUBSCRIPTION feed CONNECTION 'dbname=none' PUBLICATION p WITH (connect = false)");
  Sql(target_, "CREATE TABLE mine (i int)");
  for (const bool dry_run : {true, false}) {
    world_.context.dry_run = dry_run;
    const auto restored = Restore({.overwrite = true});
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().code(), ErrorCode::kSafetyRefused) << restored.error().ToString();
    EXPECT_THAT(restored.error().message(), HasSubstr("feed"));
  }
  Sql(target_, "SELECT * FROM mine");
  ExpectNoDebris();
  Sql(target_, "ALTER SUBSCRIPTION feed SET (slot_name = NONE)");
  Sql(target_, "DROP SUBSCRIPTION feed");
}

// What is not selected would be gone without a word.
TEST_F(OverwriteTest, ASelectionDoesNotReplaceADatabase) {
  SomeRows();
  BackUp();
  ASSERT_TRUE(server_->CreateDatabase(target_));
  Sql(target_, "CREATE TABLE mine (i int)");
  for (const StringMap& selection :
       {StringMap{{"tables", "public.a"}}, StringMap{{"schemas", "public"}}}) {
    for (const bool dry_run : {true, false}) {
      world_.context.dry_run = dry_run;
      const auto restored = Restore({.overwrite = true, .mapping = selection});
      ASSERT_FALSE(restored);
      EXPECT_EQ(restored.error().code(), ErrorCode::kSafetyRefused) << restored.error().ToString();
      EXPECT_THAT(restored.error().hint(), HasSubstr("beside it"));
    }
  }
  Sql(target_, "SELECT * FROM mine");
  ExpectNoDebris();
  // Where there is nothing to replace, it is as good as without --overwrite.
  Sql("postgres", "DROP DATABASE " + test::SqlName(target_));
  const RestoreOptions options{.overwrite = true,
                               .mapping = {{"tables", "public.a"}, {"jobs", "2"}}};
  world_.context.dry_run = true;
  const auto planned = Restore(options);
  ASSERT_TRUE(planned) << planned.error().ToString();
  EXPECT_EQ(planned->details.at("mapping"), "jobs=2; tables=public.a");
  world_.context.dry_run = false;
  EXPECT_TRUE(Restore(options));
  EXPECT_EQ(Value(target_, "SELECT count(*) FROM a"), "100000");
}

// By then the target is the restored one: to call that a failure would be untrue.
TEST_F(OverwriteTest, AnOldTargetThatCannotBeDroppedIsAWarning) {
  SomeRows();
  BackUp();
  ASSERT_TRUE(server_->CreateDatabase(target_));
  StagingRequest request{Connection("postgres"), target_, true, "", ""};
  auto staging = StagingDatabase::Create(request, world_.context);
  ASSERT_TRUE(staging) << staging.error().ToString();
  // Somebody makes it a template after it has been looked at.
  Sql("postgres", "ALTER DATABASE " + test::SqlName(target_) + " IS_TEMPLATE true");
  const auto taken = (*staging)->TakeName("");
  ASSERT_TRUE(taken) << taken.error().ToString();
  EXPECT_THAT((*staging)->TakeWarnings(),
              ::testing::Contains(HasSubstr("cannot drop a template database")));
  staging->reset();
  // What still cannot be dropped hinders nobody either.
  const auto again = Restore({.overwrite = true});
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_THAT(again->warnings, ::testing::Contains(HasSubstr("which an unfinished run left")));
  ExpectEqual(name_, target_);
  Sql("postgres", "UPDATE pg_database SET datistemplate = false WHERE datname LIKE '%dbstow\\_%'");
  ASSERT_TRUE(Restore({.overwrite = true}));
  ExpectNoDebris();
}

// pg_terminate_backend waits from 14 on; before, it has no second argument.
TEST(EndingSessions, IsSaidInTheServersLanguage) {
  EXPECT_EQ(StagingDatabase::TerminateCall(130012), "pg_terminate_backend(pid)");
  EXPECT_EQ(StagingDatabase::TerminateCall(140000), "pg_terminate_backend(pid, 2000)");
}

// What the swap would find out only after all rows have been loaded.
TEST_F(OverwriteTest, AnothersDatabaseIsNotReplaced) {
  SomeRows();
  BackUp();
  ASSERT_TRUE(server_->CreateRole("creator", "LOGIN CREATEDB", "creator"));
  ASSERT_TRUE(server_->CreateDatabase(target_));
  Sql(target_, "CREATE TABLE mine (i int)");
  for (const bool dry_run : {true, false}) {
    world_.context.dry_run = dry_run;
    const auto restored = Restore(ConnectionAs("creator", "postgres"), {.overwrite = true});
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().code(), ErrorCode::kPermissionDenied);
    EXPECT_THAT(restored.error().message(), HasSubstr("only by its owner"));
  }
  Sql(target_, "SELECT * FROM mine");
  Sql("postgres", "ALTER DATABASE " + test::SqlName(target_) + " OWNER TO creator");
  const auto restored = Restore(ConnectionAs("creator", "postgres"), {.overwrite = true});
  EXPECT_TRUE(restored) << restored.error().ToString();
  Sql("postgres", "DROP DATABASE " + test::SqlName(target_));
  Sql("postgres", "DROP ROLE creator");
}

/// On a server that takes prepared transactions and logical replication slots.
class SpecialTargetTest : public PostgresAccessTest {
 protected:
  void SetUp() override {
    auto server = test::PostgresServer::Create(
        {.settings = {{"max_prepared_transactions", "5"}, {"wal_level", "logical"}}});
    if (!server && server.error().code() == ErrorCode::kUnavailable) {
      GTEST_SKIP() << "PostgreSQL is not available: " << server.error().ToString();
    }
    ASSERT_TRUE(server) << server.error().ToString();
    server_ = std::move(server).value();
    Use(*server_);
  }
  [[nodiscard]] Result<RestoreResult> Restore() {
    const auto instance = Instance(Connection("postgres"));
    return dynamic_cast<SupportsRestore&>(*instance).Restore(
        {.source = "latest", .target_name = "shop", .overwrite = true}, world_.context);
  }

  std::unique_ptr<test::PostgresServer> server_;
};

// The server would refuse to drop it after the swap, and no session could be ended that helps.
TEST_F(SpecialTargetTest, OfATargetAreSeenBeforeAnythingIsMade) {
  ASSERT_TRUE(server_->CreateDatabase("shop"));
  ASSERT_TRUE(Backup(Connection("shop")));
  Sql("shop", "BEGIN; CREATE TABLE mine (i int); PREPARE TRANSACTION 'it''s'");
  world_.context.dry_run = true;
  const auto planned = Restore();
  world_.context.dry_run = false;
  const auto restored = Restore();
  for (const auto* each : {&planned, &restored}) {
    ASSERT_FALSE(*each);
    EXPECT_EQ(each->error().code(), ErrorCode::kSafetyRefused) << each->error().ToString();
    EXPECT_THAT(each->error().message(), HasSubstr("'it''s'"));
  }
  Sql("shop", "ROLLBACK PREPARED 'it''s'");
  EXPECT_TRUE(Restore());
}

// The server drops them with the database, without a word to those who read from them.
TEST_F(SpecialTargetTest, ATargetWithReplicationSlotsIsNotReplaced) {
  ASSERT_TRUE(server_->CreateDatabase("shop"));
  ASSERT_TRUE(Backup(Connection("shop")));
  Sql("shop", "SELECT pg_create_logical_replication_slot('feed', 'pgoutput')");
  for (const bool dry_run : {true, false}) {
    world_.context.dry_run = dry_run;
    const auto restored = Restore();
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().code(), ErrorCode::kSafetyRefused) << restored.error().ToString();
    EXPECT_THAT(restored.error().message(), HasSubstr("slots: feed"));
  }
  EXPECT_EQ(Value("shop", "SELECT count(*) FROM pg_replication_slots"), "1");
  Sql("shop", "SELECT pg_drop_replication_slot('feed')");
  EXPECT_TRUE(Restore());
}

}  // namespace
}  // namespace dbstow::postgres
