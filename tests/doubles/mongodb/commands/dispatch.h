#pragma once

#include <stop_token>
#include <string>

#include "doubles/mongodb/server/node.h"

namespace dbstow::doubles::mongodb {

/// Runs one command to its reply document, a failure's included: looks it up, checks its fields,
/// rights, session and read concern, runs it, and makes what it did survive before it returns.
/// Takes the node's lock. Empty when a fault wants the connection to end without an answer.
[[nodiscard]] std::string RunCommand(Node& node, Client& client, const Document& command,
                                     std::stop_token stop);

}  // namespace dbstow::doubles::mongodb
