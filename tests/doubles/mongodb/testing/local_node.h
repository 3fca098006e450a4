#pragma once

#include <memory>
#include <string>

#include "doubles/mongodb/server/node.h"
#include "doubles/mongodb/testing/bson_json.h"
#include "support/fakes.h"

namespace dbstow::doubles::mongodb::testing {

/// A node in the test's own process and one client of it, without sockets. For tests.
class LocalNode {
 public:
  explicit LocalNode(NodeOptions options = {});

  /// The reply to a command, both as JSON; the first field names the command.
  [[nodiscard]] Json Ask(const std::string& db, const Json& command);
  /// The same from text.
  [[nodiscard]] Json Ask(const std::string& db, const char* command) {
    return Ask(db, Json::parse(command));
  }
  /// The reply's code; 0 when it is ok and has no write errors, the first write error's otherwise.
  [[nodiscard]] int Code(const std::string& db, const char* command);
  /// The documents of a reply's first batch.
  [[nodiscard]] Json Batch(const std::string& db, const char* command);

  [[nodiscard]] Node& node() { return *node_; }
  [[nodiscard]] Client& client() { return client_; }
  /// Closes the node and opens it again over the same folder.
  void Restart();

 private:
  test::ScratchFolder folder_;
  NodeOptions options_;
  std::unique_ptr<Node> node_;
  Client client_;
};

}  // namespace dbstow::doubles::mongodb::testing
