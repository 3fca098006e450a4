#include "doubles/snowflake/testing/plain_model.h"

#include "doubles/snowflake/testing/plain_worlds.h"

namespace dbstow::doubles::snowflake {
namespace {

constexpr double kDay = 86400;

void Lose(PlainModel::Kept& object, double time, int days) {
  object.readable_from = std::max(object.readable_from, time - days * kDay);
}

template <class T>
void Purge(std::vector<std::pair<std::string, T>>& dropped, double time) {
  std::erase_if(dropped, [&](const auto& entry) {
    return entry.second.retention_at_drop == 0 ||
           time - entry.second.dropped > entry.second.retention_at_drop * kDay;
  });
}

}  // namespace

// What is out of retention is lost the moment it is, and what was dropped too long ago is gone.
void PlainModel::Age() {
  const double time = world_.time;
  Purge(world_.dropped_databases, time);
  ForEachDatabase(world_, [&](Database& database, bool dropped) {
    Lose(database, time, dropped ? database.retention_at_drop : Days(database));
    Purge(database.dropped_schemas, time);
    ForEachSchema(database, [&](Schema& schema, bool gone) {
      Lose(schema, time, gone ? schema.retention_at_drop : Days(schema, database));
      Purge(schema.dropped_tables, time);
      ForEachTable(schema, [&](Table& table, bool away) {
        Lose(table, time, away ? table.retention_at_drop : Days(table, schema, database));
      });
    });
  });
}

void PlainModel::Begin(double time) {
  world_.time = time;
  Age();
}

std::size_t PlainModel::End() {
  Age();
  after_.push_back(world_);
  return after_.size() - 1;
}

PlainModel::Point PlainModel::AtStatement(std::size_t statement) const {
  return {statement, after_[statement].time};
}
PlainModel::Point PlainModel::BeforeStatement(std::size_t statement) const {
  return {statement == 0 ? std::nullopt : std::optional(statement - 1), after_[statement].time};
}
PlainModel::Point PlainModel::AtTime(double time) const {
  Point point{std::nullopt, time};
  for (std::size_t i = 0; i < after_.size() && after_[i].time <= time; ++i) point.world = i;
  return point;
}
PlainModel::Point PlainModel::BeforeTime(double time) const {
  Point point{std::nullopt, time};
  for (std::size_t i = 0; i < after_.size() && after_[i].time < time; ++i) point.world = i;
  return point;
}

PlainModel::Database* PlainModel::FindDatabase(const std::string& name) {
  const auto found = world_.databases.find(name);
  return found == world_.databases.end() ? nullptr : &found->second;
}
PlainModel::Schema* PlainModel::FindSchema(const Place& place) {
  Database* database = FindDatabase(place.database);
  if (database == nullptr) return nullptr;
  const auto found = database->schemas.find(place.schema);
  return found == database->schemas.end() ? nullptr : &found->second;
}
PlainModel::Table* PlainModel::FindTable(const Place& place) {
  Schema* schema = FindSchema(place);
  if (schema == nullptr) return nullptr;
  const auto found = schema->tables.find(place.name);
  return found == schema->tables.end() ? nullptr : &found->second;
}
const PlainModel::Table* PlainModel::FindTable(const Place& place) const {
  return const_cast<PlainModel*>(this)->FindTable(place);
}

const PlainModel::Table* PlainModel::Past(const Table& table, const Point& point) const {
  if (!point.world || point.time < table.readable_from) return nullptr;
  return TableOf(after_[*point.world], table.identity);
}

PlainModel::Outcome PlainModel::CreateTable(const Place& place, const CloneOptions& options) {
  Schema* schema = FindSchema(place);
  if (schema == nullptr) return kMissing;
  Table made;
  if (const Table* old = FindTable(place)) {
    if (!options.replace) return kExists;
    made.granted = options.copy_grants && old->granted;
    DropTable(place);
  }
  made.transient = options.transient;
  Start(made);
  schema->tables[place.name] = made;
  return "";
}
PlainModel::Outcome PlainModel::DropTable(const Place& place) {
  const Table* table = FindTable(place);
  if (table == nullptr) return kMissing;
  Schema& schema = *FindSchema(place);
  Drop(schema.tables, schema.dropped_tables, place.name,
       Days(*table, schema, *FindDatabase(place.database)));
  return "";
}
PlainModel::Outcome PlainModel::UndropTable(const Place& place) {
  Schema* schema = FindSchema(place);
  if (schema == nullptr) return kMissing;
  return Undrop(schema->tables, schema->dropped_tables, place.name);
}
PlainModel::Outcome PlainModel::UndropTableById(int identity) {
  for (auto& [database_name, database] : world_.databases) {
    for (auto& [schema_name, schema] : database.schemas) {
      if (const auto done = UndropById(schema.tables, schema.dropped_tables, identity)) {
        return *done;
      }
    }
  }
  return kMissing;
}
PlainModel::Outcome PlainModel::RenameTable(const Place& from, const std::string& to) {
  Schema* schema = FindSchema(from);
  return schema == nullptr ? kMissing : Rename(schema->tables, from.name, to);
}
PlainModel::Outcome PlainModel::SwapTables(const Place& a, const std::string& b) {
  Schema* schema = FindSchema(a);
  return schema == nullptr ? kMissing : Swap(schema->tables, a.name, b);
}

PlainModel::Outcome PlainModel::CloneTable(const Place& from, const Place& to,
                                           const CloneOptions& options) {
  if (FindSchema(to) == nullptr) return kMissing;
  const Table* old = FindTable(to);
  if (old != nullptr && !options.replace) return kExists;
  const Table* source = FindTable(from);
  if (source == nullptr) return kMissing;
  if (source->transient && !options.transient) return kTransientToPermanent;
  const Table* then = options.point ? Past(*source, *options.point) : source;
  if (then == nullptr) return kNotAvailable;
  Table made;
  made.rows = then->rows;
  made.retention = source->retention;
  made.transient = options.transient;
  made.granted = options.copy_grants && (old != nullptr ? old->granted : source->granted);
  Start(made);
  if (old != nullptr) DropTable(to);
  FindSchema(to)->tables[to.name] = made;
  return "";
}

PlainModel::Outcome PlainModel::SetTableRetention(const Place& place, std::optional<int> days) {
  Table* table = FindTable(place);
  if (table == nullptr) return kMissing;
  if (table->transient && days.value_or(0) > 1) return kInvalidValue;
  table->retention = days;
  return "";
}
PlainModel::Outcome PlainModel::SetSchemaRetention(const Place& place, std::optional<int> days) {
  Schema* schema = FindSchema(place);
  if (schema == nullptr) return kMissing;
  schema->retention = days;
  return "";
}
PlainModel::Outcome PlainModel::SetDatabaseRetention(const std::string& name,
                                                     std::optional<int> days) {
  Database* database = FindDatabase(name);
  if (database == nullptr) return kMissing;
  database->retention = days;
  return "";
}

PlainModel::Outcome PlainModel::GrantSelect(const Place& place, bool granted) {
  Table* table = FindTable(place);
  if (table == nullptr) return kMissing;
  table->granted = granted;
  return "";
}

PlainModel::Outcome PlainModel::CreateSequence(const Place& place) {
  Schema* schema = FindSchema(place);
  if (schema == nullptr) return kMissing;
  return schema->sequences.emplace(place.name, 1).second ? "" : kExists;
}
PlainModel::Outcome PlainModel::NextValue(const Place& place) {
  Schema* schema = FindSchema(place);
  if (schema == nullptr || schema->sequences.count(place.name) == 0) return kMissing;
  ++schema->sequences[place.name];
  return "";
}

PlainModel::Outcome PlainModel::Insert(const Place& place, const Rows& rows) {
  Table* found = FindTable(place);
  if (found == nullptr) return kMissing;
  found->rows.insert(found->rows.end(), rows.begin(), rows.end());
  return "";
}
PlainModel::Outcome PlainModel::Update(const Place& place, int key, int value) {
  Table* found = FindTable(place);
  if (found == nullptr) return kMissing;
  for (auto& [k, v] : found->rows) {
    if (k == key) v = value;
  }
  return "";
}
PlainModel::Outcome PlainModel::Delete(const Place& place, int key) {
  Table* found = FindTable(place);
  if (found == nullptr) return kMissing;
  std::erase_if(found->rows, [&](const auto& row) { return row.first == key; });
  return "";
}
PlainModel::Outcome PlainModel::Truncate(const Place& place) {
  Table* found = FindTable(place);
  if (found == nullptr) return kMissing;
  found->rows.clear();
  return "";
}

std::pair<PlainModel::Outcome, PlainModel::Rows> PlainModel::Select(
    const Place& place, const std::optional<Point>& point) const {
  const Table* table = FindTable(place);
  if (table == nullptr) return {kMissing, {}};
  const Table* then = point ? Past(*table, *point) : table;
  if (then == nullptr) return {kNotAvailable, {}};
  Rows rows = then->rows;
  std::sort(rows.begin(), rows.end());
  return {"", rows};
}

}  // namespace dbstow::doubles::snowflake
