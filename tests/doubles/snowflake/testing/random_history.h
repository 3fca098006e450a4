#pragma once

#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "doubles/snowflake/testing/plain_model.h"

namespace dbstow::doubles::snowflake {

/// Random statements on the database M of four schemas and tables, and the model that knows what
/// each should do. A copy goes its own way from there.
class RandomHistory {
 public:
  struct Statement {
    std::string sql;
    PlainModel::Outcome expected;
  };

  /// Begins with what `CREATE DATABASE m` leaves.
  explicit RandomHistory(unsigned seed);

  /// The next statement, already done in the model.
  [[nodiscard]] Statement Next();
  /// The id under which the oldest statement that has none was run: later statements look back at
  /// it.
  void Ran(const std::string& query_id) { ids_.push_back(query_id); }
  /// A query of some table, now or as of some statement, and the rows or error it should give.
  [[nodiscard]] std::pair<std::string, std::string> Query();

  void Advance(double seconds) { time_ += seconds; }
  [[nodiscard]] int Pick(int below) {
    return static_cast<int>(random_() % static_cast<unsigned>(below));
  }
  [[nodiscard]] const PlainModel& model() const { return model_; }

 private:
  [[nodiscard]] Statement Any();
  [[nodiscard]] std::string AnySchema() { return "S" + std::to_string(Pick(4)); }
  [[nodiscard]] std::string AnyTable() { return "T" + std::to_string(Pick(4)); }
  /// A statement of the past, more often a near one; or none.
  [[nodiscard]] std::optional<size_t> AnyPast();
  [[nodiscard]] std::string AtText(std::optional<size_t> at) const;

  std::mt19937 random_;
  PlainModel model_;
  std::vector<std::string> ids_;
  double time_ = 0;
};

/// As the double gives it: fields joined by `|`, rows by a line feed.
[[nodiscard]] std::string TextOf(const PlainModel::Rows& rows);

}  // namespace dbstow::doubles::snowflake
