#include "doubles/snowflake/testing/random_history.h"

#include <algorithm>

namespace dbstow::doubles::snowflake {

std::string TextOf(const PlainModel::Rows& rows) {
  std::string text;
  for (const auto& [key, value] : rows) {
    text += (text.empty() ? "" : "\n") + std::to_string(key) + "|" + std::to_string(value);
  }
  return text;
}

RandomHistory::RandomHistory(unsigned seed) : random_(seed) {
  model_.Begin(0);
  model_.CreateSchema("PUBLIC");
  model_.End();
}

RandomHistory::Statement RandomHistory::Next() {
  model_.Begin(time_);
  Statement next = Any();
  model_.End();
  return next;
}

std::pair<std::string, std::string> RandomHistory::Query() {
  const std::string schema = AnySchema();
  const std::string table = AnyTable();
  const auto at = AnyPast();
  const auto [outcome, rows] = model_.Select(schema, table, at);
  return {"select k, v from m." + schema + "." + table + AtText(at) + " order by k, v",
          outcome.empty() ? TextOf(rows) : "error " + outcome};
}

std::optional<size_t> RandomHistory::AnyPast() {
  if (Pick(3) == 0) return std::nullopt;
  const size_t back = Pick(4) == 0 ? static_cast<size_t>(Pick(static_cast<int>(ids_.size())))
                                   : static_cast<size_t>(Pick(30));
  return ids_.size() - 1 - std::min(back, ids_.size() - 1);
}

std::string RandomHistory::AtText(std::optional<size_t> at) const {
  return at ? " at(statement => '" + ids_[*at] + "')" : std::string();
}

RandomHistory::Statement RandomHistory::Any() {
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
    return {"delete from " + place + " where k = " + std::to_string(key), model_.Delete(s, t, key)};
  }
  if (choice < 41) return {"truncate table " + place, model_.Truncate(s, t)};
  if (choice < 51)
    return {"create table " + place + " (k int, v int)", model_.CreateTable(s, t, false)};
  if (choice < 56)
    return {"create or replace table " + place + " (k int, v int)", model_.CreateTable(s, t, true)};
  if (choice < 61) return {"drop table " + place, model_.DropTable(s, t)};
  if (choice < 68) return {"undrop table " + place, model_.UndropTable(s, t)};
  if (choice < 72) {
    return {"alter table " + place + " rename to m." + s + "." + u, model_.RenameTable(s, t, u)};
  }
  if (choice < 75) {
    if (t == u)
      return {"alter table " + place + " rename to m." + s + "." + u, model_.RenameTable(s, t, u)};
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
  if (choice < 96) return {"alter schema m." + s + " rename to m." + r, model_.RenameSchema(s, r)};
  if (choice < 97 && s != r)
    return {"alter schema m." + s + " swap with m." + r, model_.SwapSchemas(s, r)};
  return {"create schema m." + r + " clone m." + s + AtText(at), model_.CloneSchema(s, r, at)};
}

}  // namespace dbstow::doubles::snowflake
