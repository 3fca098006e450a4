#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engines/sqlite/sqlite_session.h"

struct XXH3_state_s;  // NOLINT(readability-identifier-naming): its name

namespace dbstow::sqlite {

/// How contents are hashed; changes with anything that changes a digest.
inline constexpr std::string_view kFingerprintMethod = "sqlite-xxh3-128-sum-v1";

/// The method of a table that could not be hashed; its entry has no digest.
inline constexpr std::string_view kUnreadableMethod = "unreadable";
/// The method of the numbers that programs keep in the header of the file. The digest is the
/// number. As definitions, they are compared only where both sides have them.
inline constexpr std::string_view kHeaderMethod = "definitions-sqlite-header-v1";

/// The contents of rows, whatever their order: the sum, modulo 2^128, of the XXH3-128 of each row.
/// A row is its values in column order, each with its storage class and length, so that 1, 1.0,
/// '1' and x'31' differ, as do NULL and the empty text.
class RowSum {
 public:
  RowSum();
  RowSum(const RowSum&) = delete;
  RowSum& operator=(const RowSum&) = delete;
  ~RowSum();
  void Add(const Row& row);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::string digest() const;  ///< 32 hex digits

 private:
  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;
  std::uint64_t rows_ = 0;
  std::vector<char> row_;  // as long as the longest row so far that fits, since clearing it costs
  XXH3_state_s* long_row_ = nullptr;  // made for the first row that does not fit
};

struct DatabaseFingerprint {
  std::vector<ContentFingerprint> tables;
  std::vector<std::string> warnings;  ///< tables that could not be hashed, and why
};

/// Hashes the schema and every table that stores rows, in the session's transaction. Virtual tables
/// are covered by the tables they keep their data in; virtual generated columns follow from the
/// others. `user_version` and `application_id` are entries, too. A table that needs an extension
/// that is not loaded here becomes an unreadable entry and a warning. Errors:
/// SourceDamaged naming the table, Cancelled, Timeout.
[[nodiscard]] Result<DatabaseFingerprint> FingerprintDatabase(Session& session);

}  // namespace dbstow::sqlite
