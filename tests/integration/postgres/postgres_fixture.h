#pragma once

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "dbstow/core/interfaces.h"
#include "engines/postgres/pg_session.h"
#include "engines/postgres/register.h"
#include "io/system_clock.h"
#include "support/fakes.h"
#include "support/memory_backup_store.h"
#include "support/postgres_server.h"

namespace dbstow::postgres {

/// A test with a server, a store in memory and a context that works as the superuser.
class PostgresAccessTest : public ::testing::Test {
 protected:
  /// The server to work on; it outlives the test.
  void Use(const test::PostgresAccess& server) {
    access_ = &server;
    world_.secrets.by_key["superuser"] = server.password();
    world_.context.stop = stop_.get_token();
    ASSERT_TRUE(RegisterPostgres(registry_, ports_));
  }

  [[nodiscard]] ConnectionInfo Connection(const std::string& database) const {
    ConnectionInfo connection;
    connection.host = access_->host();
    connection.port = access_->port();
    connection.database = database;
    connection.credentials.username = access_->superuser();
    connection.credentials.secret_ref = {"fake", "superuser"};
    return connection;
  }
  /// The same as another role, whose password is its name.
  [[nodiscard]] ConnectionInfo ConnectionAs(const std::string& role, const std::string& database) {
    ConnectionInfo connection = Connection(database);
    world_.secrets.by_key[role] = role;
    connection.credentials.username = role;
    connection.credentials.secret_ref = {"fake", role};
    return connection;
  }

  [[nodiscard]] std::unique_ptr<PgSession> Open(const std::string& database) {
    auto session = PgSession::Open(Connection(database), world_.context);
    EXPECT_TRUE(session) << session.error().ToString();
    return std::move(session).value();
  }
  [[nodiscard]] std::unique_ptr<DatabaseInstance> Instance(const ConnectionInfo& connection) {
    auto instance = registry_.Create({DatabaseEngine("postgres"), "shop", "", connection});
    EXPECT_TRUE(instance) << instance.error().ToString();
    return std::move(instance).value();
  }
  [[nodiscard]] Result<BackupResult> Backup(const ConnectionInfo& connection,
                                            StringMap extra = {}) {
    BackupOptions options;
    options.type = BackupType::kLogical;
    options.extra = std::move(extra);
    const auto instance = Instance(connection);
    return dynamic_cast<SupportsBackup&>(*instance).Backup(options, world_.context);
  }

  /// Runs SQL as the superuser; a failure fails the test.
  void Sql(const std::string& database, const std::string& sql) const {
    const auto done = access_->Query(database, sql);
    ASSERT_TRUE(done) << done.error().ToString() << "\n" << sql;
  }
  [[nodiscard]] std::string Value(const std::string& database, const std::string& sql) const {
    const auto value = access_->QueryValue(database, sql);
    EXPECT_TRUE(value) << value.error().ToString() << "\n" << sql;
    return value.value_or("");
  }
  /// For what another process does in its own time.
  void EventuallyEquals(const std::string& expected, const std::string& sql) const {
    std::string last;
    for (int i = 0; i < 6000 && (last = Value("postgres", sql)) != expected; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(last, expected) << sql;
  }
  /// Sessions of dbstow and its children that are still on the server.
  void ExpectNoSessionLeft() const {
    EventuallyEquals(
        "0", "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbstow %'");
  }

  std::unique_ptr<Clock> clock_ = io::CreateSystemClock();
  std::stop_source stop_;
  const test::PostgresAccess* access_ = nullptr;
  test::MemoryBackupStore store_;
  test::TestContext world_{&store_, clock_.get()};
  std::unique_ptr<io::FileSystem> files_ = io::CreatePosixFileSystem();
  std::unique_ptr<io::ProcessRunner> processes_ = io::CreatePosixProcessRunner();
  EnginePorts ports_{*files_, *processes_};
  EngineRegistry registry_;
};

/// On the program's own server. Each test has databases of its own, named after it.
class PostgresTest : public PostgresAccessTest {
 protected:
  void SetUp() override {
    DBSTOW_POSTGRES_OR_SKIP(server);
    server_ = &server;
    Use(server);
  }

  test::PostgresServer* server_ = nullptr;
};

/// With an empty database of the test's name.
class OwnDatabaseTest : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (server_ == nullptr) return;
    name_ = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    ASSERT_TRUE(server_->CreateDatabase(name_));
  }

  std::string name_;
};

}  // namespace dbstow::postgres
