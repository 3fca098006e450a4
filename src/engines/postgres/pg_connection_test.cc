#include "engines/postgres/pg_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "support/fakes.h"

namespace dbstow::postgres {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

ConnectionInfo Shop() {
  ConnectionInfo connection;
  connection.host = "db.example";
  connection.port = 5433;
  connection.database = R"(it's a \ "shop")";
  connection.credentials = {"o'brien", {"fake", "key"}, AuthType::kPassword};
  return connection;
}

// Who only reads has nothing unacknowledged: only keepalives tell it that the network is dead.
TEST(PgConnection, EveryConnectionNoticesADeadNetwork) {
  const test::TestContext world;
  const auto parameters = ParametersOf(Shop(), world.context);
  EXPECT_THAT(parameters, Contains(Pair("keepalives_idle", "20")));
  EXPECT_THAT(parameters, Contains(Pair("keepalives_interval", "5")));
  EXPECT_THAT(parameters, Contains(Pair("keepalives_count", "3")));
  EXPECT_THAT(parameters, Contains(Pair("tcp_user_timeout", "30000")));
  EXPECT_THAT(parameters, Contains(Pair("connect_timeout", "10")));
}

TEST(PgConnection, NoParameterIsASecretOrOurOwnProperty) {
  test::TestContext world;
  world.secrets.by_key["key"] = "canary";
  ConnectionInfo connection = Shop();
  connection.properties = {{"maintenanceDatabase", "template1"}, {"sslmode", "require"}};
  const auto parameters = ParametersOf(connection, world.context);
  EXPECT_THAT(parameters, Contains(Pair("sslmode", "require")));
  EXPECT_THAT(parameters, Not(Contains(Key("maintenanceDatabase"))));
  EXPECT_THAT(parameters, Not(Contains(Key("password"))));
  EXPECT_THAT(ConninfoOf(parameters), Not(HasSubstr("canary")));
  EXPECT_EQ(MaintenanceConnection(connection).database, "template1");
  EXPECT_EQ(MaintenanceConnection(Shop()).database, "postgres");
}

TEST(PgConnection, ServerOptionsComeBehindThoseOfTheCaller) {
  setenv("PGOPTIONS", "-c geqo=off", 1);
  const ConnectionInfo once = WithServerOptions(Shop(), "-c lc_monetary=C");
  const ConnectionInfo twice = WithoutEventTriggers(once);
  unsetenv("PGOPTIONS");
  EXPECT_EQ(once.properties.at("options"), "-c geqo=off -c lc_monetary=C");
  EXPECT_EQ(twice.properties.at("options"), "-c geqo=off -c lc_monetary=C -c event_triggers=off");
  EXPECT_EQ(WithoutEventTriggers(Shop()).properties.at("options"), "-c event_triggers=off");
}

TEST(PgConnection, AWaitForAConnectionIsATimeThatPasses) {
  ConnectionInfo connection = Shop();
  EXPECT_TRUE(CheckLimits(connection));
  for (const char* good : {"1", "86400"}) {
    connection.properties["connect_timeout"] = good;
    EXPECT_TRUE(CheckLimits(connection)) << good;
  }
  for (const char* bad : {"0", "-3", "86401", "99999999999"}) {
    connection.properties["connect_timeout"] = bad;
    const auto checked = CheckLimits(connection);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().code(), ErrorCode::kInvalidOptions);
    EXPECT_THAT(checked.error().message(), HasSubstr("connect_timeout"));
  }
}

TEST(PgConnection, HardNamesSurviveTheConninfo) {
  const test::TestContext world;
  const std::string text = ConninfoOf(ParametersOf(Shop(), world.context));
  EXPECT_THAT(text, HasSubstr(R"(dbname='it\'s a \\ "shop"')"));
  EXPECT_THAT(text, HasSubstr(R"(user='o\'brien')"));
  EXPECT_THAT(text, HasSubstr("application_name='dbstow " + world.context.trace.hex() + "'"));
}

TEST(PgConnection, ThePasswordFileFitsAnyPassword) {
  EXPECT_EQ(PasswordFile(SecretString(R"(a:b\c)")).Reveal(), "*:*:*:*:a\\:b\\\\c\n");
}

}  // namespace
}  // namespace dbstow::postgres
