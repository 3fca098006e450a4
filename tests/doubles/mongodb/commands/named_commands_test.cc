// Commands of the engine's plan that no client of the proofs sends, or not with these options.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doubles/mongodb/testing/local_node.h"

namespace dbstow::doubles::mongodb::testing {
namespace {

NodeOptions Member() { return {.replica_set = "rs0"}; }

TEST(NamedCommandsTest, ParametersAreToldAndSet) {
  LocalNode node(Member());
  const Json feature =
      node.Ask("admin", R"({"getParameter": 1, "featureCompatibilityVersion": 1})");
  EXPECT_EQ(feature["featureCompatibilityVersion"]["version"], "7.0");
  EXPECT_FALSE(feature.contains("authSchemaVersion"));
  const Json all = node.Ask("admin", R"({"getParameter": "*"})");
  EXPECT_EQ(all["authenticationMechanisms"], Json({"SCRAM-SHA-256"}));
  EXPECT_EQ(all["minSnapshotHistoryWindowInSeconds"], 300);
  EXPECT_EQ(
      node.Ask("admin", R"({"setParameter": 1, "minSnapshotHistoryWindowInSeconds": 60})")["was"],
      300);
  EXPECT_EQ(node.Ask("admin", R"({"getParameter": 1, "minSnapshotHistoryWindowInSeconds": 1})")
                ["minSnapshotHistoryWindowInSeconds"],
            60);
  EXPECT_EQ(node.Code("admin", R"({"getParameter": 1, "noSuchParameter": 1})"), 72);
  EXPECT_EQ(node.Code("d", R"({"getParameter": "*"})"), 13);
}

TEST(NamedCommandsTest, AUserSeesItsOwnPrivileges) {
  LocalNode node({.authorization = true});
  ASSERT_EQ(node.Code("admin", R"({"createUser": "saver", "pwd": "p", "roles": ["backup"]})"), 0);
  EXPECT_EQ(node.Ask("admin", R"({"connectionStatus": 1})")["authInfo"]["authenticatedUsers"],
            Json::array());
  node.client().user = UserName{"admin", "saver"};
  const Json info =
      node.Ask("admin", R"({"connectionStatus": 1, "showPrivileges": true})")["authInfo"];
  EXPECT_EQ(info["authenticatedUserRoles"], Json::parse(R"([{"role": "backup", "db": "admin"}])"));
  bool may_note = false;
  bool may_insert = false;
  for (const Json& privilege : info["authenticatedUserPrivileges"]) {
    const auto may = [&](const char* action) {
      const Json& actions = privilege["actions"];
      return std::find(actions.begin(), actions.end(), Json(action)) != actions.end();
    };
    may_note = may_note || (privilege["resource"].contains("cluster") && may("appendOplogNote"));
    may_insert = may_insert || (privilege["resource"].value("db", "x").empty() && may("insert"));
  }
  EXPECT_TRUE(may_note);
  EXPECT_FALSE(may_insert);
  EXPECT_FALSE(node.Ask("admin", R"({"connectionStatus": 1})")["authInfo"].contains(
      "authenticatedUserPrivileges"));
}

TEST(NamedCommandsTest, EveryCommandIsListed) {
  LocalNode node;
  const Json commands = node.Ask("admin", R"({"listCommands": 1})")["commands"];
  for (const char* name : {"find", "distinct", "applyOps", "fsync", "_mergeAuthzCollections"}) {
    EXPECT_TRUE(commands.contains(name)) << name;
  }
  EXPECT_EQ(commands["fsync"]["adminOnly"], true);
  EXPECT_EQ(commands["hello"]["requiresAuth"], false);
  EXPECT_EQ(commands["insert"]["secondaryOk"], false);
  EXPECT_FALSE(commands.contains("mapReduce"));
}

TEST(NamedCommandsTest, ANoteIsAnEntryOfTheOplog) {
  LocalNode node(Member());
  const Json reply = node.Ask("admin", R"({"appendOplogNote": 1, "data": {"who": "backup"}})");
  const Json newest =
      node.Batch("local", R"({"find": "oplog.rs", "sort": {"$natural": -1}, "limit": 1})")[0];
  EXPECT_EQ(newest["op"], "n");
  EXPECT_EQ(newest["o"], Json::parse(R"({"who": "backup"})"));
  EXPECT_EQ(newest["ts"], reply["operationTime"]);
  EXPECT_EQ(node.Code("admin", R"({"appendOplogNote": 1})"), 4);
  LocalNode alone;
  EXPECT_EQ(alone.Code("admin", R"({"appendOplogNote": 1, "data": {}})"), 76);
}

TEST(NamedCommandsTest, ANodeStepsDownWhenTold) {
  LocalNode node(Member());
  EXPECT_EQ(node.Code("admin", R"({"replSetStepDown": "soon"})"), 2);
  EXPECT_EQ(node.Code("admin", R"({"replSetStepDown": 3600, "force": true})"), 0);
  EXPECT_EQ(node.Ask("admin", R"({"hello": 1})")["secondary"], true);
  EXPECT_EQ(node.Code("d", R"({"insert": "c", "documents": [{}]})"), 10107);
  EXPECT_EQ(node.Code("d", R"({"find": "c"})"), 13435);
  EXPECT_EQ(node.Code("d", R"({"find": "c", "$readPreference": {"mode": "secondary"}})"), 0);
  LocalNode alone;
  EXPECT_EQ(alone.Code("admin", R"({"replSetStepDown": 1})"), 76);
}

TEST(NamedCommandsTest, AKilledSessionLosesItsCursorsAndItsTransaction) {
  LocalNode node(Member());
  ASSERT_EQ(node.Code("d", R"({"insert": "c", "documents": [{"_id": 1}, {"_id": 2}]})"), 0);
  const Json cursor = node.Ask("d", R"({"find": "c", "batchSize": 1,
                                        "lsid": {"id": {"$uuid": "0123456789abcdef"}}})");
  ASSERT_EQ(node.Code("d", R"({"insert": "c", "documents": [{"_id": 3}],
                               "lsid": {"id": {"$uuid": "fedcba9876543210"}},
                               "txnNumber": {"$long": 1}, "autocommit": false,
                               "startTransaction": true})"),
            0);
  EXPECT_EQ(node.Code("admin", R"({"killSessions": [{"id": {"$uuid": "0123456789abcdef"}},
                                                    {"id": {"$uuid": "fedcba9876543210"}}]})"),
            0);
  Json more = {{"getMore", {{"$long", cursor["cursor"]["id"]}}}, {"collection", "c"}};
  more["lsid"]["id"]["$uuid"] = "0123456789abcdef";
  EXPECT_EQ(node.Ask("d", more)["code"], 43);
  EXPECT_EQ(node.Code("admin", R"({"commitTransaction": 1,
                                   "lsid": {"id": {"$uuid": "fedcba9876543210"}},
                                   "txnNumber": {"$long": 1}, "autocommit": false})"),
            251);
  EXPECT_EQ(node.Ask("d", R"({"count": "c"})")["n"], 2);
}

class UsersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(node_.Code("d", R"({"createRole": "looker", "roles": [], "privileges": [
                  {"resource": {"db": "d", "collection": "c"}, "actions": ["find"]}]})"),
              0);
    ASSERT_EQ(node_.Code("d", R"({"createUser": "u", "pwd": "p", "roles": ["looker"],
                                  "customData": {"team": 1}})"),
              0);
    ASSERT_EQ(node_.Code("e", R"({"createUser": "other", "pwd": "p", "roles": []})"), 0);
  }
  Json User(const char* command = R"({"usersInfo": "u"})") {
    return node_.Ask("d", command)["users"][0];
  }

  LocalNode node_;
};

TEST_F(UsersTest, UsersAreChangedGrantedAndDropped) {
  ASSERT_EQ(node_.Code("d", R"({"updateUser": "u", "customData": {"team": 2}})"), 0);
  EXPECT_EQ(User()["customData"]["team"], 2);
  EXPECT_EQ(User()["roles"], Json::parse(R"([{"role": "looker", "db": "d"}])"));
  ASSERT_EQ(node_.Code("d", R"({"grantRolesToUser": "u", "roles": ["read", "looker"]})"), 0);
  EXPECT_EQ(User()["roles"].size(), 2U);
  ASSERT_EQ(node_.Code("d", R"({"revokeRolesFromUser": "u", "roles": ["looker"]})"), 0);
  EXPECT_EQ(User()["roles"], Json::parse(R"([{"role": "read", "db": "d"}])"));
  ASSERT_EQ(node_.Code("d", R"({"updateUser": "u", "roles": []})"), 0);
  EXPECT_EQ(User()["roles"], Json::array());
  EXPECT_EQ(node_.Code("d", R"({"updateUser": "u"})"), 2);
  EXPECT_EQ(node_.Code("d", R"({"updateUser": "u", "roles": ["nosuchrole"]})"), 31);
  EXPECT_EQ(node_.Code("d", R"({"updateUser": "nobody", "pwd": "p"})"), 11);
  EXPECT_EQ(node_.Code("d", R"({"createUser": "x", "pwd": "p", "roles": [],
                                "digestPassword": false})"),
            2);
  ASSERT_EQ(node_.Code("d", R"({"dropUser": "u"})"), 0);
  EXPECT_EQ(node_.Code("d", R"({"dropUser": "u"})"), 11);
  EXPECT_EQ(node_.Ask("d", R"({"usersInfo": 1})")["users"], Json::array());
}

