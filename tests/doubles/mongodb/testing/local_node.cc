#include "doubles/mongodb/testing/local_node.h"

#include <gtest/gtest.h>

#include "doubles/mongodb/commands/dispatch.h"

namespace dbstow::doubles::mongodb::testing {

LocalNode::LocalNode(NodeOptions options) : options_(std::move(options)) { Restart(); }

void LocalNode::Restart() {
  node_.reset();
  auto opened = Node::Open(folder_.path(), options_);
  EXPECT_TRUE(opened);
  node_ = std::move(*opened);
}

Json LocalNode::Ask(const std::string& db, const Json& command) {
  const std::string bson = Builder(Document(ToBson(command))).String("$db", db).Finish();
  const std::string reply = RunCommand(*node_, client_, Document(bson), {});
  EXPECT_TRUE(ValidateBson(reply));
  return ToJson(reply);
}

int LocalNode::Code(const std::string& db, const char* command) {
  const Json reply = Ask(db, command);
  if (reply.contains("writeErrors")) return reply["writeErrors"][0]["code"];
  return reply.value("code", 0);
}

Json LocalNode::Batch(const std::string& db, const char* command) {
  const Json reply = Ask(db, command);
  EXPECT_TRUE(reply.contains("cursor")) << reply;
  return reply.contains("cursor") ? reply["cursor"]["firstBatch"] : Json();
}

}  // namespace dbstow::doubles::mongodb::testing
