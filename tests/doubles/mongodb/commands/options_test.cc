// What a command is asked for it does or refuses, never passes over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doubles/mongodb/testing/local_node.h"

namespace dbstow::doubles::mongodb::testing {
namespace {

constexpr int kBadHint = 2;
constexpr int kLeftOut = 115;

class OptionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(node_.Code("d", R"({"insert": "c", "documents": [
        {"_id": 1, "n": 30, "tags": ["a", "b"]}, {"_id": 2, "n": 10, "tags": "a"},
        {"_id": 3, "n": 20, "s": {"x": 5}}]})"),
              0);
    ASSERT_EQ(node_.Code("d", R"({"createIndexes": "c", "indexes": [
        {"key": {"n": 1}, "name": "n_1"},
        {"key": {"s": 1}, "name": "sparse", "sparse": true},
        {"key": {"n": -1}, "name": "hidden", "hidden": true},
        {"key": {"h": "hashed"}, "name": "hashed"}]})"),
              0);
  }
  Json Ids(const char* command) {
    Json ids = Json::array();
    for (const Json& document : node_.Batch("d", command)) ids.push_back(document["_id"]);
    return ids;
  }

  LocalNode node_;
};

TEST_F(OptionsTest, AnUnknownHintIsRefusedWhereverItIsGiven) {
  for (const char* command : {
           R"({"find": "c", "hint": "nope"})",
           R"({"count": "c", "hint": "nope"})",
           R"({"count": "c", "query": {"n": 10}, "hint": {"m": 1}})",
           R"({"distinct": "c", "key": "n", "hint": {"m": 1}})",
           R"({"aggregate": "c", "pipeline": [], "cursor": {}, "hint": "nope"})",
           R"({"update": "c", "updates": [{"q": {}, "u": {"$set": {"a": 1}}, "hint": "nope"}]})",
           R"({"delete": "c", "deletes": [{"q": {}, "limit": 0, "hint": {"m": 1}}]})",
           R"({"find": "c", "hint": "hidden"})",
       }) {
    EXPECT_EQ(node_.Code("d", command), kBadHint) << command;
  }
  EXPECT_EQ(node_.Ask("d", R"({"count": "c"})")["n"], 3);
}

TEST_F(OptionsTest, AHintChoosesTheOrder) {
  EXPECT_EQ(Ids(R"({"aggregate": "c", "pipeline": [], "cursor": {}, "hint": "n_1"})"),
            Json({2, 3, 1}));
  EXPECT_EQ(Ids(R"({"aggregate": "c", "pipeline": [], "cursor": {}, "hint": {"$natural": -1}})"),
            Json({3, 2, 1}));
  EXPECT_EQ(node_.Ask("d", R"({"count": "c", "hint": "n_1"})")["n"], 3);
  EXPECT_EQ(node_.Ask("d", R"({"delete": "c", "deletes": [
                {"q": {"_id": {"$gt": 0}}, "limit": 1, "hint": "n_1"}]})")["n"],
            1);
  EXPECT_EQ(Ids(R"({"find": "c"})"), Json({1, 3}));
  EXPECT_EQ(node_.Code("d", R"({"update": "c", "updates": [
                {"q": {}, "u": {"$set": {"first": true}}, "hint": {"$natural": -1}}]})"),
            0);
  EXPECT_EQ(Ids(R"({"find": "c", "filter": {"first": true}})"), Json({3}));
}

