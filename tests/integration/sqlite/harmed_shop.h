#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "integration/sqlite/sqlite_lab.h"

// A database to harm, and what harms it.

namespace dbstow::test {

inline Result<void> MakeShop(const std::string& path, int rows = 1000,
                             const std::string& pragmas = "PRAGMA journal_mode=WAL") {
  return SqliteDatabase(path).Execute(
      pragmas +
      "; CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, data BLOB);"
      "CREATE INDEX by_name ON item(name);"
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
      std::to_string(rows) + ") INSERT INTO item SELECT i, 'item ' || i, randomblob(200) FROM n;");
}

inline std::string Contents(const std::string& path) {
  auto rows = SqliteDatabase(path).Rows("SELECT id, name, hex(data) FROM item ORDER BY id");
  return rows ? *rows : rows.error().ToString();
}

inline void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Overwrites the middle of every fourth page behind the first ones.
inline void Damage(const std::string& path) {
  std::string bytes = ReadFile(path);
  for (std::size_t at = 4 * 4096; at + 4096 <= bytes.size(); at += 4 * 4096) {
    bytes.replace(at, 100, 100, '\xee');
  }
  WriteFile(path, bytes);
}

// Holds a transaction in another process until destroyed; back when it holds it.
class Holder {
 public:
  Holder(const std::string& path, const std::string& begin)
      : child_([=] {
          SqliteDatabase db(path);
          const bool held = db.Execute(begin).has_value();
          WriteFile(path + ".held", held ? "yes" : "no");
          for (;;) pause();
        }) {
    while (ReadFile(path + ".held").empty()) std::this_thread::yield();
    EXPECT_EQ(ReadFile(path + ".held"), "yes");
    std::filesystem::remove(path + ".held");
  }

 private:
  ChildWriter child_;
};

}  // namespace dbstow::test
