#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <thread>

#include "contract/engine/engine_fixture.h"
#include "engines/postgres/register.h"
#include "support/postgres_given.h"
#include "support/postgres_server.h"
#include "support/tcp_relay.h"

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSchema = R"(
  CREATE TYPE mood AS ENUM ('ok', 'sad');
  CREATE TABLE account (id serial PRIMARY KEY, owner text, balance int, note bytea, mood mood);
  CREATE TABLE "odd ""name"" with 'quotes' ünïcode" (a float8, b text PRIMARY KEY,
    account int REFERENCES account);
  CREATE INDEX by_owner ON account (owner);
  CREATE VIEW rich AS SELECT * FROM account WHERE balance > 500;
  COMMENT ON VIEW rich IS 'who has much';
  INSERT INTO account (owner, balance, note, mood) SELECT 'owner ' || i % 97, i * 7 % 1000,
    decode(repeat('00', i % 50), 'hex'), 'sad' FROM generate_series(1, 3000) i;
  INSERT INTO "odd ""name"" with 'quotes' ünïcode"
    SELECT id / 3.0, 'key ' || id, id FROM account WHERE id < 500;
  SELECT lo_from_bytea(4711, 'a large object');)";

constexpr const char* kMutation = R"(
  UPDATE account SET balance = balance + 1 WHERE id % 10 = 0;
  DELETE FROM account WHERE id = (SELECT max(id) FROM account);
  INSERT INTO account (owner, note) VALUES ('new', decode(md5(random()::text), 'hex'));)";

constexpr const char* kContents =
    "SELECT concat_ws('|', id, owner, balance, encode(note, 'hex'), mood) FROM account "
    "UNION ALL SELECT concat_ws('|', a, b, account) FROM \"odd \"\"name\"\" with 'quotes' "
    "ünïcode\" UNION ALL SELECT concat_ws('|', relname, relkind, obj_description(oid, 'pg_class'))"
    " FROM pg_class WHERE relnamespace = 'public'::regnamespace "
    "UNION ALL SELECT 'lo|' || encode(lo_get(oid), 'hex') FROM pg_largeobject_metadata "
    "UNION ALL SELECT 'sequence|' || last_value FROM account_id_seq ORDER BY 1";

/// A server to test on, and how it dies and comes back.
class ServerUnderTest {
 public:
  virtual ~ServerUnderTest() = default;
  [[nodiscard]] virtual const PostgresAccess& access() const = 0;
  virtual void Kill() = 0;
  virtual void Mend() = 0;
};

/// A cluster of our own, of the programs in a directory.
class OwnServer final : public ServerUnderTest {
 public:
  [[nodiscard]] static Result<std::unique_ptr<ServerUnderTest>> Create(
      const std::string& bin_directory) {
    auto own = std::make_unique<OwnServer>();
    DBSTOW_ASSIGN(own->server_, PostgresServer::Create({.bin_directory = bin_directory}));
    return std::unique_ptr<ServerUnderTest>(std::move(own));
  }
  [[nodiscard]] const PostgresAccess& access() const override { return *server_; }
  void Kill() override { EXPECT_TRUE(server_->Stop(PostgresServer::StopMode::kImmediate)); }
  void Mend() override {
    const auto started = server_->Start();
    EXPECT_TRUE(started) << started.error().ToString();
  }

 private:
  std::unique_ptr<PostgresServer> server_;
};

/// One that somebody else runs. It comes back by itself.
class GivenServer final : public ServerUnderTest {
 public:
  explicit GivenServer(PostgresAccess access) : access_(std::move(access)) {}
  [[nodiscard]] static Result<std::unique_ptr<ServerUnderTest>> Create(const GivenPostgres& given) {
    DBSTOW_ASSIGN(PostgresAccess access, PostgresAccess::FromUri(given.uri, given.bin_directory));
    return std::unique_ptr<ServerUnderTest>(std::make_unique<GivenServer>(std::move(access)));
  }
  [[nodiscard]] const PostgresAccess& access() const override { return access_; }
  void Kill() override { access_.Crash(); }
  void Mend() override { EXPECT_TRUE(access_.AwaitReady()); }

 private:
  PostgresAccess access_;
};

class PostgresFixture final : public EngineFixture {
 public:
  using CreateServer = std::function<Result<std::unique_ptr<ServerUnderTest>>()>;

  PostgresFixture(std::string name, CreateServer create)
      : name_(std::move(name)), create_(std::move(create)) {}

  std::optional<std::string> Start() override {
    auto created = create_();
    if (!created) return created.error().ToString();
    held_ = *std::move(created);
    server_ = &held_->access();
    auto relay = TcpRelay::Create(server_->port());
    if (!relay) return relay.error().ToString();
    relay_ = *std::move(relay);
    return std::nullopt;
  }
  [[nodiscard]] std::string server() const override { return name_; }
  Result<void> Register(EngineRegistry& registry) override {
    return RegisterPostgres(registry, {*files_, *processes_});
  }
  void Prepare(TestContext& context) override {
    context.secrets.by_key["superuser"] = server_->password();
  }
  [[nodiscard]] BackupType type() const override { return BackupType::kLogical; }

