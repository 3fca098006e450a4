#pragma once

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "doubles/snowflake/testing/plain_model.h"

namespace dbstow::doubles::snowflake {

/// Random statements on two databases of three schemas, tables and a sequence each, and the model
/// that knows what each should do. A copy goes its own way from there. Needs a role R, and begins
/// with what `CREATE DATABASE m` leaves.
class RandomHistory {
 public:
  struct Statement {
    std::string sql;
    PlainModel::Outcome expected;
  };
  /// The id of a table by its place, as a client can ask for it; of a schema or a database when the
  /// names below it are empty.
  using IdOf = std::function<std::string(const PlainModel::Place&)>;

  explicit RandomHistory(unsigned seed);

  /// The clock of the double stands at `now` nanoseconds and moves with `Advance` alone: from here
  /// on statements look back by timestamp and offset too.
  void UseTimes(std::int64_t now) { epoch_ = now - static_cast<std::int64_t>(time_) * kNanos; }
  /// From here on what was dropped is brought back by its id too.
  void UseIds(IdOf id_of) { id_of_ = std::move(id_of); }

  /// The next statement, already done in the model.
  [[nodiscard]] Statement Next();
  /// The id under which the oldest statement that has none was run: later statements look back at
  /// it.
  void Ran(const std::string& query_id) { ids_.push_back(query_id); }
  /// A query of some table, now or as of some moment, and the rows or error it should give.
  [[nodiscard]] std::pair<std::string, std::string> Query();

  void Advance(double seconds) { time_ += seconds; }
  [[nodiscard]] int Pick(int below) {
    return static_cast<int>(random_() % static_cast<unsigned>(below));
  }
  [[nodiscard]] const PlainModel& model() const { return model_; }

 private:
  using Place = PlainModel::Place;
  /// A moment and how SQL names it; without a text it is now.
  struct Moment {
    std::optional<PlainModel::Point> point;
    std::string text;
  };

  [[nodiscard]] Statement Any();
  [[nodiscard]] Statement AnyDml(const Place& place, int choice);
  [[nodiscard]] Statement AnyOfTable(const Place& place, int choice);
  [[nodiscard]] Statement AnyClone(const Place& place);
  [[nodiscard]] Statement AnyOfSchema(const Place& place);
  [[nodiscard]] Statement AnyOfDatabase(const Place& place);
  [[nodiscard]] Statement AnyRetention(const Place& place);
  [[nodiscard]] Statement AnySchemaClone(const Place& place);
  [[nodiscard]] PlainModel::CloneOptions AnyContainerOptions(const Moment& moment);
  /// Some time ago dropped.
  using Ids = std::map<int, std::string>;
  [[nodiscard]] const std::pair<const int, std::string>& AnyId(const Ids& ids);
  [[nodiscard]] Place AnyPlace();
  [[nodiscard]] std::string AnyDatabase() { return Pick(6) == 0 ? "N" : "M"; }
  /// Of the past, more often of the near one; or now.
  [[nodiscard]] Moment AnyMoment();
  /// Of what is about to be dropped or replaced, if it is there.
  void RememberId(const Place& place);

  static constexpr std::int64_t kNanos = 1000000000;

  std::mt19937 random_;
  PlainModel model_;
  std::vector<std::string> ids_;
  std::vector<double> times_;  ///< of each statement
  double time_ = 0;
  std::optional<std::int64_t> epoch_;
  IdOf id_of_;
  Ids table_ids_;  ///< by identity
  Ids schema_ids_;
  Ids database_ids_;
};

/// As the double gives it: fields joined by `|`, rows by a line feed.
[[nodiscard]] std::string TextOf(const PlainModel::Rows& rows);
[[nodiscard]] std::string TextOf(const PlainModel::Place& place);

}  // namespace dbstow::doubles::snowflake
