#include "engines/postgres/pg_tools.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <vector>

namespace dbstow::postgres {
namespace {

std::vector<std::string> Candidates(const std::string& program) {
  std::vector<std::string> paths;
  std::error_code none;
  for (const char* root : {"/usr/lib/postgresql", "/usr/local/pgsql"}) {
    for (const auto& entry : std::filesystem::directory_iterator(root, none)) {
      paths.push_back(entry.path().string() + "/bin/" + program);
    }
  }
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    paths.push_back(std::string(rest.substr(0, colon)) + "/" + program);
    rest = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
  }
  std::erase_if(paths, [](const std::string& each) { return access(each.c_str(), X_OK) != 0; });
  return paths;
}

Result<int> AskVersion(const std::string& path, const EnginePorts& ports,
                       const OperationContext& context) {
  std::string output;
  DBSTOW_ASSIGN(const io::ProcessOutcome outcome,
                ports.processes.Run(
                    {path, {"--version"}, {}, {}, {}},
                    [&output](ByteView bytes) -> Result<void> {
                      output += AsText(bytes);
                      return {};
                    },
                    context.clock, context.deadline, context.stop));
  return outcome.ok() ? MajorVersionOf(output) : 0;
}

}  // namespace

int MajorVersionOf(std::string_view version_line) {
  const std::size_t digit = version_line.find_first_of("0123456789");
  if (digit == std::string_view::npos) return 0;
  int major = 0;
  std::from_chars(version_line.data() + digit, version_line.data() + version_line.size(), major);
  return major;
}

Result<ClientProgram> FindClientProgram(const std::string& program, int server_major,
                                        const EnginePorts& ports, const OperationContext& context) {
  ClientProgram best;
  std::string seen;
  for (const std::string& path : Candidates(program)) {
    DBSTOW_ASSIGN(const int major, AskVersion(path, ports, context));
    if (major == 0) continue;
    seen += (seen.empty() ? "" : ", ") + path + " " + std::to_string(major);
    if (major == server_major) return ClientProgram{path, major};
    if (major < server_major) continue;
    if (best.major_version == 0 || major < best.major_version) best = {path, major};
  }
  if (best.major_version != 0) return best;
  const std::string version = std::to_string(server_major);
  return Error(ErrorCode::kUnsupportedCapability,
               "the server is version " + version + " and no " + program +
                   " of that version or newer is installed here (found: " +
                   (seen.empty() ? "none" : seen) + ")")
      .WithHint("install postgresql-client-" + version +
                ", or put the folder of such a program into PATH");
}

}  // namespace dbstow::postgres
