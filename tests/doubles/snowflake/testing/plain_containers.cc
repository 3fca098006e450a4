// What the plain model does with databases and schemas.
#include "doubles/snowflake/testing/plain_worlds.h"

namespace dbstow::doubles::snowflake {

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
PlainModel::Outcome PlainModel::UndropDatabaseById(int identity) {
  return UndropById(world_.databases, world_.dropped_databases, identity).value_or(kMissing);
}
PlainModel::Outcome PlainModel::SwapDatabases(const std::string& a, const std::string& b) {
  return Swap(world_.databases, a, b);
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
  const bool taken = FindDatabase(to) != nullptr;
  if (taken && !options.replace) return kExists;
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
  if (taken) DropDatabase(to);
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
PlainModel::Outcome PlainModel::UndropSchemaById(int identity) {
  for (auto& [name, database] : world_.databases) {
    if (const auto done = UndropById(database.schemas, database.dropped_schemas, identity)) {
      return *done;
    }
  }
  return kMissing;
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
  const bool taken = container->schemas.count(to.schema) > 0;
  if (taken && !options.replace) return kExists;
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
  if (taken) DropSchema(to);
  container->schemas[to.schema] = copy;
  return "";
}

}  // namespace dbstow::doubles::snowflake
