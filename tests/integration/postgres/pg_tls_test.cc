#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "integration/postgres/postgres_fixture.h"
#include "support/postgres_certificate.h"
#include "support/tcp_relay.h"

// TLS as the connection properties ask for it, on a real server with a certificate made here.

namespace dbstow::postgres {
namespace {

using test::CertificateFiles;
using testing::HasSubstr;

/// A server that speaks TLS with a certificate for localhost and 127.0.0.1, and takes nothing else
/// from the role `careful`, nor anything but a certificate from `keyholder`.
struct TlsServer {
  test::ScratchFolder folder;
  CertificateFiles server;
  CertificateFiles client;   ///< of `keyholder`
  CertificateFiles strange;  ///< of nobody that counts
  std::unique_ptr<test::PostgresServer> running;

  [[nodiscard]] Result<void> Start();
};

Result<void> TlsServer::Start() {
  chmod(folder.path().c_str(), 0711);
  DBSTOW_ASSIGN(server, test::MakeCertificate(folder.path(), "server"));
  DBSTOW_ASSIGN(client, test::MakeCertificate(folder.path(), "client", {"keyholder", ""}));
  DBSTOW_ASSIGN(strange, test::MakeCertificate(folder.path(), "strange"));
  // Keys of clients are ours.
  for (const CertificateFiles& each : {client, strange}) {
    if (chown(each.key.c_str(), geteuid(), getegid()) != 0) {
      return Error(ErrorCode::kIoError, "cannot own " + each.key);
    }
  }
  DBSTOW_ASSIGN(running, test::PostgresServer::Create({.settings = {
                                                           {"ssl", "on"},
                                                           {"ssl_cert_file", server.certificate},
                                                           {"ssl_key_file", server.key},
                                                           {"ssl_ca_file", client.certificate},
                                                       }}));
  DBSTOW_TRY(running->CreateRole("careful", "LOGIN", "careful"));
  DBSTOW_TRY(running->CreateRole("keyholder", "LOGIN SUPERUSER", "keyholder"));
  std::ofstream(running->data_directory() + "/pg_hba.conf", std::ios::trunc)
      << "local all all scram-sha-256\nhostssl all keyholder all cert\nhostssl all careful all "
         "scram-sha-256\nhost all careful all reject\nhost all keyholder all reject\nhost all all "
         "all scram-sha-256\n";
  DBSTOW_TRY(running->Query("postgres", "SELECT pg_reload_conf()"));
  DBSTOW_TRY(running->CreateDatabase("shop"));
  DBSTOW_TRY(running->Query("shop", "CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i"));
  return {};
}

class PgTls : public PostgresAccessTest {
 protected:
  void SetUp() override {
    if (test::PostgresServer::Installed().empty()) GTEST_SKIP() << "no server is installed";
    static TlsServer tls;
    static const auto started = tls.Start();
    ASSERT_TRUE(started) << started.error().ToString();
    tls_ = &tls;
    Use(*tls.running);
  }

