#include "doubles/net/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <latch>

namespace dbstow::doubles {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

const Deadline kNow = Deadline(Monotonic::min());

void Echo(Connection& peer, std::stop_token) {
  std::array<std::byte, 4096> chunk;
  while (true) {
    const Result<std::size_t> size = peer.Read(chunk);
    if (!size || *size == 0 || !peer.WriteAll(ByteView(chunk).first(*size))) return;
  }
}

std::unique_ptr<Listener> StartEcho(std::size_t max_connections = 256) {
  auto listener = Listener::Start({.max_connections = max_connections}, &Echo);
  EXPECT_TRUE(listener) << listener.error().ToString();
  return std::move(*listener);
}

std::unique_ptr<Connection> Dial(const Listener& listener) {
  auto connection = Connection::Dial("localhost", listener.port());
  EXPECT_TRUE(connection) << connection.error().ToString();
  return std::move(*connection);
}

std::string Ask(Connection& connection, const std::string& question) {
  std::string answer(question.size(), '?');
  EXPECT_TRUE(connection.WriteAll(AsBytes(question)));
  const Result<void> read = connection.ReadExactly(std::as_writable_bytes(std::span(answer)));
  EXPECT_TRUE(read) << read.error().ToString();
  return answer;
}

TEST(Listener, ServesTwoHundredConnectionsAtOnce) {
  const auto listener = StartEcho();
  std::vector<std::unique_ptr<Connection>> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(Dial(*listener));
  for (int i = 0; i < 200; ++i) {
    const std::string question = "question " + std::to_string(i);
    EXPECT_EQ(Ask(*clients[static_cast<std::size_t>(i)], question), question);
  }
  EXPECT_EQ(listener->open_connections(), 200u);
}

TEST(Listener, ClosesWhatIsBeyondItsLimitAndGoesOn) {
  const auto listener = StartEcho(2);
  auto first = Dial(*listener);
  const auto second = Dial(*listener);
  EXPECT_EQ(Ask(*first, "a"), "a");
  EXPECT_EQ(Ask(*second, "b"), "b");
  const auto third = Dial(*listener);
  std::byte byte{};
  const Result<std::size_t> refused = third->Read({&byte, 1}, In(minutes(1)));
  EXPECT_TRUE(!refused || *refused == 0);
  first->Close();
  // The place is free once the handler has seen the end of the first.
  while (listener->open_connections() > 1) std::this_thread::yield();
  EXPECT_EQ(Ask(*Dial(*listener), "c"), "c");
}

TEST(Listener, AMessageLargerThanEveryBufferComesBackWhole) {
  const auto listener = StartEcho();
  const auto client = Dial(*listener);
  const std::string question(8 * 1024 * 1024, 'x');
  std::jthread writer([&] { EXPECT_TRUE(client->WriteAll(AsBytes(question))); });
  std::string answer(question.size(), '?');
  EXPECT_TRUE(client->ReadExactly(std::as_writable_bytes(std::span(answer))));
  EXPECT_EQ(answer, question);
}

TEST(Listener, SilentAndHalfOpenPeersDoNotHoldUpAStop) {
  const auto listener = StartEcho();
  const auto silent = Dial(*listener);
  auto half_open = Dial(*listener);
  EXPECT_EQ(Ask(*half_open, "half"), "half");
  // A peer that asks for much and never reads the answer: the server blocks in its write.
  const auto deaf = Dial(*listener);
  const std::string flood(1024 * 1024, 'x');
  while (deaf->WriteAll(AsBytes(flood), In(milliseconds(200)))) {
  }
  while (listener->open_connections() < 3) std::this_thread::yield();
  listener->Stop();
  EXPECT_EQ(listener->open_connections(), 0u);
  EXPECT_FALSE(Connection::Dial("127.0.0.1", listener->port()));
}

TEST(Listener, CutEndsEveryConnectionAndNewOnesAreServed) {
  const auto listener = StartEcho();
  const auto client = Dial(*listener);
  EXPECT_EQ(Ask(*client, "before"), "before");
  EXPECT_EQ(listener->CutConnections(), 1u);
  std::byte byte{};
  const Result<std::size_t> after = client->Read({&byte, 1}, In(minutes(1)));
  EXPECT_TRUE(!after || *after == 0);
  EXPECT_EQ(Ask(*Dial(*listener), "after"), "after");
}

TEST(Listener, ATakenPortIsAnError) {
  const auto listener = StartEcho();
  const auto second = Listener::Start({.port = listener->port()}, &Echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kIoError);
  EXPECT_EQ(second.error().native()->system, "errno");
}

TEST(Connection, ReadsGiveUpAtTheirDeadlineAndWhenStopped) {
  const auto listener = StartEcho();
  std::stop_source stop;
  auto client = Connection::Dial("127.0.0.1", listener->port(), stop.get_token());
  ASSERT_TRUE(client) << client.error().ToString();
  std::byte byte{};
  EXPECT_EQ((*client)->Read({&byte, 1}, kNow).error().code(), ErrorCode::kTimeout);
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ((*client)->Read({&byte, 1}).error().code(), ErrorCode::kCancelled);
}

TEST(Connection, HasInputTellsWithoutTakingAnything) {
  const auto listener = StartEcho();
  const auto client = Dial(*listener);
  EXPECT_FALSE(*client->HasInput(kNow));
  ASSERT_TRUE(client->WriteAll(AsBytes("ab")));
  EXPECT_TRUE(*client->HasInput(In(minutes(1))));
  std::string answer(2, '?');
  EXPECT_TRUE(client->ReadExactly(std::as_writable_bytes(std::span(answer))));
  EXPECT_EQ(answer, "ab");
}

TEST(Connection, AnEndInTheMiddleOfAMessageSaysHowMuchCame) {
  const auto listener = Listener::Start(
      {}, [](Connection& peer, std::stop_token) { EXPECT_TRUE(peer.WriteAll(AsBytes("abc"))); });
  ASSERT_TRUE(listener);
  const auto client = Dial(**listener);
  std::string answer(10, '?');
  const Result<void> read = client->ReadExactly(std::as_writable_bytes(std::span(answer)));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message(), "the peer ended after 3 of 10 bytes");
}

}  // namespace
}  // namespace dbstow::doubles
