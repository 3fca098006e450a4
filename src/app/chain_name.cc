#include "app/chain_name.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace dbstow::app {
namespace {

constexpr std::size_t kLongestReadable = 100;
constexpr std::size_t kLongestName = 128;

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool IsNameCharacter(char c) { return IsLetterOrDigit(c) || c == '.' || c == '_' || c == '-'; }

// FNV-1a. It tells names apart that read alike; nobody gains by forging one.
std::string HashOf(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3u;
  }
  std::string hex;
  for (int shift = 60; shift >= 16; shift -= 4) hex += "0123456789abcdef"[(hash >> shift) & 15];
  return hex;
}

/// In how many places `-digits-` could be the port.
int PlacesOfAPort(std::string_view text) {
  int places = 0;
  for (std::size_t dash = text.find('-'); dash != std::string_view::npos;
       dash = text.find('-', dash + 1)) {
    const std::size_t end = text.find_first_not_of("0123456789", dash + 1);
    if (end != std::string_view::npos && end > dash + 1 && text[end] == '-') ++places;
  }
  return places;
}

/// Of a path: `//` and `/./` are `/`, and `..` takes back what stands before it, as engines take
/// it.
std::string OneSpelling(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

std::string Join(const std::vector<std::string>& parts, char separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (!joined.empty()) joined += separator;
    joined += part;
  }
  return joined;
}

}  // namespace

std::string ChainNameFor(const InstanceUri& uri, std::uint16_t default_port) {
  const ConnectionInfo& connection = uri.connection;
  const std::uint16_t port = connection.port != 0 ? connection.port : default_port;
  const bool is_file = port == 0 && connection.host.empty();
  std::string database = is_file ? OneSpelling(connection.database) : connection.database;
  if (database.starts_with('/')) database.erase(0, 1);
  std::vector<std::string> parts = {uri.engine};
  if (!is_file) {
    parts.push_back(connection.host.empty() ? "local" : connection.host);
    parts.push_back(std::to_string(port));
  }
  if (!database.empty()) parts.push_back(database);
  std::string name = Join(parts, '-');
  bool ambiguous = is_file ? database.find('-') != std::string::npos : PlacesOfAPort(name) > 1;
  for (char& c : name) {
    if (IsNameCharacter(c)) continue;
    ambiguous = ambiguous || !(is_file && c == '/');
    c = '-';
  }
  if (name.size() > kLongestReadable) {
    name.resize(kLongestReadable);
    ambiguous = true;
  }
  return ambiguous ? name + "-" + HashOf(Join(parts, '\0')) : name;
}

Result<void> CheckInstanceName(std::string_view name) {
  if (!name.empty() && name.size() <= kLongestName && IsLetterOrDigit(name.front()) &&
      std::ranges::all_of(name, IsNameCharacter)) {
    return {};
  }
  return Error(ErrorCode::kInvalidOptions,
               "an instance name has letters, digits, '.', '_' and '-', starts with a letter or "
               "digit, and is at most 128 long");
}

}  // namespace dbstow::app