TEST_F(OptionsTest, WhatIsLeftOutIsRefused) {
  for (const char* command : {
           R"({"find": "c", "returnKey": true})",
           R"({"find": "c", "let": {"a": 1}})",
           R"({"find": "c", "hint": "sparse"})",
           R"({"find": "c", "hint": "hashed"})",
           R"({"find": "c", "collation": {"locale": "de"}})",
           R"({"aggregate": "c", "pipeline": [], "cursor": {}, "let": {"a": 1}})",
           R"({"aggregate": "c", "cursor": {}, "pipeline": [
               {"$merge": {"into": "o", "whenMatched": [{"$unset": "a"}]}}]})",
           R"({"update": "c", "updates": [{"q": {}, "u": {"a": 1}}], "let": {"a": 1}})",
           R"({"update": "c", "updates": [{"q": {}, "u": [{"$unset": "a"}], "c": {"a": 1}}]})",
           R"({"update": "c", "updates": [{"q": {}, "u": {"a": 1}, "arrayFilters": [{"a": 1}]}]})",
           R"({"delete": "c", "deletes": [{"q": {}, "limit": 0}], "let": {"a": 1}})",
           R"({"create": "e", "encryptedFields": {"fields": []}})",
           R"({"createUser": "u", "pwd": "p", "roles": [],
               "authenticationRestrictions": [{"clientSource": ["127.0.0.1"]}]})",
           R"({"createRole": "r", "privileges": [], "roles": [],
               "authenticationRestrictions": [{"clientSource": ["127.0.0.1"]}]})",
           R"({"usersInfo": 1, "showPrivileges": true})",
           R"({"rolesInfo": 1, "showBuiltinRoles": true})",
       }) {
    EXPECT_EQ(node_.Code("d", command), kLeftOut) << command;
  }
  // Asked for nothing, they are no reason to refuse.
  EXPECT_EQ(node_.Code("d", R"({"find": "c", "returnKey": false, "let": {}})"), 0);
  EXPECT_EQ(node_.Code("d", R"({"createUser": "u", "pwd": "p", "roles": [],
                                "authenticationRestrictions": []})"),
            0);
}

TEST_F(OptionsTest, UnknownFieldsOfStatementsAreRefused) {
  EXPECT_EQ(node_.Code("d", R"({"delete": "c", "deletes": [{"q": {}, "limit": 0, "x": 1}]})"),
            40415);
  EXPECT_EQ(node_.Code("d", R"({"update": "c", "updates": [{"q": {}, "u": {}, "x": 1}]})"), 40415);
}

TEST_F(OptionsTest, DistinctGivesEachValueOnceInTheOrderMet) {
  EXPECT_EQ(node_.Ask("d", R"({"distinct": "c", "key": "tags"})")["values"], Json({"a", "b"}));
  EXPECT_EQ(node_.Ask("d", R"({"distinct": "c", "key": "s.x"})")["values"], Json({5}));
  EXPECT_EQ(node_.Ask("d", R"({"distinct": "c", "key": "n", "query": {"n": {"$gt": 10}},
                               "hint": "n_1"})")["values"],
            Json({20, 30}));
  EXPECT_EQ(node_.Ask("d", R"({"distinct": "nothing", "key": "n"})")["values"], Json::array());
  EXPECT_EQ(node_.Code("d", R"({"distinct": "c", "key": 1})"), 14);
}

TEST_F(OptionsTest, DistinctReadsTheViewAndTheSnapshot) {
  ASSERT_EQ(node_.Code("d", R"({"create": "v", "viewOn": "c",
                                "pipeline": [{"$match": {"n": {"$lt": 30}}}]})"),
            0);
  EXPECT_EQ(node_.Ask("d", R"({"distinct": "v", "key": "n"})")["values"], Json({10, 20}));
  LocalNode member({.replica_set = "rs0"});
  ASSERT_EQ(member.Code("d", R"({"insert": "c", "documents": [{"_id": 1, "n": 1}]})"), 0);
  const Json first =
      member.Ask("d", R"({"distinct": "c", "key": "n", "readConcern": {"level": "snapshot"}})");
  ASSERT_EQ(member.Code("d", R"({"insert": "c", "documents": [{"_id": 2, "n": 2}]})"), 0);
  Json again = {{"distinct", "c"}, {"key", "n"}};
  again["readConcern"] = {{"level", "snapshot"}, {"atClusterTime", first["atClusterTime"]}};
  EXPECT_EQ(member.Ask("d", again)["values"], Json({1}));
}

