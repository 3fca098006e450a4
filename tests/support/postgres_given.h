#pragma once

#include <string>
#include <vector>

namespace dbstow::test {

/// A server that somebody else runs for us.
struct GivenPostgres {
  int major = 0;
  std::string uri;            ///< of a superuser, with the password
  std::string bin_directory;  ///< client programs that are not older; empty when there are none
};

/// The servers, and the client programs, that tests/servers/serve names in our environment
/// (`DBSTOW_TEST_POSTGRES_14`, `DBSTOW_TEST_POSTGRES_CLIENT_16`, …), the oldest first. Programs of
/// installed servers serve too.
[[nodiscard]] std::vector<GivenPostgres> GivenPostgresServers();

}  // namespace dbstow::test
