#include "doubles/mongodb/model/namespace.h"

#include "doubles/mongodb/errors.h"

namespace dbstow::doubles::mongodb {

Result<Namespace> ParseNamespace(std::string_view full) {
  const std::size_t dot = full.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == full.size()) {
    return CommandFailure(kInvalidNamespace,
                          "Invalid namespace specified '" + std::string(full) + "'");
  }
  return Namespace{std::string(full.substr(0, dot)), std::string(full.substr(dot + 1))};
}

Result<void> CheckDatabaseName(std::string_view name) {
  constexpr std::size_t kMaxDatabaseName = 63;
  // The characters that the vendor refuses on Linux.
  if (name.empty() || name.size() > kMaxDatabaseName ||
      name.find_first_of(std::string_view("/\\. \"$\0", 7)) != std::string_view::npos) {
    return CommandFailure(kInvalidNamespace, "Invalid database name: '" + std::string(name) + "'");
  }
  return {};
}

Result<void> CheckCollectionName(const Namespace& ns) {
  constexpr std::size_t kMaxNamespace = 255;
  DBSTOW_TRY(CheckDatabaseName(ns.db));
  const std::string& name = ns.collection;
  if (name.empty() || name.front() == '.' || name.back() == '.' ||
      name.find('\0') != std::string::npos || name.find('$') != std::string::npos) {
    return CommandFailure(kInvalidNamespace, "Invalid collection name: " + ns.Full());
  }
  if (ns.Full().size() > kMaxNamespace) {
    return CommandFailure(kInvalidNamespace, "Fully qualified namespace is too long. Namespace: " +
                                                 ns.Full() + " Max: 255");
  }
  return {};
}

}  // namespace dbstow::doubles::mongodb
