#include "servers/postgres/pg_version_fixture.h"
#include "support/postgres_server.h"

// What servers newer than Debian's have of their own, with pg_dump of their version in PATH.

namespace dbstow::postgres {
namespace {

using testing::HasSubstr;

class PgNewFeatures : public PgVersionTest {};

// Refused by name before anything is made, and not in the middle of the restore.
TEST_F(PgNewFeatures, AnOlderServerIsNotGivenWhatItCannotKnow) {
  if (access_->major_version() < 18) GTEST_SKIP() << "these came with 18";
  auto older = test::PostgresServer::Create();
  ASSERT_TRUE(older) << older.error().ToString();
  world_.secrets.by_key["older"] = (*older)->password();
  ConnectionInfo target = Connection("postgres");
  target.port = (*older)->port();
  target.credentials.secret_ref = {"fake", "older"};
  target.credentials.username = (*older)->superuser();
  for (const std::string odd :
       {"CREATE TABLE odd (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL)",
        "CREATE TABLE odd (a int, CONSTRAINT c NOT NULL a NO INHERIT)",
        "CREATE TABLE odd (a int); ALTER TABLE odd ADD CONSTRAINT c NOT NULL a NOT VALID",
        "CREATE TABLE odd (a int) PARTITION BY RANGE (a);"
        "ALTER TABLE odd ADD CONSTRAINT c EXCLUDE USING btree (a WITH =)",
        "CREATE VIEW odd AS SELECT JSON_VALUE('{}', '$.a') AS a",
        "CREATE PUBLICATION odd WITH (publish_generated_columns = stored)"}) {
    Sql("postgres", "DROP DATABASE IF EXISTS shop");
    Sql("postgres", "CREATE DATABASE shop");
    Sql("shop", odd);
    ASSERT_TRUE(Backup(Connection("shop")));
    RestoreOptions options{.source = "latest", .target_name = "shop"};
    const auto instance = Instance(target);
    const auto refused =
        dynamic_cast<SupportsRestore&>(*instance).Restore(options, world_.context);
    ASSERT_FALSE(refused) << odd;
    EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupportedCapability)
        << odd << ": " << refused.error().ToString();
    EXPECT_THAT(refused.error().message(), HasSubstr("needs PostgreSQL 1")) << odd;
  }
}

}  // namespace
}  // namespace dbstow::postgres
