// What the oplog and config.transactions say of sessions: chains, large and prepared transactions,
// inserts that are logged together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doubles/mongodb/testing/local_node.h"

namespace dbstow::doubles::mongodb::testing {
namespace {

const Json kNoTime = Json::parse(R"({"ts": {"$timestamp": 0}, "t": -1})");
const Json kSession = Json::parse(R"({"id": {"$uuid": "0123456789abcdef"}})");

class OplogTest : public ::testing::Test {
 protected:
  explicit OplogTest(std::string version = "7.0.16")
      : node_({.replica_set = "rs0", .version = std::move(version)}) {
    EXPECT_EQ(node_.Code("d", R"({"create": "c"})"), 0);
    from_ = node_.node().catalog().clock().last();
  }

  Json Ask(const std::string& db, Json command, std::int64_t number) {
    command["lsid"] = kSession;
    command["txnNumber"] = {{"$long", number}};
    Json reply = node_.Ask(db, command);
    EXPECT_EQ(reply["ok"], 1.0) << reply;
    return reply;
  }
  /// Since the fixture was made; one by one, for they may be large.
  Json Entries() {
    Json entries = Json::array();
    Json find = {{"find", "oplog.rs"}, {"limit", 1}};
    find["filter"]["ts"]["$gt"] = {{"$timestamp", from_.value}};
    while (true) {
      const Json found = node_.Ask("local", find)["cursor"]["firstBatch"];
      if (found.empty()) return entries;
      entries.push_back(found[0]);
      find["filter"]["ts"]["$gt"] = found[0]["ts"];
    }
  }
  /// Of the only session.
  Json Record() { return node_.Batch("config", R"({"find": "transactions"})")[0]; }
  static Json TimeOf(const Json& entry) { return {{"ts", entry["ts"]}, {"t", entry["t"]}}; }
  void Append(Json entry) {
    entry["ns"] = "admin.$cmd";
    entry["op"] = "c";
    entry["lsid"] = kSession;
    entry["txnNumber"] = {{"$long", 7}};
    node_.node().oplog().AppendRaw(ToBson(entry));
  }

  LocalNode node_;
  Timestamp from_;
};

class Oplog80Test : public OplogTest {
 protected:
  Oplog80Test() : OplogTest("8.0.4") {}
};

const Json kInserts =
    Json::parse(R"({"insert": "c", "documents": [{"_id": 1}, {"_id": 2}, {"_id": 3}]})");

TEST_F(OplogTest, EntriesOfOneNumberAreAChain) {
  Ask("d", kInserts, 1);
  Ask("d", Json::parse(R"({"update": "c", "updates": [{"q": {"_id": 1}, "u": {"a": 1}}]})"), 2);
  const Json entries = Entries();
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(entries[0]["prevOpTime"], kNoTime);
  EXPECT_EQ(entries[1]["prevOpTime"], TimeOf(entries[0]));
  EXPECT_EQ(entries[2]["prevOpTime"], TimeOf(entries[1]));
  EXPECT_EQ(entries[3]["prevOpTime"], kNoTime);
  EXPECT_EQ(Record()["txnNum"], 2);
  EXPECT_EQ(Record()["lastWriteOpTime"], TimeOf(entries[3]));
  EXPECT_FALSE(Record().contains("state"));
  node_.Restart();
  EXPECT_EQ(Record()["lastWriteOpTime"], TimeOf(entries[3]));
}

TEST_F(OplogTest, AWriteWithoutASessionHasNoChain) {
  ASSERT_EQ(node_.Ask("d", kInserts)["n"], 3);
  EXPECT_FALSE(Entries()[2].contains("prevOpTime"));
  EXPECT_EQ(node_.Batch("config", R"({"find": "transactions"})"), Json::array());
}

TEST_F(OplogTest, ALargeTransactionIsAChainOfParts) {
  Json first = Json::parse(R"({"insert": "c", "documents": [{"_id": 0}], "autocommit": false,
                               "startTransaction": true})");
  const std::string pad(7 << 20, 'x');
  for (int i = 0; i < 5; ++i) {
    Json insert = first;
    insert["documents"][0] = {{"_id", i}, {"pad", pad}};
    if (i > 0) insert.erase("startTransaction");
    Ask("d", insert, 3);
  }
  EXPECT_EQ(Entries(), Json::array());
  Ask("admin", Json::parse(R"({"commitTransaction": 1, "autocommit": false})"), 3);
  const Json entries = Entries();
  ASSERT_EQ(entries.size(), 3U);
  std::vector<int> ids;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(entries[i]["prevOpTime"], i == 0 ? kNoTime : TimeOf(entries[i - 1]));
    EXPECT_EQ(entries[i]["o"].value("partialTxn", false), i < 2);
    EXPECT_EQ(entries[i]["o"].contains("count"), i == 2);
    for (const Json& operation : entries[i]["o"]["applyOps"]) ids.push_back(operation["o"]["_id"]);
  }
  EXPECT_EQ(entries[2]["o"]["count"], 5);
  EXPECT_THAT(ids, ::testing::ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(Record()["state"], "committed");
  EXPECT_FALSE(Record().contains("startOpTime"));
  EXPECT_EQ(Record()["lastWriteOpTime"], TimeOf(entries[2]));
}

TEST_F(OplogTest, APreparedTransactionIsThereFromItsFirstPartToItsEnd) {
  const Json operation = Json::parse(R"({"op": "i", "ns": "d.c", "o": {"_id": 1}})");
  Append({{"o", {{"applyOps", {operation}}, {"partialTxn", true}}}});
  EXPECT_EQ(Record()["state"], "inProgress");
  EXPECT_EQ(Record()["startOpTime"], TimeOf(Entries()[0]));
  Append({{"o", {{"applyOps", {operation}}, {"prepare", true}}}});
  EXPECT_EQ(Record()["state"], "prepared");
  EXPECT_EQ(Record()["startOpTime"], TimeOf(Entries()[0]));
  // Others write meanwhile.
  ASSERT_EQ(node_.Ask("d", kInserts)["n"], 3);
  EXPECT_EQ(Record()["startOpTime"], TimeOf(Entries()[0]));
  Append({{"o", {{"commitTransaction", 1}, {"commitTimestamp", {{"$timestamp", 1}}}}}});
  EXPECT_EQ(Record()["state"], "committed");
  EXPECT_FALSE(Record().contains("startOpTime"));
  const Json entries = Entries();
  ASSERT_EQ(entries.size(), 6U);
  EXPECT_EQ(entries[0]["prevOpTime"], kNoTime);
  EXPECT_EQ(entries[1]["prevOpTime"], TimeOf(entries[0]));
  EXPECT_EQ(entries[5]["prevOpTime"], TimeOf(entries[1]));
}

TEST_F(OplogTest, APreparedTransactionMayBeAborted) {
  Append({{"o", {{"applyOps", Json::array()}, {"prepare", true}}}});
  Append({{"o", {{"abortTransaction", 1}}}});
  EXPECT_EQ(Record()["state"], "aborted");
}

TEST_F(OplogTest, ATransactionHoldsEachUniqueKeyOnce) {
  ASSERT_EQ(node_.Code("d", R"({"createIndexes": "c", "indexes": [
                {"key": {"n": 1}, "name": "n_1", "unique": true}]})"),
            0);
  Json insert =
      Json::parse(R"({"insert": "c", "documents": [{"_id": 1, "n": 5}, {"_id": 2, "n": 5}],
                                "autocommit": false, "startTransaction": true})");
  insert["lsid"] = kSession;
  insert["txnNumber"] = {{"$long", 1}};
  EXPECT_EQ(node_.Ask("d", insert)["code"], 11000);
}

