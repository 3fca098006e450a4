#include "doubles/snowflake/testing/plain_model.h"

#include <algorithm>

namespace dbstow::doubles::snowflake {
namespace {

constexpr double kDay = 86400;
const char* const kExists = "002002";
const char* const kMissing = "002003";
const char* const kNotAvailable = "000707";
const char* const kTransientToPermanent = "002119";
const char* const kInvalidValue = "001008";

using Kept = PlainModel::Kept;
using Table = PlainModel::Table;
using Schema = PlainModel::Schema;
using Database = PlainModel::Database;
using World = PlainModel::World;

int Days(const Table& table, const Schema& schema, const Database& database) {
  const int days =
      table.retention.value_or(schema.retention.value_or(database.retention.value_or(1)));
  return table.transient ? std::min(days, 1) : days;
}
int Days(const Schema& schema, const Database& database) {
  return schema.retention.value_or(database.retention.value_or(1));
}
int Days(const Database& database) { return database.retention.value_or(1); }

void Lose(Kept& object, double time, int days) {
  object.readable_from = std::max(object.readable_from, time - days * kDay);
}

template <class T>
void Purge(std::vector<std::pair<std::string, T>>& dropped, double time) {
  std::erase_if(dropped, [&](const auto& entry) {
    return entry.second.retention_at_drop == 0 ||
           time - entry.second.dropped > entry.second.retention_at_drop * kDay;
  });
}

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

const Database* DatabaseOf(const World& world, int identity) {
  const Database* found = nullptr;
  ForEachDatabase(world, [&](const Database& database, bool) {
    if (database.identity == identity) found = &database;
  });
  return found;
}
const Schema* SchemaOf(const World& world, int identity) {
  const Schema* found = nullptr;
  ForEachDatabase(world, [&](const Database& database, bool) {
    ForEachSchema(database, [&](const Schema& schema, bool) {
      if (schema.identity == identity) found = &schema;
    });
  });
  return found;
}
const Table* TableOf(const World& world, int identity) {
  const Table* found = nullptr;
  ForEachDatabase(world, [&](const Database& database, bool) {
    ForEachSchema(database, [&](const Schema& schema, bool) {
      ForEachTable(schema, [&](const Table& table, bool) {
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

PlainModel::Outcome PlainModel::CreateDatabase(const std::string& name) {
  if (FindDatabase(name) != nullptr) return kExists;
  Start(world_.databases[name]);
  return CreateSchema({name, "PUBLIC", ""});
}
PlainModel::Outcome PlainModel::DropDatabase(const std::string& name) {
  const Database* database = FindDatabase(name);
  if (database == nullptr) return kMissing;
  Drop(world_.databases, world_.dropped_databases, name, Days(*database));
  return "";
}
PlainModel::Outcome PlainModel::UndropDatabase(const std::string& name) {
  return Undrop(world_.databases, world_.dropped_databases, name);
}
PlainModel::Outcome PlainModel::RenameDatabase(const std::string& from, const std::string& to) {
  return Rename(world_.databases, from, to);
}

bool PlainModel::CopySchema(const Schema& then, const CloneOptions& options, Schema& copy) {
  for (const auto& [name, old] : then.tables) {
    const Table* now = TableOf(world_, old.identity);
    if (now == nullptr) continue;  // dropped and purged since
    if (options.point && options.point->time < now->readable_from) {
      if (options.ignore_insufficient_retention) continue;
      return false;
    }
    Table table = *now;
    table.rows = old.rows;
    Start(table);
    copy.tables[name] = table;
  }
  for (const auto& [name, next] : then.sequences) {
    ForEachDatabase(world_, [&, &sequence = name](Database& database, bool) {
      ForEachSchema(database, [&](Schema& schema, bool) {
        if (schema.identity == then.identity) copy.sequences[sequence] = schema.sequences[sequence];
      });
    });
  }
  return true;
}

PlainModel::Outcome PlainModel::CloneDatabase(const std::string& from, const std::string& to,
                                              const CloneOptions& options) {
  if (FindDatabase(to) != nullptr) return kExists;
  const Database* source = FindDatabase(from);
  if (source == nullptr) return kMissing;
  const Database* then = source;
  if (options.point) {
    const bool readable = options.point->time >= source->readable_from && options.point->world;
    then = readable ? DatabaseOf(after_[*options.point->world], source->identity) : nullptr;
    if (then == nullptr) return kNotAvailable;
  }
  Database copy;
  copy.retention = source->retention;
  Start(copy);
  for (const auto& [name, old] : then->schemas) {
    const Schema* now = SchemaOf(world_, old.identity);
    if (now == nullptr) continue;
    Schema schema;
    schema.retention = now->retention;
    Start(schema);
    if (!CopySchema(old, options, schema)) return kNotAvailable;
    copy.schemas[name] = schema;
  }
  world_.databases[to] = copy;
  return "";
}

PlainModel::Outcome PlainModel::CreateSchema(const Place& place) {
  Database* database = FindDatabase(place.database);
  if (database == nullptr) return kMissing;
  if (database->schemas.count(place.schema) > 0) return kExists;
  Start(database->schemas[place.schema]);
  return "";
}
PlainModel::Outcome PlainModel::DropSchema(const Place& place) {
  Database* database = FindDatabase(place.database);
  const Schema* schema = FindSchema(place);
  if (schema == nullptr) return kMissing;
  Drop(database->schemas, database->dropped_schemas, place.schema, Days(*schema, *database));
  return "";
}
PlainModel::Outcome PlainModel::UndropSchema(const Place& place) {
  Database* database = FindDatabase(place.database);
  if (database == nullptr) return kMissing;
  return Undrop(database->schemas, database->dropped_schemas, place.schema);
}
PlainModel::Outcome PlainModel::RenameSchema(const Place& from, const std::string& to) {
  Database* database = FindDatabase(from.database);
  return database == nullptr ? kMissing : Rename(database->schemas, from.schema, to);
}
PlainModel::Outcome PlainModel::SwapSchemas(const Place& a, const std::string& b) {
  Database* database = FindDatabase(a.database);
  return database == nullptr ? kMissing : Swap(database->schemas, a.schema, b);
}

PlainModel::Outcome PlainModel::CloneSchema(const Place& from, const Place& to,
                                            const CloneOptions& options) {
  Database* container = FindDatabase(to.database);
  if (container == nullptr) return kMissing;
  if (container->schemas.count(to.schema) > 0) return kExists;
  const Schema* source = FindSchema(from);
  if (source == nullptr) return kMissing;
  const Schema* then = source;
  if (options.point) {
    const bool readable = options.point->time >= source->readable_from && options.point->world;
    then = readable ? SchemaOf(after_[*options.point->world], source->identity) : nullptr;
    if (then == nullptr) return kNotAvailable;
  }
  Schema copy;
  copy.retention = source->retention;
  Start(copy);
  if (!CopySchema(*then, options, copy)) return kNotAvailable;
  container->schemas[to.schema] = copy;
  return "";
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
      auto& dropped = schema.dropped_tables;
      const auto found = std::find_if(dropped.begin(), dropped.end(), [&](const auto& entry) {
        return entry.second.identity == identity;
      });
      if (found == dropped.end()) continue;
      if (schema.tables.count(found->first) > 0) return kExists;
      schema.tables[found->first] = found->second;
      dropped.erase(found);
      return "";
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
