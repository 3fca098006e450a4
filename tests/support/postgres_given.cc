#include "support/postgres_given.h"

#include <cstdlib>
#include <filesystem>
#include <map>

#include "support/postgres_server.h"

namespace dbstow::test {
namespace {

constexpr int kOldest = 13;
constexpr int kNewest = 29;

std::string Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

std::map<int, std::string> ProgramsByVersion() {
  std::map<int, std::string> programs;
  for (const std::string& each : PostgresServer::Installed()) {
    const std::string version = std::filesystem::path(each).parent_path().filename();
    programs[std::atoi(version.c_str())] = each;
  }
  for (int major = kOldest; major <= kNewest; ++major) {
    const std::string given = Environment("DBSTOW_TEST_POSTGRES_CLIENT_" + std::to_string(major));
    if (!given.empty()) programs[major] = given;
  }
  return programs;
}

}  // namespace

std::vector<GivenPostgres> GivenPostgresServers() {
  const std::map<int, std::string> programs = ProgramsByVersion();
  std::vector<GivenPostgres> servers;
  for (int major = kOldest; major <= kNewest; ++major) {
    const std::string uri = Environment("DBSTOW_TEST_POSTGRES_" + std::to_string(major));
    if (uri.empty()) continue;
    const auto fitting = programs.lower_bound(major);
    servers.push_back({major, uri, fitting == programs.end() ? "" : fitting->second});
  }
  return servers;
}

}  // namespace dbstow::test
