#include "doubles/snowflake/testing/plain_model.h"

#include <algorithm>

namespace dbstow::doubles::snowflake {
namespace {

constexpr double kDay = 86400;
const char* const kExists = "002002";
const char* const kMissing = "002003";
const char* const kNotAvailable = "000707";

}  // namespace

void PlainModel::Begin(double time) {
  world_.time = time;
  // What was dropped more than a day ago is gone.
  const auto old = [&](const auto& entry) { return time - entry.second.dropped > kDay; };
  std::erase_if(world_.dropped_schemas, old);
  for (auto& [name, schema] : world_.schemas) std::erase_if(schema.dropped_tables, old);
}

size_t PlainModel::End() {
  after_.push_back(world_);
  return after_.size() - 1;
}

bool PlainModel::IsPast(size_t statement) const {
  return world_.time - after_[statement].time > kDay;
}

PlainModel::Table* PlainModel::FindTable(const std::string& schema, const std::string& name) {
  const auto found = world_.schemas.find(schema);
  if (found == world_.schemas.end()) return nullptr;
  const auto table = found->second.tables.find(name);
  return table == found->second.tables.end() ? nullptr : &table->second;
}

const PlainModel::Table* PlainModel::FindIdentity(const World& world, int identity) {
  const Table* found = nullptr;
  const auto search = [&](const Schema& schema) {
    for (const auto& [name, table] : schema.tables) {
      if (table.identity == identity) found = &table;
    }
    for (const auto& [name, table] : schema.dropped_tables) {
      if (table.identity == identity) found = &table;
    }
  };
  for (const auto& [name, schema] : world.schemas) search(schema);
  for (const auto& [name, schema] : world.dropped_schemas) search(schema);
  return found;
}

const PlainModel::Schema* PlainModel::FindSchemaIdentity(const World& world, int identity) {
  for (const auto& [name, schema] : world.schemas) {
    if (schema.identity == identity) return &schema;
  }
  for (const auto& [name, schema] : world.dropped_schemas) {
    if (schema.identity == identity) return &schema;
  }
  return nullptr;
}

PlainModel::Outcome PlainModel::CreateSchema(const std::string& name) {
  if (world_.schemas.count(name) > 0) return kExists;
  world_.schemas[name].identity = next_identity_++;
  return "";
}

PlainModel::Outcome PlainModel::DropSchema(const std::string& name) {
  const auto found = world_.schemas.find(name);
  if (found == world_.schemas.end()) return kMissing;
  found->second.dropped = world_.time;
  world_.dropped_schemas.emplace_back(name, found->second);
  world_.schemas.erase(found);
  return "";
}

PlainModel::Outcome PlainModel::UndropSchema(const std::string& name) {
  auto& dropped = world_.dropped_schemas;
  const auto latest = std::find_if(dropped.rbegin(), dropped.rend(),
                                   [&](const auto& entry) { return entry.first == name; });
  if (world_.schemas.count(name) > 0) return kExists;
  if (latest == dropped.rend()) return kMissing;
  world_.schemas[name] = latest->second;
  dropped.erase(std::next(latest).base());
  return "";
}

PlainModel::Outcome PlainModel::RenameSchema(const std::string& from, const std::string& to) {
  const auto found = world_.schemas.find(from);
  if (found == world_.schemas.end()) return kMissing;
  if (from == to) return "";
  if (world_.schemas.count(to) > 0) return kExists;
  world_.schemas[to] = found->second;
  world_.schemas.erase(from);
  return "";
}

PlainModel::Outcome PlainModel::SwapSchemas(const std::string& a, const std::string& b) {
  if (world_.schemas.count(a) == 0 || world_.schemas.count(b) == 0) return kMissing;
  std::swap(world_.schemas[a], world_.schemas[b]);
  return "";
}

PlainModel::Outcome PlainModel::CloneSchema(const std::string& from, const std::string& to,
                                            std::optional<size_t> at) {
  if (world_.schemas.count(to) > 0) return kExists;
  const auto found = world_.schemas.find(from);
  if (found == world_.schemas.end()) return kMissing;
  const Schema* source = &found->second;
  if (at) {
    source = FindSchemaIdentity(after_[*at], source->identity);
    if (source == nullptr || IsPast(*at)) return kNotAvailable;
  }
  Schema clone;
  clone.identity = next_identity_++;
  for (const auto& [name, table] : source->tables) {
    clone.tables[name] = Table{next_identity_++, table.rows, 0};
  }
  world_.schemas[to] = clone;
  return "";
}

PlainModel::Outcome PlainModel::CreateTable(const std::string& schema, const std::string& name,
                                            bool replace) {
  const auto found = world_.schemas.find(schema);
  if (found == world_.schemas.end()) return kMissing;
  if (found->second.tables.count(name) > 0) {
    if (!replace) return kExists;
    DropTable(schema, name);
  }
  found->second.tables[name].identity = next_identity_++;
  return "";
}

PlainModel::Outcome PlainModel::DropTable(const std::string& schema, const std::string& name) {
  Table* table = FindTable(schema, name);
  if (table == nullptr) return kMissing;
  table->dropped = world_.time;
  Schema& place = world_.schemas[schema];
  place.dropped_tables.emplace_back(name, *table);
  place.tables.erase(name);
  return "";
}

PlainModel::Outcome PlainModel::UndropTable(const std::string& schema, const std::string& name) {
  const auto found = world_.schemas.find(schema);
  if (found == world_.schemas.end()) return kMissing;
  Schema& place = found->second;
  if (place.tables.count(name) > 0) return kExists;
  auto& dropped = place.dropped_tables;
  const auto latest = std::find_if(dropped.rbegin(), dropped.rend(),
                                   [&](const auto& entry) { return entry.first == name; });
  if (latest == dropped.rend()) return kMissing;
  place.tables[name] = latest->second;
  dropped.erase(std::next(latest).base());
  return "";
}

PlainModel::Outcome PlainModel::RenameTable(const std::string& schema, const std::string& from,
                                            const std::string& to) {
  Table* table = FindTable(schema, from);
  if (table == nullptr) return kMissing;
  if (from == to) return "";
  if (FindTable(schema, to) != nullptr) return kExists;
  auto& tables = world_.schemas[schema].tables;
  tables[to] = *table;
  tables.erase(from);
  return "";
}

PlainModel::Outcome PlainModel::SwapTables(const std::string& schema, const std::string& a,
                                           const std::string& b) {
  Table* one = FindTable(schema, a);
  Table* other = FindTable(schema, b);
  if (one == nullptr || other == nullptr) return kMissing;
  std::swap(*one, *other);
  return "";
}

PlainModel::Outcome PlainModel::CloneTable(const std::string& schema, const std::string& from,
                                           const std::string& to, std::optional<size_t> at) {
  if (world_.schemas.count(schema) == 0) return kMissing;
  if (FindTable(schema, to) != nullptr) return kExists;
  const auto [outcome, rows] = Select(schema, from, at);
  if (!outcome.empty()) return outcome;
  world_.schemas[schema].tables[to] = Table{next_identity_++, rows, 0};
  return "";
}

PlainModel::Outcome PlainModel::Insert(const std::string& schema, const std::string& table,
                                       const Rows& rows) {
  Table* found = FindTable(schema, table);
  if (found == nullptr) return kMissing;
  found->rows.insert(found->rows.end(), rows.begin(), rows.end());
  return "";
}

PlainModel::Outcome PlainModel::Update(const std::string& schema, const std::string& table, int key,
                                       int value) {
  Table* found = FindTable(schema, table);
  if (found == nullptr) return kMissing;
  for (auto& [k, v] : found->rows) {
    if (k == key) v = value;
  }
  return "";
}

PlainModel::Outcome PlainModel::Delete(const std::string& schema, const std::string& table,
                                       int key) {
  Table* found = FindTable(schema, table);
  if (found == nullptr) return kMissing;
  std::erase_if(found->rows, [&](const auto& row) { return row.first == key; });
  return "";
}

PlainModel::Outcome PlainModel::Truncate(const std::string& schema, const std::string& table) {
  Table* found = FindTable(schema, table);
  if (found == nullptr) return kMissing;
  found->rows.clear();
  return "";
}

std::pair<PlainModel::Outcome, PlainModel::Rows> PlainModel::Select(
    const std::string& schema, const std::string& table, std::optional<size_t> at) const {
  const auto place = world_.schemas.find(schema);
  if (place == world_.schemas.end()) return {kMissing, {}};
  const auto found = place->second.tables.find(table);
  if (found == place->second.tables.end()) return {kMissing, {}};
  const Table* source = &found->second;
  if (at) {
    source = FindIdentity(after_[*at], source->identity);
    if (source == nullptr || IsPast(*at)) return {kNotAvailable, {}};
  }
  Rows rows = source->rows;
  std::sort(rows.begin(), rows.end());
  return {"", rows};
}

}  // namespace dbstow::doubles::snowflake