  Result<InstanceSpec> CreateDatabase() override {
    const std::string name = "db " + std::to_string(++count_);
    DBSTOW_TRY(server_->CreateDatabase(name));
    DBSTOW_TRY(server_->Query(name, kSchema));
    return Spec(name);
  }
  Result<void> Mutate(const InstanceSpec& database) override {
    DBSTOW_TRY(server_->Query(database.connection.database, kMutation));
    return {};
  }
  Result<std::string> Contents(const InstanceSpec& database) override {
    return ContentsOf(database.connection.database);
  }

  std::string NewTarget() override { return "target \"é\" " + std::to_string(++count_); }
  InstanceSpec AtTarget(const InstanceSpec&, const std::string& target) override {
    return Spec(target);
  }
  Result<std::set<std::string>> Listing() override {
    DBSTOW_ASSIGN(const PgRows rows, server_->Query("postgres", "SELECT datname FROM pg_database"));
    std::set<std::string> names;
    for (const PgRow& row : rows) names.insert(row[0].value_or(""));
    return names;
  }

  [[nodiscard]] InstanceSpec WithWrongPassword(const InstanceSpec& database,
                                               TestContext& context) override {
    InstanceSpec spec = database;
    context.secrets.by_key["wrong"] = kWrongPassword;
    spec.connection.credentials.secret_ref = {"fake", "wrong"};
    return spec;
  }
  // Somebody who may connect and read one table of two, and create nothing.
  Result<Access> WithoutRights(const InstanceSpec& database, TestContext& context) override {
    const std::string role = "guest " + std::to_string(++count_);
    context.secrets.by_key["guest"] = "guest";
    DBSTOW_TRY(server_->CreateRole(role, "LOGIN", "guest"));
    DBSTOW_TRY(server_->Query(database.connection.database,
                              "GRANT SELECT ON account TO " + SqlName(role)));
    InstanceSpec spec = database;
    spec.connection.credentials = {role, {"fake", "guest"}, AuthType::kPassword};
    return Access{spec, nullptr};
  }
  void Cut() override { relay_->Set(TcpRelay::Fault::kCut); }
  void KillServer() override { held_->Kill(); }
  void Mend() override {
    held_->Mend();
    relay_->Set(TcpRelay::Fault::kNone);
  }
  void Settle() override {
    for (int i = 0; i < 3000; ++i) {
      const auto left = server_->QueryValue(
          "postgres",
          "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbstow %'");
      if (left && *left == "0") return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "sessions are left on the server";
  }

  std::string NewExportPath() override { return folder_ / ("export" + std::to_string(++count_)); }
  Result<std::string> ExportedContents(const std::string& path) override {
    const std::string name = "exported " + std::to_string(++count_);
    DBSTOW_TRY(server_->CreateDatabase(name));
    DBSTOW_ASSIGN(const ToolOutcome restored,
                  server_->RunTool("pg_restore", {"--exit-on-error", "-d", name, path}));
    if (restored.status != 0) return Error(ErrorCode::kInternal, restored.errors);
    return ContentsOf(name);
  }

 private:
  Result<std::string> ContentsOf(const std::string& database) {
    DBSTOW_ASSIGN(const PgRows rows, server_->Query(database, kContents));
    std::string text;
    for (const PgRow& row : rows) text += row[0].value_or("NULL") + "\n";
    return text;
  }

  [[nodiscard]] InstanceSpec Spec(const std::string& database) const {
    ConnectionInfo connection;
    connection.host = server_->host();
    connection.port = relay_->port();
    connection.database = database;
    connection.credentials = {server_->superuser(), {"fake", "superuser"}, AuthType::kPassword};
    return {DatabaseEngine("postgres"), database, "", connection};
  }

  std::string name_;
  CreateServer create_;
  std::unique_ptr<ServerUnderTest> held_;
  const PostgresAccess* server_ = nullptr;
  std::unique_ptr<TcpRelay> relay_;
  ScratchFolder folder_;
  int count_ = 0;
  std::unique_ptr<io::FileSystem> files_ = io::CreatePosixFileSystem();
  std::unique_ptr<io::ProcessRunner> processes_ = io::CreatePosixProcessRunner();
};

}  // namespace

// The servers that tests/servers/serve names; else one of our own for each version that is
// installed.
std::vector<std::unique_ptr<EngineFixture>> MakeEngineFixtures() {
  std::vector<std::unique_ptr<EngineFixture>> fixtures;
  for (const GivenPostgres& given : GivenPostgresServers()) {
    fixtures.push_back(std::make_unique<PostgresFixture>(
        std::to_string(given.major), [given] { return GivenServer::Create(given); }));
  }
  if (!fixtures.empty()) return fixtures;
  for (const std::string& each : PostgresServer::Installed()) {
    fixtures.push_back(std::make_unique<PostgresFixture>(
        fs::path(each).parent_path().filename(), [each] { return OwnServer::Create(each); }));
  }
  if (fixtures.empty()) {
    fixtures.push_back(
        std::make_unique<PostgresFixture>("None", [] { return OwnServer::Create(""); }));
  }
  return fixtures;
}

}  // namespace dbstow::test