TEST_F(Oplog80Test, InsertsOfOneStatementAreOneEntry) {
  Ask("d", kInserts, 1);
  const Json entries = Entries();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0]["multiOpType"], 1);
  EXPECT_EQ(entries[0]["prevOpTime"], kNoTime);
  EXPECT_FALSE(entries[0].contains("stmtId"));
  const Json& operations = entries[0]["o"]["applyOps"];
  ASSERT_EQ(operations.size(), 3U);
  for (int i = 0; i < 3; ++i) {
    const Json& operation = operations[static_cast<std::size_t>(i)];
    EXPECT_EQ(operation["op"], "i");
    EXPECT_EQ(operation["o"]["_id"], i + 1);
    EXPECT_EQ(operation["stmtId"], i);
  }
  EXPECT_FALSE(Record().contains("state"));
  EXPECT_EQ(node_.Ask("d", R"({"count": "c"})")["n"], 3);
}

TEST_F(Oplog80Test, WithoutASessionThereIsNothingToRetry) {
  ASSERT_EQ(node_.Ask("d", kInserts)["n"], 3);
  const Json entries = Entries();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0]["o"]["applyOps"].size(), 3U);
  for (const char* absent : {"multiOpType", "lsid", "prevOpTime"}) {
    EXPECT_FALSE(entries[0].contains(absent)) << absent;
  }
}

TEST_F(Oplog80Test, OneThatFailsIsNotLoggedAndTheOthersAreByThemselves) {
  const Json reply = node_.Ask("d", R"({"insert": "c", "ordered": false, "documents": [
      {"_id": 1}, {"_id": 2}, {"_id": 1}, {"_id": 3}]})");
  EXPECT_EQ(reply["n"], 3);
  EXPECT_EQ(reply["writeErrors"][0]["index"], 2);
  ASSERT_EQ(Entries().size(), 3U);
  for (const Json& entry : Entries()) EXPECT_EQ(entry["op"], "i");
}

TEST_F(Oplog80Test, ManyDocumentsAreSeveralEntriesOfOneChain) {
  Json insert = {{"insert", "c"}, {"documents", Json::array()}};
  for (int i = 0; i < 1200; ++i) insert["documents"].push_back({{"_id", i}});
  Ask("d", insert, 1);
  const Json entries = Entries();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1]["prevOpTime"], TimeOf(entries[0]));
  EXPECT_EQ(entries[2]["prevOpTime"], TimeOf(entries[1]));
  EXPECT_EQ(entries[2]["o"]["applyOps"].size(), 200U);
}

TEST_F(Oplog80Test, ACappedCollectionIsLoggedDocumentByDocument) {
  ASSERT_EQ(node_.Code("d", R"({"create": "k", "capped": true, "size": 4096})"), 0);
  from_ = node_.node().catalog().clock().last();
  ASSERT_EQ(node_.Code("d", R"({"insert": "k", "documents": [{"_id": 1}, {"_id": 2}]})"), 0);
  EXPECT_EQ(Entries().size(), 2U);
}

}  // namespace
}  // namespace dbstow::doubles::mongodb::testing