TEST_F(UsersTest, ANewPasswordIsANewCredential) {
  constexpr const char* kShow = R"({"usersInfo": "u", "showCredentials": true})";
  const Json before = User(kShow)["credentials"]["SCRAM-SHA-256"];
  ASSERT_EQ(node_.Code("d", R"({"updateUser": "u", "pwd": "new"})"), 0);
  const Json after = User(kShow)["credentials"]["SCRAM-SHA-256"];
  EXPECT_EQ(after["iterationCount"], 15000);
  EXPECT_NE(before["storedKey"], after["storedKey"]);
  EXPECT_FALSE(User().contains("credentials"));
}

TEST_F(UsersTest, UsersInfoFilters) {
  const auto names = [&](const char* command) {
    std::vector<std::string> found;
    const Json reply = node_.Ask("d", command);
    for (const Json& user : reply["users"]) found.push_back(user["user"]);
    return found;
  };
  EXPECT_THAT(names(R"({"usersInfo": {"forAllDBs": true}})"), ::testing::SizeIs(2));
  EXPECT_THAT(names(R"({"usersInfo": {"forAllDBs": true}, "filter": {"db": "e"}})"),
              ::testing::ElementsAre("other"));
  EXPECT_FALSE(User(R"({"usersInfo": "u", "showCustomData": false})").contains("customData"));
}

TEST_F(UsersTest, RolesAreToldAndDropped) {
  const Json role = node_.Ask("d", R"({"rolesInfo": "looker"})")["roles"][0];
  EXPECT_EQ(role["role"], "looker");
  EXPECT_EQ(role["isBuiltin"], false);
  EXPECT_FALSE(role.contains("privileges"));
  const Json whole =
      node_.Ask("d", R"({"rolesInfo": 1, "showPrivileges": true})")["roles"][0]["privileges"];
  EXPECT_EQ(whole[0]["actions"], Json({"find"}));
  EXPECT_EQ(node_.Ask("e", R"({"rolesInfo": 1})")["roles"], Json::array());
  EXPECT_EQ(node_.Code("d", R"({"createRole": "looker", "privileges": [], "roles": []})"), 51002);
  ASSERT_EQ(node_.Code("d", R"({"dropRole": "looker"})"), 0);
  EXPECT_EQ(node_.Code("d", R"({"dropRole": "looker"})"), 31);
}

