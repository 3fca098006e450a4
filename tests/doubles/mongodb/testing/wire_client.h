#pragma once

#include <memory>
#include <string>
#include <vector>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/net/connection.h"

namespace dbstow::doubles::mongodb::testing {

/// The smallest client: sends command documents as OP_MSG and returns reply documents. For tests;
/// not thread-safe.
class WireClient {
 public:
  [[nodiscard]] static Result<std::unique_ptr<WireClient>> Connect(std::uint16_t port);

  /// Appends `$db`, sends, and returns the reply. Errors: as the connection's.
  [[nodiscard]] Result<std::string> Run(const std::string& db, Builder& command);
  /// Sends without waiting for the reply.
  [[nodiscard]] Result<void> Send(const std::string& db, Builder& command);
  [[nodiscard]] Result<std::string> ReadReply();
  /// All documents of a `find` or `listCollections`, over as many batches as it takes. A failure of
  /// the command is an Internal error with its text.
  [[nodiscard]] Result<std::vector<std::string>> ReadAll(const std::string& db, Builder& command);

  [[nodiscard]] Connection& connection() { return *connection_; }

 private:
  explicit WireClient(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  std::unique_ptr<Connection> connection_;
  std::int32_t next_id_ = 1;
};

[[nodiscard]] bool IsOk(const std::string& reply);

}  // namespace dbstow::doubles::mongodb::testing