  /// Connects with these properties; whether the server calls the connection encrypted.
  [[nodiscard]] Result<std::string> Connect(ConnectionInfo connection, StringMap properties) {
    connection.properties = std::move(properties);
    DBSTOW_ASSIGN(const auto session, PgSession::Open(connection, world_.context));
    DBSTOW_ASSIGN(const PgRows rows,
                  session->Query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"));
    return std::string(rows.IsTrue(0, 0) ? "encrypted" : "plain");
  }
  [[nodiscard]] Result<std::string> Connect(StringMap properties) {
    return Connect(Connection("shop"), std::move(properties));
  }
  void ExpectRefused(const Result<std::string>& refused, const std::string& message,
                     const std::string& hint) {
    ASSERT_FALSE(refused) << *refused;
    EXPECT_EQ(refused.error().code(), ErrorCode::kAuthenticationFailed)
        << refused.error().ToString();
    EXPECT_EQ(refused.error().retry(), Retry::kNever);
    EXPECT_THAT(refused.error().message(), HasSubstr(message));
    EXPECT_THAT(refused.error().hint(), HasSubstr(hint));
  }

  TlsServer* tls_ = nullptr;
};

TEST_F(PgTls, EachModeDoesWhatItSays) {
  const std::string root = tls_->server.certificate;
  EXPECT_EQ(*Connect({{"sslmode", "disable"}}), "plain");
  for (const char* mode : {"prefer", "require"}) {
    EXPECT_EQ(*Connect({{"sslmode", mode}}), "encrypted") << mode;
  }
  for (const char* mode : {"require", "verify-ca", "verify-full"}) {
    const auto connected = Connect({{"sslmode", mode}, {"sslrootcert", root}});
    ASSERT_TRUE(connected) << mode << ": " << connected.error().ToString();
    EXPECT_EQ(*connected, "encrypted") << mode;
  }
  const auto bound = Connect({{"sslmode", "require"}, {"channel_binding", "require"}});
  EXPECT_TRUE(bound) << bound.error().ToString();
}

TEST_F(PgTls, ABackupAndARestoreTravelEncrypted) {
  ConnectionInfo connection = Connection("shop");
  connection.properties = {{"sslmode", "verify-full"}, {"sslrootcert", tls_->server.certificate}};
  // Whoever comes unencrypted is turned away, pg_dump too.
  connection.credentials.username = "careful";
  connection.credentials.secret_ref = {"fake", "careful"};
  world_.secrets.by_key["careful"] = "careful";
  Sql("postgres", "ALTER ROLE careful CREATEDB");
  Sql("shop", "GRANT pg_read_all_data TO careful");
  const auto backup = Backup(connection);
  ASSERT_TRUE(backup) << backup.error().ToString();
  RestoreOptions options;
  options.source = "latest";
  options.target_name = "shop again";
  const auto instance = Instance(connection);
  const auto restored = dynamic_cast<SupportsRestore&>(*instance).Restore(options, world_.context);
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(Value("shop again", "SELECT sum(i) FROM t"), "500500");
  connection.properties = {{"sslmode", "disable"}};
  const auto plain = Backup(connection);
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().code(), ErrorCode::kAuthenticationFailed) << plain.error().ToString();
  EXPECT_THAT(plain.error().hint(), HasSubstr("sslmode"));
}

TEST_F(PgTls, AStrangeAuthorityIsNamedAsTheReason) {
  for (const char* mode : {"verify-ca", "verify-full"}) {
    ExpectRefused(Connect({{"sslmode", mode}, {"sslrootcert", tls_->strange.certificate}}),
                  "certificate is not trusted", "sslrootcert");
  }
}

TEST_F(PgTls, TheWrongNameIsNamed) {
  ConnectionInfo connection = Connection("shop");
  const auto other = test::MakeCertificate(tls_->folder.path(), "other",
                                           {"db.example", "DNS:db.example,DNS:db2.example"});
  ASSERT_TRUE(other) << other.error().ToString();
  auto server = test::PostgresServer::Create(
      {.settings = {
           {"ssl", "on"}, {"ssl_cert_file", other->certificate}, {"ssl_key_file", other->key}}});
  ASSERT_TRUE(server) << server.error().ToString();
  connection.port = (*server)->port();
  connection.database = "postgres";
  world_.secrets.by_key["superuser"] = (*server)->password();
  for (const char* host : {"127.0.0.1", "localhost"}) {
    connection.host = host;
    const auto refused =
        Connect(connection, {{"sslmode", "verify-full"}, {"sslrootcert", other->certificate}});
    ExpectRefused(refused, "certificate for \"db.example\"", "verify-ca");
    EXPECT_THAT(refused.error().message(), HasSubstr("\"" + std::string(host) + "\""));
  }
  const auto accepted =
      Connect(connection, {{"sslmode", "verify-ca"}, {"sslrootcert", other->certificate}});
  EXPECT_TRUE(accepted) << accepted.error().ToString();
}

// libpq itself would do without some of them.
TEST_F(PgTls, FilesThatAreNotThereAreNamed) {
  for (const char* property : {"sslrootcert", "sslcert", "sslkey", "sslcrl"}) {
    const auto refused = Connect({{"sslmode", "require"}, {property, "/no/such/file"}});
    ASSERT_FALSE(refused) << property;
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidOptions) << refused.error().ToString();
    EXPECT_THAT(refused.error().message(), HasSubstr(std::string("'") + property + "' names"));
    EXPECT_THAT(refused.error().message(), HasSubstr("/no/such/file"));
  }
  ExpectRefused(Connect({{"sslmode", "verify-full"}, {"sslrootcert", tls_->client.key}}),
                tls_->client.key, "PEM");
}

TEST_F(PgTls, AClientCertificateReplacesThePassword) {
  ConnectionInfo connection = Connection("shop");
  connection.credentials = {"keyholder", {}, AuthType::kKeyPair};
  const StringMap own = {{"sslmode", "verify-full"},
                         {"sslrootcert", tls_->server.certificate},
                         {"sslcert", tls_->client.certificate},
                         {"sslkey", tls_->client.key}};
  const auto connected = Connect(connection, own);
  ASSERT_TRUE(connected) << connected.error().ToString();
  connection.properties = own;
  const auto backup = Backup(connection);  // pg_dump shows it too
  ASSERT_TRUE(backup) << backup.error().ToString();

  StringMap none = own;
  none.erase("sslcert");
  none.erase("sslkey");
  ExpectRefused(Connect(connection, none), "certificate", "sslcert");
  StringMap strange = own;
  strange["sslcert"] = tls_->strange.certificate;
  strange["sslkey"] = tls_->strange.key;
  ExpectRefused(Connect(connection, strange), "", "sslcert");
  ASSERT_EQ(chmod(tls_->strange.key.c_str(), 0644), 0);
  ExpectRefused(Connect(connection, strange), tls_->strange.key, "chmod 600");
}

TEST_F(PgTls, ACutInTheMiddleOfACopyIsTransientAndKeepsNothing) {
  Sql("shop",
      "CREATE TABLE wide AS SELECT i, repeat(md5(i::text), 100) AS t FROM generate_series(1, 5000)"
      " i");
  const auto relay = test::TcpRelay::Create(tls_->running->port());
  ASSERT_TRUE(relay) << relay.error().ToString();
  ConnectionInfo connection = Connection("shop");
  connection.port = (*relay)->port();
  connection.properties = {{"sslmode", "require"}};
  (*relay)->After(6'000'000, test::TcpRelay::Fault::kBlip);
  const auto cut = Backup(connection);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code(), ErrorCode::kUnavailable) << cut.error().ToString();
  EXPECT_EQ(cut.error().retry(), Retry::kTransient);
  EXPECT_TRUE(store_.List("")->empty());
  const auto again = Backup(connection);
  EXPECT_TRUE(again) << again.error().ToString();
  Sql("shop", "DROP TABLE wide");
}

