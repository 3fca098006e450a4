#include "doubles/snowflake/model/state_file.h"

#include <sqlite3.h>

#include <algorithm>

#include "doubles/snowflake/model/codec.h"

namespace dbstow::doubles::snowflake {
namespace {

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS object(id INTEGER PRIMARY KEY, body TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS membership(table_id INTEGER, partition_id INTEGER, from_version "
    "INTEGER,"
    " to_version INTEGER, PRIMARY KEY(table_id, partition_id, from_version)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS partition(id INTEGER PRIMARY KEY, body TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS commits(version INTEGER PRIMARY KEY, time INTEGER, query TEXT);"
    "CREATE TABLE IF NOT EXISTS query(sequence INTEGER PRIMARY KEY, body TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS value(key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;";

Error Failure(sqlite3* database, const char* what) {
  return Error(ErrorCode::kIoError,
               std::string("state file: cannot ") + what + ": " +
                   (database != nullptr ? sqlite3_errmsg(database) : "out of memory"));
}

/// One prepared statement, run once.
class Query {
 public:
  Query(sqlite3* database, const char* sql) : database_(database) {
    ready_ = sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) == SQLITE_OK;
  }
  ~Query() { sqlite3_finalize(statement_); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& Bind(int64_t number) {
    sqlite3_bind_int64(statement_, ++bound_, number);
    return *this;
  }
  Query& Bind(const std::string& text) {
    sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                      SQLITE_TRANSIENT);
    return *this;
  }
  Result<void> Run() {
    if (!ready_ || sqlite3_step(statement_) != SQLITE_DONE) return Failure(database_, "write");
    return {};
  }
  /// False at the end.
  Result<bool> Next() {
    const int status = ready_ ? sqlite3_step(statement_) : SQLITE_ERROR;
    if (status == SQLITE_ROW) return true;
    if (status == SQLITE_DONE) return false;
    return Failure(database_, "read");
  }
  [[nodiscard]] int64_t Number(int column) const {
    return sqlite3_column_int64(statement_, column);
  }
  [[nodiscard]] std::string Text(int column) const {
    const unsigned char* text = sqlite3_column_text(statement_, column);
    const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
    return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text), size);
  }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  bool ready_ = false;
  int bound_ = 0;
};

}  // namespace

Result<std::unique_ptr<StateFile>> StateFile::Open(const std::string& path) {
  sqlite3* database = nullptr;
  const int status = sqlite3_open(path.c_str(), &database);
  std::unique_ptr<StateFile> file(new StateFile(database));
  if (status != SQLITE_OK) return Failure(database, "open");
  // A killed process loses nothing that SQLite has handed to the kernel; a lost machine is not
  // simulated here, so there is no fsync.
  DBSTOW_TRY(file->Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"));
  DBSTOW_TRY(file->Execute(kSchema));
  return file;
}

StateFile::~StateFile() { sqlite3_close(database_); }

Result<void> StateFile::Execute(const char* sql) {
  if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Failure(database_, sql);
  }
  return {};
}

Result<ObjectMap> StateFile::LoadObjects() {
  std::map<Id, std::vector<Membership>> memberships;
  Query rows(database_,
             "SELECT table_id, partition_id, from_version, to_version FROM membership"
             " ORDER BY table_id, from_version, partition_id");
  while (true) {
    DBSTOW_ASSIGN(const bool more, rows.Next());
    if (!more) break;
    memberships[rows.Number(0)].push_back(
        Membership{rows.Number(1), rows.Number(2), rows.Number(3)});
  }
  ObjectMap objects;
  Query query(database_, "SELECT body FROM object ORDER BY id");
  while (true) {
    DBSTOW_ASSIGN(const bool more, query.Next());
    if (!more) break;
    DBSTOW_ASSIGN(Object object, DecodeObject(query.Text(0)));
    if (TableDetail* table = object.table()) table->memberships = memberships[object.id];
    objects.emplace(object.id, std::make_shared<const Object>(std::move(object)));
  }
  return objects;
}

Result<PartitionMap> StateFile::LoadPartitions() {
  PartitionMap partitions;
  Query query(database_, "SELECT id, body FROM partition");
  while (true) {
    DBSTOW_ASSIGN(const bool more, query.Next());
    if (!more) break;
    DBSTOW_ASSIGN(Partition partition, DecodePartition(query.Text(1)));
    partitions.emplace(query.Number(0), std::make_shared<const Partition>(std::move(partition)));
  }
  return partitions;
}

