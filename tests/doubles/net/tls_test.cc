#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "doubles/net/listener.h"
#include "support/fakes.h"

namespace dbstow::doubles {
namespace {

using std::chrono::minutes;

class Tls : public testing::Test {
 protected:
  void SetUp() override {
    auto made = ServerCertificate::Open(folder_ / "certificate.pem");
    ASSERT_TRUE(made) << made.error().ToString();
    certificate_.emplace(std::move(*made));
  }

  // Answers each byte with the next one, under TLS.
  std::unique_ptr<Listener> StartServer(TlsOptions options = {}) {
    auto listener = Listener::Start({}, [this, options](Connection& peer, std::stop_token) {
      const Result<void> started = peer.StartTls(*certificate_, options);
      if (!started) return;
      std::byte byte{};
      while (true) {
        const Result<std::size_t> size = peer.Read({&byte, 1});
        if (!size || *size == 0) return;
        byte = static_cast<std::byte>(static_cast<int>(byte) + 1);
        if (!peer.WriteAll({&byte, 1})) return;
      }
    });
    EXPECT_TRUE(listener);
    return std::move(*listener);
  }

  std::unique_ptr<Connection> Dial(const Listener& listener) {
    auto connection = Connection::Dial("localhost", listener.port());
    EXPECT_TRUE(connection) << connection.error().ToString();
    return std::move(*connection);
  }

  static std::string Ask(Connection& connection, const std::string& question) {
    std::string answer(question.size(), '?');
    EXPECT_TRUE(connection.WriteAll(AsBytes(question)));
    const Result<void> read = connection.ReadExactly(std::as_writable_bytes(std::span(answer)));
    EXPECT_TRUE(read) << read.error().ToString();
    return answer;
  }

  test::ScratchFolder folder_;
  std::optional<ServerCertificate> certificate_;
};

TEST_F(Tls, BothSidesOfARealSocket) {
  const auto listener = StartServer();
  for (const std::string host : {"localhost", "127.0.0.1"}) {
    const auto client = Dial(*listener);
    const Result<void> started = client->StartTlsAsClient(certificate_->pem_file(), host);
    ASSERT_TRUE(started) << started.error().ToString();
    EXPECT_EQ(client->tls()->version(), "TLSv1.3");
    EXPECT_EQ(Ask(*client, "HAL"), "IBM");
    client->Close();
  }
}

TEST_F(Tls, HasInputSeesThroughTls) {
  const auto listener = StartServer();
  const auto client = Dial(*listener);
  ASSERT_TRUE(client->StartTlsAsClient(certificate_->pem_file(), "localhost"));
  EXPECT_FALSE(*client->HasInput(Deadline(Monotonic::min())));
  ASSERT_TRUE(client->WriteAll(AsBytes("HAL")));
  EXPECT_TRUE(*client->HasInput(In(minutes(1))));
  std::string answer(3, '?');
  EXPECT_TRUE(client->ReadExactly(std::as_writable_bytes(std::span(answer))));
  EXPECT_EQ(answer, "IBM");
}

TEST_F(Tls, OnlyVersion12WhenAskedFor) {
  const auto listener = StartServer({.versions = TlsVersions::kOnly12});
  const auto client = Dial(*listener);
  ASSERT_TRUE(client->StartTlsAsClient(certificate_->pem_file(), "localhost"));
  EXPECT_EQ(client->tls()->version(), "TLSv1.2");
}

TEST_F(Tls, AlpnAgreesOnTheServersBest) {
  const auto listener = StartServer({.alpn = {"tds/8.0", "http/1.1"}});
  const auto client = Dial(*listener);
  ASSERT_TRUE(client->StartTlsAsClient(certificate_->pem_file(), "localhost",
                                       {.alpn = {"http/1.1", "tds/8.0"}}));
  EXPECT_EQ(client->tls()->alpn(), "tds/8.0");
  const auto stranger = Dial(*listener);
  EXPECT_FALSE(
      stranger->StartTlsAsClient(certificate_->pem_file(), "localhost", {.alpn = {"smtp"}}));
}

TEST_F(Tls, ClientsRefuseAnotherCertificateAndAnotherName) {
  const auto listener = StartServer();
  const auto other = ServerCertificate::Open(folder_ / "other.pem");
  ASSERT_TRUE(other);
  EXPECT_FALSE(Dial(*listener)->StartTlsAsClient(other->pem_file(), "localhost"));
  EXPECT_FALSE(Dial(*listener)->StartTlsAsClient(certificate_->pem_file(), "example.org"));
  EXPECT_FALSE(Dial(*listener)->StartTlsAsClient(folder_ / "missing.pem", "localhost"));
}

TEST_F(Tls, TheCertificateOutlivesTheProcessUnlessItIsBroken) {
  const auto listener = StartServer();
  const std::string trusted = certificate_->pem_file();
  const auto trusts = [&] { return bool(Dial(*listener)->StartTlsAsClient(trusted, "localhost")); };
  auto again = ServerCertificate::Open(trusted);
  ASSERT_TRUE(again);
  EXPECT_TRUE(trusts());
  std::ofstream(trusted + ".key") << "no key";
  again = ServerCertificate::Open(trusted);
  ASSERT_TRUE(again);
  EXPECT_FALSE(trusts()) << "the file holds the new certificate, the listener the old one";
  certificate_.emplace(std::move(*again));
  EXPECT_TRUE(bool(Dial(*StartServer())->StartTlsAsClient(trusted, "localhost")));
}

TEST_F(Tls, APeerThatSpeaksSomethingElseIsRefused) {
  const auto listener = StartServer();
  const auto client = Dial(*listener);
  ASSERT_TRUE(client->WriteAll(AsBytes("GET / HTTP/1.1\r\n\r\n")));
  std::array<std::byte, 64> alert;
  Result<std::size_t> size = client->Read(alert, In(minutes(1)));
  ASSERT_TRUE(size);
  size = client->Read(alert, In(minutes(1)));
  EXPECT_TRUE(!size || *size == 0);
}

// As inside TDS: the bytes travel in somebody else's packets, a few at a time.
TEST_F(Tls, ASessionNeedsNoSocket) {
  auto server = TlsSession::Server(*certificate_, {.versions = TlsVersions::kOnly12});
  auto client = TlsSession::Client(certificate_->pem_file(), "localhost");
  ASSERT_TRUE(server && client);
  const auto carry = [](TlsSession& from, TlsSession& to) {
    for (const std::byte byte : from.TakeOutgoing()) to.Feed({&byte, 1});
  };
  bool server_done = false;
  bool client_done = false;
  while (!server_done || !client_done) {
    const Result<bool> c = client->Handshake();
    carry(*client, *server);
    const Result<bool> s = server->Handshake();
    carry(*server, *client);
    ASSERT_TRUE(c && s);
    client_done = *c;
    server_done = *s;
  }
  ASSERT_TRUE(client->Write(AsBytes("hello")));
  carry(*client, *server);
  std::array<std::byte, 64> plain;
  const Result<std::size_t> size = server->Read(plain);
  ASSERT_TRUE(size);
  EXPECT_EQ(AsText(ByteView(plain).first(*size)), "hello");
  EXPECT_EQ(*server->Read(plain), 0u);
  EXPECT_FALSE(server->ended());
  client->End();
  carry(*client, *server);
  EXPECT_EQ(*server->Read(plain), 0u);
  EXPECT_TRUE(server->ended());
}

}  // namespace
}  // namespace dbstow::doubles