TEST_F(PgTls, AServerWithoutTlsIsNotTalkedTo) {
  DBSTOW_POSTGRES_OR_SKIP(plain);
  ConnectionInfo connection = Connection("postgres");
  connection.port = plain.port();
  world_.secrets.by_key["superuser"] = plain.password();
  EXPECT_EQ(*Connect(connection, {{"sslmode", "prefer"}}), "plain");
  ExpectRefused(Connect(connection, {{"sslmode", "require"}}), "does not offer it", "ssl = on");
  ExpectRefused(Connect(connection, {{"channel_binding", "require"}}), "channel binding",
                "sslmode");
}

TEST_F(PgTls, AnExpiredCertificateIsNotTrusted) {
  const auto old = test::MakeCertificate(tls_->folder.path(), "old", {.expired = true});
  ASSERT_TRUE(old) << old.error().ToString();
  auto server = test::PostgresServer::Create(
      {.settings = {
           {"ssl", "on"}, {"ssl_cert_file", old->certificate}, {"ssl_key_file", old->key}}});
  ASSERT_TRUE(server) << server.error().ToString();
  ConnectionInfo connection = Connection("postgres");
  connection.port = (*server)->port();
  world_.secrets.by_key["superuser"] = (*server)->password();
  ExpectRefused(
      Connect(connection, {{"sslmode", "verify-full"}, {"sslrootcert", old->certificate}}),
      "certificate is not trusted", "expired");
}

}  // namespace
}  // namespace dbstow::postgres
