#pragma once

#include <string>

#include "dbstow/core/connection_info.h"

namespace dbstow::app {

/// The name, and so the chain in a repository, of an instance that is given as a URI: engine, host,
/// port and database joined by `-`, for example `postgres-localhost-5432-shop` or
/// `sqlite-srv-app.db`. Depends on nothing else, so the user, the secret and the options may
/// change, and a file has one name however its path is spelt. `default_port` stands for a port left
/// out. Where the joined text could also mean another database, or holds characters that a name
/// cannot, `-` and 12 hex digits of a hash follow.
[[nodiscard]] std::string ChainNameFor(const InstanceUri& uri, std::uint16_t default_port);

/// Letters, digits, `.`, `_` and `-`, starting with a letter or digit, at most 128. Errors:
/// InvalidOptions.
[[nodiscard]] Result<void> CheckInstanceName(std::string_view name);

}  // namespace dbstow::app