TEST_F(OptionsTest, OutputsBypassValidatorsWhenAsked) {
  ASSERT_EQ(node_.Code("d", R"({"create": "strict", "validator": {"n": {"$gt": 15}}})"), 0);
  for (const char* stage : {R"({"$merge": "strict"})", R"({"$out": "strict"})"}) {
    const std::string command =
        std::string(R"({"aggregate": "c", "cursor": {}, "pipeline": [)") + stage + "]";
    EXPECT_EQ(node_.Code("d", (command + "}").c_str()), 121) << stage;
    EXPECT_EQ(node_.Code("d", (command + R"(, "bypassDocumentValidation": true})").c_str()), 0)
        << stage;
    EXPECT_EQ(node_.Ask("d", R"({"count": "strict"})")["n"], 3) << stage;
  }
}

TEST_F(OptionsTest, MergeModes) {
  const auto merge = [&](const std::string& modes) {
    const std::string command = R"({"aggregate": "c", "cursor": {}, "pipeline": [{"$match": {"_id":
        {"$lte": 2}}}, {"$unset": "tags"}, {"$merge": {"into": "o", )" +
                                modes + "}}]}";
    return node_.Code("d", command.c_str());
  };
  const auto start = [&] {
    ASSERT_EQ(node_.Code("d", R"({"drop": "o"})"), 0);
    ASSERT_EQ(node_.Code("d", R"({"insert": "o", "documents": [{"_id": 1, "own": true}]})"), 0);
  };
  const auto target = [&] { return node_.Batch("d", R"({"find": "o"})"); };
  start();
  EXPECT_EQ(merge(R"("whenMatched": "merge")"), 0);
  EXPECT_EQ(target(), Json::parse(R"([{"_id": 1, "own": true, "n": 30}, {"_id": 2, "n": 10}])"));
  start();
  EXPECT_EQ(merge(R"("whenMatched": "replace", "whenNotMatched": "discard")"), 0);
  EXPECT_EQ(target(), Json::parse(R"([{"_id": 1, "n": 30}])"));
  start();
  EXPECT_EQ(merge(R"("whenMatched": "keepExisting")"), 0);
  EXPECT_EQ(target(), Json::parse(R"([{"_id": 1, "own": true}, {"_id": 2, "n": 10}])"));
  start();
  EXPECT_EQ(merge(R"("whenMatched": "fail")"), 11000);
  EXPECT_EQ(merge(R"("whenMatched": "keepExisting", "whenNotMatched": "fail")"), 13113);
  EXPECT_EQ(merge(R"("whenMatched": "nonsense")"), 2);
  EXPECT_EQ(target(), Json::parse(R"([{"_id": 1, "own": true}])"));
}

TEST_F(OptionsTest, NoCollectionIsMadeWithoutAnIdIndex) {
  EXPECT_EQ(node_.Code("d", R"({"create": "x", "autoIndexId": false})"), 50001);
  EXPECT_EQ(node_.Code("local", R"({"create": "x", "autoIndexId": false})"), kLeftOut);
  EXPECT_EQ(node_.Code("d", R"({"create": "x", "autoIndexId": true})"), 0);
  EXPECT_EQ(node_.Batch("d", R"({"listCollections": 1, "filter": {"name": "x"}})")[0]["options"],
            Json::object());
}

TEST_F(OptionsTest, PreImagesAreKeptAsAnOption) {
  EXPECT_EQ(node_.Code("d", R"({"create": "p", "changeStreamPreAndPostImages": {}})"), 14);
  EXPECT_EQ(node_.Code("d", R"({"create": "p", "changeStreamPreAndPostImages":
                                {"enabled": true}})"),
            0);
  const Json listed = node_.Batch("d", R"({"listCollections": 1, "filter": {"name": "p"}})");
  EXPECT_EQ(listed[0]["options"]["changeStreamPreAndPostImages"]["enabled"], true);
}

}  // namespace
}  // namespace dbstow::doubles::mongodb::testing
