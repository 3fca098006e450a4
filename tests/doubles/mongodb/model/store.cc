#include "doubles/mongodb/model/store.h"

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>

namespace dbstow::doubles::mongodb {
namespace {

constexpr const char* kSchema = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS collections (id INTEGER PRIMARY KEY, description BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
  collection INTEGER NOT NULL, record BLOB NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (collection, record)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings (name BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
)sql";

[[noreturn]] void FailStop(sqlite3* database, const char* what) {
  std::fprintf(stderr, "cannot write the state (%s): %s\n", what, sqlite3_errmsg(database));
  std::_Exit(EXIT_FAILURE);
}

std::string Blob(sqlite3_stmt* row, int column) {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(row, column));
  const int size = sqlite3_column_bytes(row, column);
  return data == nullptr ? std::string() : std::string(data, static_cast<std::size_t>(size));
}

}  // namespace

Result<std::unique_ptr<Store>> Store::Open(const std::string& folder) {
  const std::string path = folder + "/state.sqlite";
  sqlite3* database = nullptr;
  const int status = sqlite3_open(path.c_str(), &database);
  std::unique_ptr<Store> store(new Store(database));
  if (status != SQLITE_OK ||
      sqlite3_exec(database, kSchema, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Error(ErrorCode::kIoError, "cannot open " + path + ": " + sqlite3_errmsg(database));
  }
  return store;
}

Store::~Store() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

sqlite3_stmt* Store::Prepare(const char* sql) {
  for (const auto& [known, statement] : statements_) {
    if (known == sql) return statement;
  }
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr) != SQLITE_OK) {
    FailStop(database_, sql);
  }
  statements_.emplace_back(sql, statement);
  return statement;
}

void Store::Execute(const char* sql) {
  if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    FailStop(database_, sql);
}

void Store::Change(const char* sql, std::initializer_list<Parameter> parameters) {
  if (!writing_) Execute("BEGIN");
  writing_ = true;
  sqlite3_stmt* statement = Prepare(sql);
  int place = 0;
  for (const Parameter& parameter : parameters) {
    ++place;
    if (parameter.is_number) {
      sqlite3_bind_int64(statement, place, parameter.number);
    } else {
      sqlite3_bind_blob64(statement, place, parameter.blob.data(), parameter.blob.size(),
                          SQLITE_STATIC);
    }
  }
  if (sqlite3_step(statement) != SQLITE_DONE) FailStop(database_, sql);
  sqlite3_reset(statement);
}

void Store::Query(const char* sql, const std::function<void(sqlite3_stmt*)>& row) {
  sqlite3_stmt* statement = Prepare(sql);
  int status = 0;
  while ((status = sqlite3_step(statement)) == SQLITE_ROW) row(statement);
  if (status != SQLITE_DONE) FailStop(database_, sql);
  sqlite3_reset(statement);
}

void Store::PutCollection(std::int64_t id, std::string_view description) {
  Change("REPLACE INTO collections VALUES (?, ?)",
         {{.number = id, .is_number = true}, {.blob = description}});
}

void Store::RemoveCollection(std::int64_t id) {
  Change("DELETE FROM collections WHERE id = ?", {{.number = id, .is_number = true}});
  Change("DELETE FROM documents WHERE collection = ?", {{.number = id, .is_number = true}});
}

void Store::PutDocument(std::int64_t collection, std::string_view record, std::string_view body) {
  Change("REPLACE INTO documents VALUES (?, ?, ?)",
         {{.number = collection, .is_number = true}, {.blob = record}, {.blob = body}});
}

void Store::RemoveDocument(std::int64_t collection, std::string_view record) {
  Change("DELETE FROM documents WHERE collection = ? AND record = ?",
         {{.number = collection, .is_number = true}, {.blob = record}});
}

void Store::PutSetting(std::string_view name, std::string_view value) {
  Change("REPLACE INTO settings VALUES (?, ?)", {{.blob = name}, {.blob = value}});
}

void Store::Commit() {
  if (!writing_) return;
  Execute("COMMIT");
  writing_ = false;
}

void Store::LoadCollections(const std::function<void(std::int64_t, std::string)>& each) {
  Query("SELECT id, description FROM collections ORDER BY id",
        [&](sqlite3_stmt* row) { each(sqlite3_column_int64(row, 0), Blob(row, 1)); });
}

void Store::LoadDocuments(const std::function<void(std::int64_t, std::string, std::string)>& each) {
  Query("SELECT collection, record, body FROM documents ORDER BY collection, record",
        [&](sqlite3_stmt* row) { each(sqlite3_column_int64(row, 0), Blob(row, 1), Blob(row, 2)); });
}

void Store::LoadSettings(const std::function<void(std::string, std::string)>& each) {
  Query("SELECT name, value FROM settings",
        [&](sqlite3_stmt* row) { each(Blob(row, 0), Blob(row, 1)); });
}

}  // namespace dbstow::doubles::mongodb
