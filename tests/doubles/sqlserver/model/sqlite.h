#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "doubles/sqlserver/value/value.h"

struct sqlite3;

namespace dbstow::doubles::sqlserver {

using Row = std::vector<Value>;

/// The store underneath: one SQLite file. Not thread-safe: the instance's lock is held around it.
class Sqlite {
 public:
  /// Opens or makes the file. Errors: 9001 with SQLite's reason.
  [[nodiscard]] static SqlResult<std::unique_ptr<Sqlite>> Open(const std::string& path);

  /// Runs one statement, all its rows. Errors: 2627 for a key that exists, what a registered
  /// function said, 9001 otherwise.
  [[nodiscard]] SqlResult<std::vector<Row>> Query(const std::string& sql, const Row& values = {});
  [[nodiscard]] SqlResult<void> Run(const std::string& sql, const Row& values = {});

  using Function = std::function<SqlResult<Value>(const std::vector<Value>&)>;
  /// A scalar function of any number of arguments; called again for every row.
  void Register(const std::string& name, Function function);

 private:
  explicit Sqlite(std::shared_ptr<sqlite3> handle) : handle_(std::move(handle)) {}

  std::shared_ptr<sqlite3> handle_;
  std::vector<std::unique_ptr<Function>> functions_;
};

/// "name" for SQLite.
[[nodiscard]] std::string QuoteName(const std::string& name);

}  // namespace dbstow::doubles::sqlserver