Result<std::vector<CommitRecord>> StateFile::LoadCommits() {
  std::vector<CommitRecord> commits;
  Query query(database_, "SELECT version, time, query FROM commits ORDER BY version");
  while (true) {
    DBSTOW_ASSIGN(const bool more, query.Next());
    if (!more) break;
    commits.push_back(CommitRecord{query.Number(0), query.Number(1), query.Text(2)});
  }
  return commits;
}

Result<std::vector<QueryRecord>> StateFile::LoadQueries() {
  std::vector<QueryRecord> queries;
  Query query(database_, "SELECT body FROM query ORDER BY sequence");
  while (true) {
    DBSTOW_ASSIGN(const bool more, query.Next());
    if (!more) break;
    DBSTOW_ASSIGN(QueryRecord record, DecodeQuery(query.Text(0)));
    queries.push_back(std::move(record));
  }
  return queries;
}

Result<void> StateFile::SaveCommit(const CommitRecord& commit,
                                   const std::vector<ChangedObject>& changed,
                                   const PartitionMap& partitions, const QueryRecord& query) {
  DBSTOW_TRY(Execute("BEGIN IMMEDIATE"));
  const auto write = [&]() -> Result<void> {
    for (const ChangedObject& each : changed) DBSTOW_TRY(SaveObject(each));
    for (const auto& [id, partition] : partitions) {
      Query insert(database_, "INSERT INTO partition(id, body) VALUES (?, ?)");
      DBSTOW_TRY(insert.Bind(id).Bind(Encode(*partition)).Run());
    }
    Query insert(database_, "INSERT INTO commits(version, time, query) VALUES (?, ?, ?)");
    DBSTOW_TRY(insert.Bind(commit.version).Bind(commit.time).Bind(commit.query_id).Run());
    if (!query.id.empty()) DBSTOW_TRY(InsertQuery(query));
    return Execute("COMMIT");
  };
  auto written = write();
  if (!written) static_cast<void>(Execute("ROLLBACK"));
  return written;
}

Result<void> StateFile::SaveObject(const ChangedObject& changed) {
  Query insert(database_, "INSERT OR REPLACE INTO object(id, body) VALUES (?, ?)");
  DBSTOW_TRY(insert.Bind(changed.now->id).Bind(Encode(*changed.now)).Run());
  return changed.now->table() != nullptr ? SaveMemberships(changed) : Result<void>();
}

// Memberships are only ever appended or closed, so the old ones are a prefix of the new.
Result<void> StateFile::SaveMemberships(const ChangedObject& changed) {
  static const std::vector<Membership> kNone;
  const auto& before = changed.before != nullptr && changed.before->table() != nullptr
                           ? changed.before->table()->memberships
                           : kNone;
  const auto& now = changed.now->table()->memberships;
  for (size_t at = 0; at < now.size(); ++at) {
    if (at < before.size() && before[at].to == now[at].to) continue;
    Query insert(database_, "INSERT OR REPLACE INTO membership VALUES (?, ?, ?, ?)");
    insert.Bind(changed.now->id).Bind(now[at].partition).Bind(now[at].from).Bind(now[at].to);
    DBSTOW_TRY(insert.Run());
  }
  return {};
}

Result<void> StateFile::InsertQuery(const QueryRecord& query) {
  Query insert(database_, "INSERT INTO query(body) VALUES (?)");
  return insert.Bind(Encode(query)).Run();
}

Result<void> StateFile::SaveQuery(const QueryRecord& query) { return InsertQuery(query); }

Result<void> StateFile::SaveValue(const std::string& key, const std::string& value) {
  Query insert(database_, "INSERT OR REPLACE INTO value(key, body) VALUES (?, ?)");
  return insert.Bind(key).Bind(value).Run();
}

Result<void> StateFile::RemoveValue(const std::string& key) {
  Query erase(database_, "DELETE FROM value WHERE key = ?");
  return erase.Bind(key).Run();
}

Result<std::map<std::string, std::string>> StateFile::LoadValues(const std::string& prefix) {
  std::map<std::string, std::string> values;
  Query query(database_, "SELECT key, body FROM value ORDER BY key");
  while (true) {
    DBSTOW_ASSIGN(const bool more, query.Next());
    if (!more) break;
    if (query.Text(0).starts_with(prefix)) values.emplace(query.Text(0), query.Text(1));
  }
  return values;
}

}  // namespace dbstow::doubles::snowflake
