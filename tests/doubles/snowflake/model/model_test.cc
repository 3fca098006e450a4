// Random histories on the double and on a model that keeps full copies of everything: after each
// statement both give the same answer, and every table that exists has the same rows.
#include <gtest/gtest.h>

#include <random>

#include "doubles/snowflake/testing/account.h"
#include "doubles/snowflake/testing/plain_model.h"

namespace dbstow::doubles::snowflake {
namespace {

std::string TextOf(const PlainModel::Rows& rows) {
  std::string text;
  for (const auto& [key, value] : rows) {
    text += (text.empty() ? "" : "\n") + std::to_string(key) + "|" + std::to_string(value);
  }
  return text;
}

class History {
 public:
  explicit History(unsigned seed) : random_(seed) {
    EXPECT_EQ(account_.Run("create database m"), "");
    model_.Begin(0);
    model_.CreateSchema("PUBLIC");
    Record();
  }

  void Step(int number) {
    if (Pick(100) < 8) {
      const double seconds = Pick(10) == 0 ? 50000 : Pick(600);
      account_.Advance(seconds);
      time_ += seconds;
    }
    model_.Begin(time_);
    const auto [sql, expected] = Next();
    const std::string got = account_.Run(sql);
    ASSERT_EQ(got, expected) << number << ": " << sql << "\n" << account_.last_message();
    Record();
    if (Pick(100) == 0) account_.Reopen();
    ASSERT_NO_FATAL_FAILURE(ComparePast(number));
    if (number % 20 != 0) return;
    ASSERT_NO_FATAL_FAILURE(CompareAll(number));
  }

  void CompareAll(int number) {
    for (const auto& [schema, content] : model_.world().schemas) {
      std::string names;
      for (const auto& [table, rows] : content.tables) {
        names += (names.empty() ? "" : "\n") + table;
        const auto [outcome, expected] = model_.Select(schema, table, std::nullopt);
        ASSERT_EQ(account_.Rows("select k, v from m." + schema + "." + table + " order by k, v"),
                  TextOf(expected))
            << number << ": " << schema << "." << table;
      }
      ASSERT_EQ(account_.Rows(
                    "select table_name from m.information_schema.tables where table_schema = '" +
                    schema + "' order by 1"),
                names);
    }
  }

 private:
  int Pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  std::string AnySchema() { return "S" + std::to_string(Pick(4)); }
  std::string AnyTable() { return "T" + std::to_string(Pick(4)); }

  void Record() {
    ids_.push_back(account_.last_query());
    model_.End();
  }

  // A statement of the past, more often a near one.
  std::optional<size_t> AnyPast() {
    if (Pick(3) == 0) return std::nullopt;
    const size_t back = Pick(4) == 0 ? static_cast<size_t>(Pick(static_cast<int>(ids_.size())))
                                     : static_cast<size_t>(Pick(30));
    return ids_.size() - 1 - std::min(back, ids_.size() - 1);
  }
  std::string AtText(std::optional<size_t> at) {
    return at ? " at(statement => '" + ids_[*at] + "')" : std::string();
  }

  std::pair<std::string, std::string> Next() {
    const std::string s = AnySchema();
    const std::string t = AnyTable();
    const std::string u = AnyTable();
    const std::string place = "m." + s + "." + t;
    const int choice = Pick(100);
    if (choice < 25) {
      PlainModel::Rows rows;
      std::string values;
      for (int count = 1 + Pick(4); count > 0; --count) {
        rows.emplace_back(Pick(8), Pick(1000));
        values += (values.empty() ? "(" : ", (") + std::to_string(rows.back().first) + ", " +
                  std::to_string(rows.back().second) + ")";
      }
      return {"insert into " + place + " values " + values, model_.Insert(s, t, rows)};
    }
    const int key = Pick(8);
    if (choice < 32) {
      return {"update " + place + " set v = " + std::to_string(choice) +
                  " where k = " + std::to_string(key),
              model_.Update(s, t, key, choice)};
    }
    if (choice < 39) {
      return {"delete from " + place + " where k = " + std::to_string(key),
              model_.Delete(s, t, key)};
    }
    if (choice < 41) return {"truncate table " + place, model_.Truncate(s, t)};
    if (choice < 51)
      return {"create table " + place + " (k int, v int)", model_.CreateTable(s, t, false)};
    if (choice < 56)
      return {"create or replace table " + place + " (k int, v int)",
              model_.CreateTable(s, t, true)};
    if (choice < 61) return {"drop table " + place, model_.DropTable(s, t)};
    if (choice < 68) return {"undrop table " + place, model_.UndropTable(s, t)};
    if (choice < 72) {
      return {"alter table " + place + " rename to m." + s + "." + u, model_.RenameTable(s, t, u)};
    }
    if (choice < 75) {
      if (t == u)
        return {"alter table " + place + " rename to m." + s + "." + u,
                model_.RenameTable(s, t, u)};
      return {"alter table " + place + " swap with m." + s + "." + u, model_.SwapTables(s, t, u)};
    }
    const auto at = AnyPast();
    if (choice < 83) {
      return {"create table m." + s + "." + u + " clone " + place + AtText(at),
              model_.CloneTable(s, t, u, at)};
    }
    const std::string r = AnySchema();
    if (choice < 88) return {"create schema m." + s, model_.CreateSchema(s)};
    if (choice < 91) return {"drop schema m." + s, model_.DropSchema(s)};
    if (choice < 95) return {"undrop schema m." + s, model_.UndropSchema(s)};
    if (choice < 96)
      return {"alter schema m." + s + " rename to m." + r, model_.RenameSchema(s, r)};
    if (choice < 97 && s != r)
      return {"alter schema m." + s + " swap with m." + r, model_.SwapSchemas(s, r)};
    return {"create schema m." + r + " clone m." + s + AtText(at), model_.CloneSchema(s, r, at)};
  }

  void ComparePast(int number) {
    const std::string s = AnySchema();
    const std::string t = AnyTable();
    const auto at = AnyPast();
    const auto [outcome, rows] = model_.Select(s, t, at);
    const std::string sql = "select k, v from m." + s + "." + t + AtText(at) + " order by k, v";
    ASSERT_EQ(account_.Rows(sql), outcome.empty() ? TextOf(rows) : "error " + outcome)
        << number << ": " << sql;
  }

  std::mt19937 random_;
  TestAccount account_;
  PlainModel model_;
  std::vector<std::string> ids_;
  double time_ = 0;
};

class Model : public testing::TestWithParam<unsigned> {};

TEST_P(Model, AgreesWithFullCopies) {
  History history(GetParam());
  for (int step = 1; step <= 800; ++step) {
    ASSERT_NO_FATAL_FAILURE(history.Step(step));
  }
  history.CompareAll(0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Model, testing::Values(1U, 2U, 3U));

}  // namespace
}  // namespace dbstow::doubles::snowflake
