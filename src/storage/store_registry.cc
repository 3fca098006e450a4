#include "storage/store_registry.h"

#include <algorithm>

namespace dbstow::storage {
namespace {

constexpr std::size_t kMaxKey = 1024;
constexpr std::size_t kMaxPart = 255;  // the longest file name of the usual file systems

bool IsKeyCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.%=").find(c) != std::string_view::npos;
}

bool IsKeyPart(std::string_view part) {
  return !part.empty() && part.size() <= kMaxPart && part != "." && part != ".." &&
         std::ranges::all_of(part, IsKeyCharacter);
}

}  // namespace

Result<void> StoreRegistry::Register(std::string scheme, StoreFactory factory) {
  if (by_scheme_.emplace(scheme, std::move(factory)).second) return {};
  return Error(ErrorCode::kAlreadyExists, "store scheme '" + scheme + "' is registered twice");
}

Result<std::unique_ptr<ObjectStore>> StoreRegistry::Open(std::string_view uri) const {
  const std::size_t colon = uri.find("://");
  if (colon == std::string_view::npos || colon == 0) {
    const bool absolute = uri.starts_with('/');
    return Error(ErrorCode::kInvalidOptions,
                 "repository '" + std::string(uri) + "' is not a URI of the form scheme://place")
        .WithHint(absolute ? "write file://" + std::string(uri)
                           : "a local folder is written file:///path/to/folder");
  }
  const auto found = by_scheme_.find(uri.substr(0, colon));
  if (found == by_scheme_.end()) {
    return UnknownWord("repository scheme", uri.substr(0, colon), Schemes());
  }
  return found->second(uri);
}

std::vector<std::string> StoreRegistry::Schemes() const {
  std::vector<std::string> schemes;
  for (const auto& [scheme, unused] : by_scheme_) schemes.push_back(scheme);
  return schemes;
}

Result<void> CheckKey(std::string_view key) {
  bool valid = key.size() <= kMaxKey;
  for (std::string_view rest = key; valid;) {
    const std::size_t slash = rest.find('/');
    valid = IsKeyPart(rest.substr(0, slash));
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (valid) return {};
  return Error(ErrorCode::kInvalidOptions, "'" + std::string(key) + "' is not an object key");
}

}  // namespace dbstow::storage
