#pragma once

#include <string>
#include <string_view>

#include "dbstow/core/result.h"

namespace dbstow::doubles::mongodb {

/// A database and a collection in it; the collection's name may hold dots.
struct Namespace {
  std::string db;
  std::string collection;

  [[nodiscard]] std::string Full() const { return db + "." + collection; }
  [[nodiscard]] bool IsOplog() const { return db == "local" && collection == "oplog.rs"; }
  /// Not in the oplog: what belongs to this node alone.
  [[nodiscard]] bool IsLocal() const { return db == "local"; }
  [[nodiscard]] bool IsSystem() const { return collection.rfind("system.", 0) == 0; }
  auto operator<=>(const Namespace&) const = default;
};

/// Splits at the first dot. Errors: InvalidNamespace.
[[nodiscard]] Result<Namespace> ParseNamespace(std::string_view full);
/// Errors: InvalidNamespace for names that the vendor refuses.
[[nodiscard]] Result<void> CheckDatabaseName(std::string_view name);
[[nodiscard]] Result<void> CheckCollectionName(const Namespace& ns);

inline constexpr std::string_view kBucketsPrefix = "system.buckets.";

}  // namespace dbstow::doubles::mongodb
