#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/result.h"

struct sqlite3;

namespace dbstow::catalog {

/// One connection to the catalog's database file: all that is known of the C library is in here.
/// Not thread-safe.
class SqliteSession {
 public:
  static constexpr int kSchemaVersion = 1;

  /// Opens or creates the file, in WAL mode, and brings its schema up to date.
  /// Errors: Corrupt (damaged, or not a database), UnsupportedCapability (made by a later version),
  /// IOError, OutOfSpace.
  [[nodiscard]] static Result<std::unique_ptr<SqliteSession>> Open(const std::string& path);
  ~SqliteSession();
  SqliteSession(const SqliteSession&) = delete;
  SqliteSession& operator=(const SqliteSession&) = delete;

  /// Runs one statement; the first column of its first row, if there is one.
  [[nodiscard]] Result<std::optional<std::string>> Run(
      std::string_view sql, const std::vector<std::string>& parameters = {});

 private:
  SqliteSession(sqlite3* database, std::string path)
      : database_(database), path_(std::move(path)) {}
  [[nodiscard]] Result<void> Prepare();
  [[nodiscard]] Error Failure(std::string_view doing) const;

  sqlite3* database_;
  std::string path_;
};

}  // namespace dbstow::catalog
