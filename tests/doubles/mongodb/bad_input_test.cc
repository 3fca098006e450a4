// What the double survives on its port: nonsense, giants, silence, crowds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "doubles/mongodb/testing/double_process.h"

namespace dbstow::doubles::mongodb::testing {
namespace {

class MongodbDoubleInputTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server_.Start()); }

  /// The server answers a new client.
  void ExpectAlive() {
    auto client = WireClient::Connect(server_.port());
    ASSERT_TRUE(client);
    const auto reply = (*client)->Run("admin", Builder().Add("ping", 1));
    ASSERT_TRUE(reply) << reply.error().ToString();
    EXPECT_TRUE(IsOk(*reply));
  }

  std::unique_ptr<Connection> Dial() {
    auto connection = Connection::Dial("127.0.0.1", server_.port());
    EXPECT_TRUE(connection);
    return std::move(*connection);
  }

  /// Nothing but the end of the stream comes back.
  static void ExpectEnd(Connection& connection) {
    std::byte byte;
    const auto read = connection.Read(MutableByteView(&byte, 1));
    EXPECT_TRUE(!read || *read == 0);
  }

  using Clients = std::vector<std::unique_ptr<WireClient>>;

  Clients Crowd() {
    Clients clients;
    for (int i = 0; i < 200; ++i) {
      auto client = WireClient::Connect(server_.port());
      EXPECT_TRUE(client) << i;
      if (client) clients.push_back(std::move(*client));
    }
    return clients;
  }

  static Builder InsertOf(const std::string& document) {
    const std::string list = ArrayBuilder().Add(Document(document)).Finish();
    Builder command;
    command.Add("insert", "c").Add("documents", Array{list});
    return command;
  }

  /// Each inserts one document, numbered from `first`, and does not wait.
  static void Send(const Clients& clients, int first) {
    for (const auto& client : clients) {
      Builder command = InsertOf(Builder().Add("_id", first++).Finish());
      ASSERT_TRUE(client->Send("crowd", command));
    }
  }

  DoubleProcess server_;
};

std::string Header(std::uint32_t length, std::uint32_t op_code) {
  std::string header(16, '\0');
  std::memcpy(header.data(), &length, 4);
  std::memcpy(header.data() + 12, &op_code, 4);
  return header;
}

TEST_F(MongodbDoubleInputTest, OversizedAndUndersizedMessagesEndTheConnectionOnly) {
  for (const std::uint32_t length : {0U, 15U, 48000001U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
    auto connection = Dial();
    ASSERT_TRUE(connection->WriteAll(AsBytes(Header(length, 2013))));
    ExpectEnd(*connection);
  }
  ExpectAlive();
}

TEST_F(MongodbDoubleInputTest, RandomBytesEndTheConnectionOnly) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 300; ++i) {
    auto connection = Dial();
    std::string body(random() % 200, '\0');
    for (char& c : body) c = static_cast<char>(random());
    const std::uint32_t op_code = random() % 2 == 0 ? 2013 : 2004;
    std::string message = Header(static_cast<std::uint32_t>(16 + body.size()), op_code) + body;
    if (random() % 4 == 0) message.resize(random() % message.size());
    if (!connection->WriteAll(AsBytes(message))) continue;
    connection->Close();
  }
  ExpectAlive();
}

TEST_F(MongodbDoubleInputTest, HalfOpenAndSilentPeersHoldNothingUp) {
  std::vector<std::unique_ptr<Connection>> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(Dial());
    if (i % 2 == 0) {
      ASSERT_TRUE(silent.back()->WriteAll(AsBytes(Header(1000, 2013))));
    }
  }
  ExpectAlive();
  server_.Stop();  // would wait for ever
  ASSERT_TRUE(server_.Start());
  ExpectAlive();
}

