#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/postgres_access.h"

namespace dbstow::test {

/// Everything in a database that a backup must bring back, as texts that can be compared. Computed
/// by pg_dump and plain SQL, not by the product's own code.
struct DatabaseImage {
  std::map<std::string, std::string> schema;         ///< pg_dump -s, one entry per object
  std::map<std::string, std::string> tables;         ///< rows and an order-free hash of their text
  std::map<std::string, std::string> sequences;      ///< last value, whether it was given out
  std::map<std::string, std::string> large_objects;  ///< size, hash, owner, grants, comment
  std::map<std::string, std::string> database;       ///< owner, grants, settings, comment
  std::uint64_t rows = 0;
};

[[nodiscard]] Result<DatabaseImage> CaptureImage(const PostgresAccess& server,
                                                 const std::string& database);

/// What differs, one line each with the object's name; empty when all but `database` is equal.
[[nodiscard]] std::vector<std::string> CompareImages(const DatabaseImage& expected,
                                                     const DatabaseImage& found);
/// The same for what belongs to the database as a whole, which only some copies carry.
[[nodiscard]] std::vector<std::string> CompareDatabaseFacts(const DatabaseImage& expected,
                                                            const DatabaseImage& found);

/// Creates `database` on the server and fills it with `tests/data/shop.sql`.
[[nodiscard]] Result<void> CreateShop(const PostgresAccess& server, const std::string& database,
                                      const std::string& scale);

/// The path of a file in `tests/data`.
[[nodiscard]] std::string TestData(const std::string& name);

}  // namespace dbstow::test
