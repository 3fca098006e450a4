#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>

#include "dbstow/core/result.h"

namespace dbstow::test {

/// A SQLite database as a test uses it: straight through the library, not through the engine.
/// Statements wait up to ten seconds for locks.
class SqliteDatabase {
 public:
  explicit SqliteDatabase(const std::string& path) {
    sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    sqlite3_busy_timeout(db_, 10'000);
  }
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;
  ~SqliteDatabase() { sqlite3_close(db_); }

  [[nodiscard]] Result<void> Execute(const std::string& sql) {
    if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return Error(ErrorCode::kInternal, std::string(sqlite3_errmsg(db_)) + " in " + sql);
  }

  /// One line per row, values separated by `|`.
  [[nodiscard]] Result<std::string> Rows(const std::string& sql) {
    std::string text;
    const auto append = [](void* out, int count, char** values, char**) {
      auto& rows = *static_cast<std::string*>(out);
      for (int i = 0; i < count; ++i) {
        rows += (i > 0 ? "|" : "") + std::string(values[i] != nullptr ? values[i] : "NULL");
      }
      rows += "\n";
      return 0;
    };
    if (sqlite3_exec(db_, sql.c_str(), append, &text, nullptr) == SQLITE_OK) return text;
    return Error(ErrorCode::kInternal, std::string(sqlite3_errmsg(db_)) + " in " + sql);
  }

  /// The first value of the first row; empty on any error.
  [[nodiscard]] std::string Value(const std::string& sql) {
    auto rows = Rows(sql);
    return rows ? rows->substr(0, rows->find_first_of("|\n")) : "";
  }

 private:
  sqlite3* db_ = nullptr;
};

}  // namespace dbstow::test