TEST(ResumeTest, AClusteredCollectionHasBinaryRecordIds) {
  LocalNode node;
  ASSERT_EQ(node.Code("d", R"({"create": "c", "clusteredIndex": {"key": {"_id": 1},
                               "unique": true}})"),
            0);
  ASSERT_EQ(node.Code("d", R"({"insert": "c", "documents": [{"_id": 30}, {"_id": 10},
                               {"_id": 20}]})"),
            0);
  EXPECT_EQ(node.Code("d", R"({"insert": "c", "documents": [{"_id": 10}]})"), 11000);
  const Json cursor = node.Ask("d", R"({"find": "c", "hint": {"$natural": 1}, "batchSize": 1,
      "singleBatch": true, "showRecordId": true, "$_requestResumeToken": true})")["cursor"];
  EXPECT_EQ(cursor["firstBatch"][0]["_id"], 10);
  const Json token = cursor["postBatchResumeToken"];
  ASSERT_TRUE(token["$recordId"].contains("$hex")) << token;
  EXPECT_EQ(cursor["firstBatch"][0]["$recordId"], token["$recordId"]);
  Json rest =
      Json::parse(R"({"find": "c", "hint": {"$natural": 1}, "$_requestResumeToken": true})");
  rest["$_resumeAfter"] = token;
  const Json after = node.Ask("d", rest)["cursor"]["firstBatch"];
  EXPECT_EQ(after, Json::parse(R"([{"_id": 20}, {"_id": 30}])"));
  const Json listed = node.Batch("d", R"({"listIndexes": "c"})");
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0]["clustered"], true);
}

TEST(ResumeTest, StartAtIsOf82AndIncludesItsRecord) {
  const auto ids = [](LocalNode& node) {
    EXPECT_EQ(
        node.Code("d", R"({"insert": "c", "documents": [{"_id": 1}, {"_id": 2}, {"_id": 3}]})"), 0);
    Json find = Json::parse(R"({"find": "c", "hint": {"$natural": 1},
        "$_requestResumeToken": true, "$_startAt": {"$recordId": {"$long": 2}}})");
    return node.Ask("d", find);
  };
  LocalNode older({.version = "8.0.4"});
  EXPECT_EQ(ids(older)["code"], 40415);
  LocalNode newer({.version = "8.2.0"});
  EXPECT_EQ(ids(newer)["cursor"]["firstBatch"], Json::parse(R"([{"_id": 2}, {"_id": 3}])"));
  ASSERT_EQ(newer.Code("d", R"({"delete": "c", "deletes": [{"q": {"_id": 2}, "limit": 1}]})"), 0);
  EXPECT_EQ(newer.Code("d", R"({"find": "c", "hint": {"$natural": 1},
      "$_requestResumeToken": true, "$_startAt": {"$recordId": {"$long": 2}}})"),
            211);
}

TEST(RouterTest, ItLocksFromThePatchOnThatCan) {
  LocalNode router({.router = true, .version = "7.0.2"});
  EXPECT_EQ(router.Ask("admin", R"({"fsync": 1, "lock": true})")["lockCount"], 1);
  EXPECT_EQ(router.Ask("admin", R"({"fsyncUnlock": 1})")["lockCount"], 0);
  EXPECT_EQ(router.Code("admin", R"({"fsyncUnlock": 1})"), 20);
  for (const char* version : {"7.0.1", "6.0.10", "5.0.21"}) {
    LocalNode older({.router = true, .version = version});
    EXPECT_EQ(older.Code("admin", R"({"fsync": 1, "lock": true})"), 115) << version;
    EXPECT_EQ(older.Code("admin", R"({"fsync": 1})"), 0) << version;
  }
  LocalNode backport({.router = true, .version = "6.0.11"});
  EXPECT_EQ(backport.Code("admin", R"({"fsync": 1, "lock": true})"), 0);
}

}  // namespace
}  // namespace dbstow::doubles::mongodb::testing