TEST_F(MongodbDoubleInputTest, DocumentsAboveSixteenMegabytesAreRefused) {
  auto client = WireClient::Connect(server_.port());
  ASSERT_TRUE(client);
  const auto code_of_insert = [&](std::size_t text_size) {
    Builder command = InsertOf(Builder().String("t", std::string(text_size, 'x')).Finish());
    const auto reply = (*client)->Run("d", command);
    if (!reply) return std::int64_t{-1};
    const Document errors = Document(*reply)["writeErrors"].AsDocument();
    return Document(*reply)["code"].AsInt64() + errors["0"].AsDocument()["code"].AsInt64();
  };
  EXPECT_EQ(code_of_insert(kMaxDocumentBytes - 100), 0);
  EXPECT_EQ(code_of_insert(kMaxDocumentBytes), 10334);
  EXPECT_EQ(code_of_insert(2 * kMaxDocumentBytes), 10334);
  ExpectAlive();
}

TEST_F(MongodbDoubleInputTest, TwoHundredConnectionsAreServedAtOnce) {
  const auto clients = Crowd();
  Send(clients, 0);
  for (auto& client : clients) {
    const auto reply = client->ReadReply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(Document(*reply)["n"].AsInt64(), 1);
  }
  const auto count = clients.front()->Run("crowd", Builder().Add("count", "c"));
  ASSERT_TRUE(count);
  EXPECT_EQ(Document(*count)["n"].AsInt64(), 200);
}

TEST_F(MongodbDoubleInputTest, KilledInACrowdItHoldsWhatItAcknowledged) {
  const auto clients = Crowd();
  std::set<std::int64_t> acknowledged;
  for (int wave = 0; wave < 3; ++wave) {
    Send(clients, wave * 1000);
    // Of the last wave some have been answered, some are at work, some are not read yet.
    const std::size_t waited_for = wave == 2 ? clients.size() / 2 : clients.size();
    for (std::size_t i = 0; i < waited_for; ++i) {
      const auto reply = clients[i]->ReadReply();
      ASSERT_TRUE(reply);
      ASSERT_EQ(Document(*reply)["n"].AsInt64(), 1);
      acknowledged.insert(wave * 1000 + static_cast<std::int64_t>(i));
    }
  }
  server_.Kill();
  ASSERT_TRUE(server_.Start());
  auto client = WireClient::Connect(server_.port());
  ASSERT_TRUE(client);
  const auto documents = (*client)->ReadAll("crowd", Builder().Add("find", "c"));
  ASSERT_TRUE(documents);
  std::set<std::int64_t> found;
  for (const std::string& document : *documents) {
    found.insert(Document(document)["_id"].AsInt64());
  }
  EXPECT_EQ(found.size(), documents->size());
  EXPECT_TRUE(std::includes(found.begin(), found.end(), acknowledged.begin(), acknowledged.end()));
  EXPECT_LE(found.size(), 3 * clients.size());
}

TEST_F(MongodbDoubleInputTest, CommandsOfTheWrongShapeAreAnsweredWithTheVendorsNumbers) {
  auto client = WireClient::Connect(server_.port());
  ASSERT_TRUE(client);
  const auto code = [&](Builder& command) {
    const auto reply = (*client)->Run("d", command);
    EXPECT_TRUE(reply);
    return reply ? Document(*reply)["code"].AsInt64() : -1;
  };
  EXPECT_EQ(code(Builder().Add("noSuchThing", 1)), 59);
  EXPECT_EQ(code(Builder().Add("find", "c").Add("nonsense", 1)), 40415);
  EXPECT_EQ(code(Builder().Add("find", 5)), 73);
  EXPECT_EQ(code(Builder().Add("find", "c").Add("filter", 5)), 14);
  EXPECT_EQ(code(Builder().Add("find", "c").Add("find", "c")), 40413);
  EXPECT_EQ(code(Builder().Add("insert", "c")), 40414);
  EXPECT_EQ(code(Builder().Add("create", "a$b")), 73);
  EXPECT_EQ(code(Builder().Add("getMore", std::int64_t{77}).Add("collection", "c")), 43);
  EXPECT_EQ(code(Builder().Add("applyOps", 1)), 13);
}

}  // namespace
}  // namespace dbstow::doubles::mongodb::testing
