#include "doubles/snowflake/testing/random_history.h"

#include <algorithm>

namespace dbstow::doubles::snowflake {
namespace {

std::string SchemaText(const PlainModel::Place& place) {
  return place.database + "." + place.schema;
}

std::string DaysText(std::optional<int> days) {
  return days ? " set data_retention_time_in_days = " + std::to_string(*days)
              : " unset data_retention_time_in_days";
}

std::string CreateText(const PlainModel::CloneOptions& options) {
  return options.replace ? "create or replace " : "create ";
}

std::string IgnoreText(const PlainModel::CloneOptions& options) {
  return options.ignore_insufficient_retention ? " ignore tables with insufficient data retention"
                                               : "";
}

}  // namespace

std::string TextOf(const PlainModel::Rows& rows) {
  std::string text;
  for (const auto& [key, value] : rows) {
    text += (text.empty() ? "" : "\n") + std::to_string(key) + "|" + std::to_string(value);
  }
  return text;
}

std::string TextOf(const PlainModel::Place& place) { return SchemaText(place) + "." + place.name; }

RandomHistory::RandomHistory(unsigned seed) : random_(seed) {
  model_.Begin(0);
  model_.CreateDatabase("M");
  model_.End();
  times_.push_back(0);
}

RandomHistory::Statement RandomHistory::Next() {
  model_.Begin(time_);
  Statement next = Any();
  model_.End();
  times_.push_back(time_);
  return next;
}

std::pair<std::string, std::string> RandomHistory::Query() {
  const Place place = AnyPlace();
  const Moment moment = AnyMoment();
  const auto [outcome, rows] = model_.Select(place, moment.point);
  return {"select k, v from " + TextOf(place) + moment.text + " order by k, v",
          outcome.empty() ? TextOf(rows) : "error " + outcome};
}

RandomHistory::Place RandomHistory::AnyPlace() {
  return {AnyDatabase(), "S" + std::to_string(Pick(3)), "T" + std::to_string(Pick(3))};
}

RandomHistory::Moment RandomHistory::AnyMoment() {
  if (Pick(3) == 0) return {};
  const std::size_t back = Pick(4) == 0
                               ? static_cast<std::size_t>(Pick(static_cast<int>(ids_.size())))
                               : static_cast<std::size_t>(Pick(30));
  const std::size_t at = ids_.size() - 1 - std::min(back, ids_.size() - 1);
  const bool before = Pick(3) == 0;
  const std::string side = before ? " before(" : " at(";
  const int kind = epoch_ ? Pick(3) : 0;
  if (kind == 0) {
    return {before ? model_.BeforeStatement(at) : model_.AtStatement(at),
            side + "statement => '" + ids_[at] + "')"};
  }
  // On the second of the statement or next to it.
  const double time = std::min(time_, times_[at] + Pick(3) - 1);
  const PlainModel::Point point = before ? model_.BeforeTime(time) : model_.AtTime(time);
  if (kind == 1) {
    return {point,
            side + "offset => -" + std::to_string(static_cast<std::int64_t>(time_ - time)) + ")"};
  }
  const std::int64_t nanos = *epoch_ + static_cast<std::int64_t>(time) * kNanos;
  return {point, side + "timestamp => to_timestamp_ltz(" + std::to_string(nanos) + ", 9))"};
}

void RandomHistory::RememberId(const Place& place) {
  if (!id_of_) return;
  if (!place.name.empty()) {
    const PlainModel::Table* table = model().FindTable(place);
    if (table != nullptr) table_ids_[table->identity] = id_of_(place);
    return;
  }
  const auto database = model().world().databases.find(place.database);
  if (database == model().world().databases.end()) return;
  if (place.schema.empty()) {
    database_ids_[database->second.identity] = id_of_(place);
    return;
  }
  const auto schema = database->second.schemas.find(place.schema);
  if (schema != database->second.schemas.end())
    schema_ids_[schema->second.identity] = id_of_(place);
}

const std::pair<const int, std::string>& RandomHistory::AnyId(const Ids& ids) {
  return *std::next(ids.begin(), Pick(static_cast<int>(ids.size())));
}

RandomHistory::Statement RandomHistory::Any() {
  const Place place = AnyPlace();
  const int choice = Pick(100);
  if (choice < 38) return AnyDml(place, choice);
  if (choice < 68) return AnyOfTable(place, Pick(30));
  if (choice < 78) return AnyClone(place);
  if (choice < 82) return AnyRetention(place);
  if (choice < 85) {
    const bool grant = Pick(3) != 0;
    return {std::string(grant ? "grant" : "revoke") + " select on table " + TextOf(place) +
                (grant ? " to" : " from") + " role r",
            model_.GrantSelect(place, grant)};
  }
  if (choice < 88) {
    const Place sequence{place.database, place.schema, "Q"};
    if (Pick(2) == 0)
      return {"create sequence " + TextOf(sequence), model_.CreateSequence(sequence)};
    return {"select " + TextOf(sequence) + ".nextval", model_.NextValue(sequence)};
  }
  if (choice < 97) return AnyOfSchema(place);
  return AnyOfDatabase(place);
}

RandomHistory::Statement RandomHistory::AnyDml(const Place& place, int choice) {
  const std::string table = TextOf(place);
  if (choice < 24) {
    PlainModel::Rows rows;
    std::string values;
    for (int count = 1 + Pick(4); count > 0; --count) {
      rows.emplace_back(Pick(8), Pick(1000));
      values += (values.empty() ? "(" : ", (") + std::to_string(rows.back().first) + ", " +
                std::to_string(rows.back().second) + ")";
    }
    return {"insert into " + table + " values " + values, model_.Insert(place, rows)};
  }
  const std::string key = std::to_string(Pick(8));
  if (choice < 30) {
    return {"update " + table + " set v = " + std::to_string(choice) + " where k = " + key,
            model_.Update(place, std::stoi(key), choice)};
  }
  if (choice < 36) {
    return {"delete from " + table + " where k = " + key, model_.Delete(place, std::stoi(key))};
  }
  return {"truncate table " + table, model_.Truncate(place)};
}

RandomHistory::Statement RandomHistory::AnyOfTable(const Place& place, int choice) {
  const std::string table = TextOf(place);
  const std::string other = "T" + std::to_string(Pick(3));
  const std::string there = SchemaText(place) + "." + other;
  if (choice < 15) {
    PlainModel::CloneOptions options;
    options.replace = choice >= 10;
    options.transient = Pick(4) == 0;
    options.copy_grants = options.replace && Pick(2) == 0;
    if (options.replace) RememberId(place);
    return {std::string("create ") + (options.replace ? "or replace " : "") +
                (options.transient ? "transient " : "") + "table " + table + " (k int, v int)" +
                (options.copy_grants ? " copy grants" : ""),
            model_.CreateTable(place, options)};
  }
  if (choice < 19) {
    RememberId(place);
    return {"drop table " + table, model_.DropTable(place)};
  }
  if (choice < 23) return {"undrop table " + table, model_.UndropTable(place)};
  if (choice < 25 && !table_ids_.empty()) {
    const auto& [identity, id] = AnyId(table_ids_);
    return {"undrop table identifier(" + id + ")", model_.UndropTableById(identity)};
  }
  if (choice < 28 || other == place.name) {
    return {"alter table " + table + " rename to " + there, model_.RenameTable(place, other)};
  }
  return {"alter table " + table + " swap with " + there, model_.SwapTables(place, other)};
}

RandomHistory::Statement RandomHistory::AnyClone(const Place& place) {
  Place to = AnyPlace();
  to.database = Pick(4) == 0 ? to.database : place.database;
  const Moment moment = AnyMoment();
  PlainModel::CloneOptions options;
  options.point = moment.point;
  options.replace = Pick(3) == 0;
  options.transient = Pick(4) == 0;
  options.copy_grants = Pick(3) == 0;
  if (options.replace) RememberId(to);
  return {std::string("create ") + (options.replace ? "or replace " : "") +
              (options.transient ? "transient " : "") + "table " + TextOf(to) + " clone " +
              TextOf(place) + moment.text + (options.copy_grants ? " copy grants" : ""),
          model_.CloneTable(place, to, options)};
}

RandomHistory::Statement RandomHistory::AnyRetention(const Place& place) {
  // Without a clock of its own time passes for the double alone, so nothing may be lost at once.
  const int some = epoch_ ? Pick(4) : 1 + Pick(3);
  const std::optional<int> days = Pick(4) == 0 ? std::nullopt : std::optional(some);
  const int what = Pick(4);
  if (what < 2) {
    return {"alter table " + TextOf(place) + DaysText(days), model_.SetTableRetention(place, days)};
  }
  if (what == 2) {
    return {"alter schema " + SchemaText(place) + DaysText(days),
            model_.SetSchemaRetention(place, days)};
  }
  return {"alter database " + place.database + DaysText(days),
          model_.SetDatabaseRetention(place.database, days)};
}

RandomHistory::Statement RandomHistory::AnyOfSchema(const Place& place) {
  const std::string schema = SchemaText(place);
  const std::string other = "S" + std::to_string(Pick(3));
  const int choice = Pick(16);
  if (choice < 5) return {"create schema " + schema, model_.CreateSchema(place)};
  if (choice < 7) {
    RememberId({place.database, place.schema, ""});
    return {"drop schema " + schema, model_.DropSchema(place)};
  }
  if (choice < 8 && !schema_ids_.empty()) {
    const auto& [identity, id] = AnyId(schema_ids_);
    return {"undrop schema identifier(" + id + ")", model_.UndropSchemaById(identity)};
  }
  if (choice < 11) return {"undrop schema " + schema, model_.UndropSchema(place)};
  if (choice < 12 || (choice < 13 && other == place.schema)) {
    return {"alter schema " + schema + " rename to " + place.database + "." + other,
            model_.RenameSchema(place, other)};
  }
  if (choice < 13) {
    return {"alter schema " + schema + " swap with " + place.database + "." + other,
            model_.SwapSchemas(place, other)};
  }
  return AnySchemaClone(place);
}

RandomHistory::Statement RandomHistory::AnySchemaClone(const Place& place) {
  const Place to{AnyDatabase(), "S" + std::to_string(Pick(3)), ""};
  const Moment moment = AnyMoment();
  const PlainModel::CloneOptions options = AnyContainerOptions(moment);
  if (options.replace) RememberId(to);
  return {CreateText(options) + "schema " + SchemaText(to) + " clone " + SchemaText(place) +
              moment.text + IgnoreText(options),
          model_.CloneSchema(place, to, options)};
}

RandomHistory::Statement RandomHistory::AnyOfDatabase(const Place& place) {
  const std::string& database = place.database;
  const std::string other = database == "M" ? "N" : "M";
  const int choice = Pick(10);
  if (choice < 1) return {"create database " + database, model_.CreateDatabase(database)};
  if (choice < 2) {
    RememberId({database, "", ""});
    return {"drop database " + database, model_.DropDatabase(database)};
  }
  if (choice < 3 && !database_ids_.empty()) {
    const auto& [identity, id] = AnyId(database_ids_);
    return {"undrop database identifier(" + id + ")", model_.UndropDatabaseById(identity)};
  }
  if (choice < 5) return {"undrop database " + database, model_.UndropDatabase(database)};
  if (choice < 6) {
    return {"alter database " + database + " rename to " + other,
            model_.RenameDatabase(database, other)};
  }
  if (choice < 7) {
    return {"alter database " + database + " swap with " + other,
            model_.SwapDatabases(database, other)};
  }
  const Moment moment = AnyMoment();
  const PlainModel::CloneOptions options = AnyContainerOptions(moment);
  const std::string to = options.replace && Pick(3) == 0 ? database : other;
  if (options.replace) RememberId({to, "", ""});
  return {CreateText(options) + "database " + to + " clone " + database + moment.text +
              IgnoreText(options),
          model_.CloneDatabase(database, to, options)};
}

PlainModel::CloneOptions RandomHistory::AnyContainerOptions(const Moment& moment) {
  PlainModel::CloneOptions options;
  options.point = moment.point;
  options.replace = Pick(3) == 0;
  options.ignore_insufficient_retention = Pick(2) == 0;
  return options;
}

}  // namespace dbstow::doubles::snowflake
