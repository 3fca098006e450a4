#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "doubles/snowflake/testing/plain_model.h"

// What the parts of the plain model share: the vendor's numbers, and walks through a world.
namespace dbstow::doubles::snowflake {

inline const char* const kExists = "002002";
inline const char* const kMissing = "002003";
inline const char* const kNotAvailable = "000707";
inline const char* const kTransientToPermanent = "002119";
inline const char* const kInvalidValue = "001008";

inline int Days(const PlainModel::Table& table, const PlainModel::Schema& schema,
                const PlainModel::Database& database) {
  const int days =
      table.retention.value_or(schema.retention.value_or(database.retention.value_or(1)));
  return table.transient ? std::min(days, 1) : days;
}
inline int Days(const PlainModel::Schema& schema, const PlainModel::Database& database) {
  return schema.retention.value_or(database.retention.value_or(1));
}
inline int Days(const PlainModel::Database& database) { return database.retention.value_or(1); }

/// Calls `each` with every schema, dropped or not, and whether it is.
template <class D, class Each>
void ForEachSchema(D& database, Each each) {
  for (auto& [name, schema] : database.schemas) each(schema, false);
  for (auto& [name, schema] : database.dropped_schemas) each(schema, true);
}
template <class S, class Each>
void ForEachTable(S& schema, Each each) {
  for (auto& [name, table] : schema.tables) each(table, false);
  for (auto& [name, table] : schema.dropped_tables) each(table, true);
}
template <class W, class Each>
void ForEachDatabase(W& world, Each each) {
  for (auto& [name, database] : world.databases) each(database, false);
  for (auto& [name, database] : world.dropped_databases) each(database, true);
}

inline const PlainModel::Database* DatabaseOf(const PlainModel::World& world, int identity) {
  const PlainModel::Database* found = nullptr;
  ForEachDatabase(world, [&](const PlainModel::Database& database, bool) {
    if (database.identity == identity) found = &database;
  });
  return found;
}
inline const PlainModel::Schema* SchemaOf(const PlainModel::World& world, int identity) {
  const PlainModel::Schema* found = nullptr;
  ForEachDatabase(world, [&](const PlainModel::Database& database, bool) {
    ForEachSchema(database, [&](const PlainModel::Schema& schema, bool) {
      if (schema.identity == identity) found = &schema;
    });
  });
  return found;
}
inline const PlainModel::Table* TableOf(const PlainModel::World& world, int identity) {
  const PlainModel::Table* found = nullptr;
  ForEachDatabase(world, [&](const PlainModel::Database& database, bool) {
    ForEachSchema(database, [&](const PlainModel::Schema& schema, bool) {
      ForEachTable(schema, [&](const PlainModel::Table& table, bool) {
        if (table.identity == identity) found = &table;
      });
    });
  });
  return found;
}

/// Takes the latest dropped one of a name back.
template <class T>
PlainModel::Outcome Undrop(std::map<std::string, T>& live,
                           std::vector<std::pair<std::string, T>>& dropped,
                           const std::string& name) {
  const auto latest = std::find_if(dropped.rbegin(), dropped.rend(),
                                   [&](const auto& entry) { return entry.first == name; });
  if (live.count(name) > 0) return kExists;
  if (latest == dropped.rend()) return kMissing;
  live[name] = latest->second;
  dropped.erase(std::next(latest).base());
  return "";
}

/// Takes the dropped one of an identity back, if it is among these; else nothing.
template <class T>
std::optional<PlainModel::Outcome> UndropById(std::map<std::string, T>& live,
                                              std::vector<std::pair<std::string, T>>& dropped,
                                              int identity) {
  const auto found = std::find_if(dropped.begin(), dropped.end(), [&](const auto& entry) {
    return entry.second.identity == identity;
  });
  if (found == dropped.end()) return std::nullopt;
  if (live.count(found->first) > 0) return kExists;
  live[found->first] = found->second;
  dropped.erase(found);
  return "";
}

template <class T>
PlainModel::Outcome Rename(std::map<std::string, T>& live, const std::string& from,
                           const std::string& to) {
  const auto found = live.find(from);
  if (found == live.end()) return kMissing;
  if (from == to) return "";
  if (live.count(to) > 0) return kExists;
  live[to] = found->second;
  live.erase(from);
  return "";
}

template <class T>
PlainModel::Outcome Swap(std::map<std::string, T>& live, const std::string& a,
                         const std::string& b) {
  if (live.count(a) == 0 || live.count(b) == 0) return kMissing;
  std::swap(live[a], live[b]);
  return "";
}

template <class T>
void PlainModel::Start(T& object) {
  object.identity = next_identity_++;
  object.readable_from = world_.time;
  object.dropped = 0;
}

template <class T>
void PlainModel::Drop(std::map<std::string, T>& live,
                      std::vector<std::pair<std::string, T>>& dropped, const std::string& name,
                      int days) {
  T& object = live[name];
  object.dropped = world_.time;
  object.retention_at_drop = days;
  dropped.emplace_back(name, object);
  live.erase(name);
}

}  // namespace dbstow::doubles::snowflake
