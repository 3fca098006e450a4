#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "doubles/snowflake/service/engine.h"

namespace dbstow::doubles::snowflake {

/// An account in this process with a folder of its own, for tests: statements in, texts out.
class TestAccount {
 public:
  explicit TestAccount(Edition edition = Edition::kEnterprise);
  /// In a folder that is there or not, and stays. The clock stands at the system's time.
  explicit TestAccount(const std::string& folder);
  ~TestAccount();
  TestAccount(const TestAccount&) = delete;
  TestAccount& operator=(const TestAccount&) = delete;

  /// "" or the vendor's number of the error.
  std::string Run(const std::string& sql);
  /// The rows: fields joined by `|`, rows by a line feed; NULL is `~`. "error NNNNNN" if it failed.
  std::string Rows(const std::string& sql);
  /// One field of the first row by its column's name.
  std::string Field(const std::string& sql, const std::string& column);
  /// Ids of all statements that were ever run here, oldest first.
  [[nodiscard]] std::vector<std::string> Queries() const;
  [[nodiscard]] const std::string& last_query() const { return last_query_; }
  [[nodiscard]] const std::string& last_message() const { return last_message_; }

  /// The clock stands still; this moves it.
  void Advance(double seconds);
  [[nodiscard]] std::string Now();
  /// Forgets the process's state and reads the folder again, as after a kill.
  void Reopen();
  Session& session() { return session_; }
  Engine& engine() { return *engine_; }

 private:
  /// The clock stands still at `now`, or at the system's time.
  void Open(std::optional<Nanos> now);
  void LogIn();

  const Edition edition_;
  std::filesystem::path folder_;
  std::filesystem::path own_folder_;  ///< to be removed; may be empty
  std::unique_ptr<Engine> engine_;
  Session session_;
  std::string last_query_;
  std::string last_message_;
};

}  // namespace dbstow::doubles::snowflake
