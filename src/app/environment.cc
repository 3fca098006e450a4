#include "app/environment.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace dbstow::app {

std::string EnvironmentText(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

SecretString TakeFromEnvironment(const char* name) {
  SecretString secret(EnvironmentText(name));
  ::unsetenv(name);
  return secret;
}

ConfigurationSearch SearchFromEnvironment(const std::string& explicit_path) {
  return {explicit_path, EnvironmentText("DBSTOW_CONFIG"), EnvironmentText("HOME"),
          EnvironmentText("XDG_CONFIG_HOME")};
}

std::string StateFolder(const std::string& explicit_path, const Configuration& configuration) {
  if (!explicit_path.empty()) return explicit_path;
  if (std::string folder = EnvironmentText("DBSTOW_STATE_DIR"); !folder.empty()) return folder;
  if (!configuration.state_dir.empty()) return configuration.state_dir;
  const std::string home = EnvironmentText("HOME");
  if (::geteuid() == 0 || home.empty()) return "/var/lib/dbstow";
  const std::string state_home = EnvironmentText("XDG_STATE_HOME");
  return (state_home.empty() ? home + "/.local/state" : state_home) + "/dbstow";
}

std::string AbsolutePath(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failed);
  return failed ? path : absolute.string();
}

std::string ScratchFolder() {
  std::string folder = EnvironmentText("TMPDIR");
  return folder.empty() ? "/tmp" : folder;
}

Result<TraceId> TraceOfCaller(Random& random) {
  const std::string given = EnvironmentText("TRACEPARENT");
  if (given.empty()) return TraceId::Generate(random);
  return TraceId::FromTraceparent(given);
}

std::string Actor() {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  const std::string user = found != nullptr ? found->pw_name : std::to_string(::geteuid());
  return user + "@" + host.data();
}

}  // namespace dbstow::app
