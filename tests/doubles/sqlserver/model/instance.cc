#include "doubles/sqlserver/model/instance.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "doubles/sqlserver/model/database_fields.h"
#include "doubles/sqlserver/model/instance_fields.h"
#include "doubles/sqlserver/model/journal.h"
#include "doubles/sqlserver/model/new_database.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::array kTables{
    "CREATE TABLE IF NOT EXISTS entity (kind TEXT, id INTEGER, json TEXT, PRIMARY KEY (kind, id))",
    "CREATE TABLE IF NOT EXISTS log (db INTEGER, lsn TEXT, tx INTEGER, op INTEGER, object INTEGER, "
    "row INTEGER, before BLOB, after BLOB, time INTEGER, name TEXT, PRIMARY KEY (db, lsn)) "
    "WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS log_tx ON log (db, tx)",
    "CREATE TABLE IF NOT EXISTS backupset (id INTEGER PRIMARY KEY, json TEXT)",
    "CREATE TABLE IF NOT EXISTS backupmedia (media_set_id INTEGER, family INTEGER, mirror INTEGER, "
    "guid TEXT, device TEXT, device_type INTEGER, media_guid TEXT, name TEXT, description TEXT, "
    "families INTEGER, logical TEXT)",
    "CREATE TABLE IF NOT EXISTS logmark (database TEXT, mark TEXT, description TEXT, user TEXT, "
    "lsn TEXT, time TEXT)",
    "CREATE TABLE IF NOT EXISTS suspectpage (db INTEGER, file INTEGER, page INTEGER, event "
    "INTEGER, count INTEGER, time TEXT, PRIMARY KEY (db, file, page))",
    "CREATE TABLE IF NOT EXISTS restorehistory (id INTEGER PRIMARY KEY, date TEXT, database TEXT, "
    "user TEXT, backup_set_guid TEXT, type TEXT, replace_ INTEGER, recovery INTEGER, stop_at TEXT)",
};

Milliseconds SystemUtc() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

template <class T>
SqlResult<T> Parse(const Value& text) {
  T value;
  try {
    JsonReader::Decode(nlohmann::json::parse(std::get<std::string>(text)), value);
  } catch (const nlohmann::json::exception& broken) {
    return SqlError{9001, 16, std::string("The double's state is not readable: ") + broken.what()};
  }
  return value;
}

}  // namespace

std::string HashPassword(std::string_view password) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(password.data(), password.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return HexUpper({reinterpret_cast<const char*>(digest.data()), size});
}

SqlResult<std::unique_ptr<Instance>> Instance::Open(const std::string& folder,
                                                    const InstanceSettings& settings) {
  std::unique_ptr<Instance> instance(new Instance(folder, settings));
  std::error_code problem;
  std::filesystem::create_directories(instance->DataFolder(), problem);
  std::filesystem::create_directories(instance->BackupFolder(), problem);
  if (problem) return SqlError{5133, 16, "cannot make folders in " + folder};
  DBSTOW_ASSIGN(instance->store_, Sqlite::Open(folder + "/state.db"));
  for (const char* table : kTables) DBSTOW_TRY(instance->store_->Run(table));
  DBSTOW_TRY(instance->Load());
  if (instance->databases_.empty()) DBSTOW_TRY(instance->Create());
  DBSTOW_TRY(instance->RecoverAll());
  return instance;
}

SqlResult<void> Instance::Create() {
  UnitOfWork work(*this);
  static constexpr std::array<std::string_view, 4> kSystem{"master", "tempdb", "model", "msdb"};
  for (int id = 1; id <= 4; ++id) {
    Database database = MakeDatabase(*this, id, std::string(kSystem[id - 1]));
    const bool full = id == 3 && settings_.edition != Edition::kExpress;
    database.recovery_model = full ? RecoveryModel::kFull : RecoveryModel::kSimple;
    Add(std::move(database));
  }
  Login sa{"sa", HashPassword(settings_.sa_password)};
  sa.roles = {"sysadmin"};
  MutableServer().logins.push_back(std::move(sa));
  return work.Commit();
}

SqlResult<void> Instance::Load() {
  DBSTOW_ASSIGN(const std::vector<Row> rows, store_->Query("SELECT kind, id, json FROM entity"));
  for (const Row& row : rows) {
    if (std::get<std::string>(row[0]) == "server") {
      DBSTOW_ASSIGN(server_, Parse<ServerState>(row[2]));
    } else {
      DBSTOW_ASSIGN(Database database, Parse<Database>(row[2]));
      databases_[database.id] = std::move(database);
    }
  }
  return {};
}

// What a crash left open is rolled back, as every start does.
SqlResult<void> Instance::RecoverAll() {
  for (const auto& [id, database] : databases_) {
    if (database.state != DatabaseState::kOnline || database.standby) continue;
    UnitOfWork work(*this);
    Journal journal(*this, id);
    DBSTOW_TRY(journal.UndoOpen());
    DBSTOW_TRY(journal.TruncateIfSimple());
    DBSTOW_TRY(work.Commit());
  }
  return {};
}

SqlResult<void> Instance::Begin() {
  before_.clear();
  server_before_.reset();
  return store_->Run("BEGIN IMMEDIATE");
}

SqlResult<void> Instance::SaveChanges() {
  for (const auto& [id, old] : before_) {
    const auto now = databases_.find(id);
    if (now == databases_.end()) {
      DBSTOW_TRY(store_->Run("DELETE FROM entity WHERE kind = 'database' AND id = ?", {Int(id)}));
    } else {
      DBSTOW_TRY(store_->Run("INSERT OR REPLACE INTO entity VALUES ('database', ?, ?)",
                             {Int(id), Text(JsonWriter::Encode(now->second).dump())}));
    }
  }
  if (!server_before_) return {};
  return store_->Run("INSERT OR REPLACE INTO entity VALUES ('server', 0, ?)",
                     {Text(JsonWriter::Encode(server_).dump())});
}

SqlResult<void> Instance::Commit() {
  DBSTOW_TRY(SaveChanges());
  DBSTOW_TRY(store_->Run("COMMIT"));
  before_.clear();
  server_before_.reset();
  return {};
}

void Instance::Rollback() {
  // Fails only when SQLite has already rolled back by itself, which is as good.
  static_cast<void>(store_->Run("ROLLBACK"));
  for (auto& [id, old] : before_) {
    if (old) {
      databases_[id] = std::move(*old);
    } else {
      databases_.erase(id);
    }
  }
  if (server_before_) server_ = std::move(*server_before_);
  before_.clear();
  server_before_.reset();
}

const Database* Instance::Find(std::string_view name) const {
  for (const auto& [id, database] : databases_) {
    if (SameName(database.name, name)) return &database;
  }
  return nullptr;
}

const Database* Instance::SnapshotOf(int id) const {
  for (const auto& [other, database] : databases_) {
    if (database.source_id == id) return &database;
  }
  return nullptr;
}

Database& Instance::Mutable(int id) {
  Database& database = databases_.at(id);
  before_.try_emplace(id, database);
  return database;
}

Database& Instance::Add(Database database) {
  const int id = database.id;
  const auto old = databases_.find(id);
  before_.try_emplace(id, old == databases_.end() ? std::nullopt : std::optional(old->second));
  return databases_[id] = std::move(database);
}

void Instance::Remove(int id) {
  before_.try_emplace(id, databases_.at(id));
  databases_.erase(id);
}

ServerState& Instance::MutableServer() {
  if (!server_before_) server_before_ = server_;
  return server_;
}

const Login* Instance::FindLogin(std::string_view name) const {
  const auto found = std::find_if(server_.logins.begin(), server_.logins.end(),
                                  [&](const Login& login) { return SameName(login.name, name); });
  return found == server_.logins.end() ? nullptr : &*found;
}

Milliseconds Instance::Now() const {
  return SystemUtc() + clock_offset_ + settings_.zone_minutes * Milliseconds{60'000};
}

void Instance::SetClock(std::optional<Milliseconds> utc) {
  clock_offset_ = utc ? *utc - SystemUtc() : 0;
}

std::string Instance::NewGuid() {
  std::string bytes(16, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), 16);
  bytes[7] = static_cast<char>((bytes[7] & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  return GuidFromWire(bytes);
}

std::string Instance::Version() const {
  return std::to_string(settings_.major) + ".0." + std::to_string(Build()) + ".1";
}

std::string Instance::ReplicaRole() const {
  for (const auto& [id, database] : databases_) {
    if (!database.replica_role.empty()) return database.replica_role;
  }
  return "";
}

std::string Instance::EditionName() const {
  switch (settings_.edition) {
    case Edition::kExpress: return "Express Edition (64-bit)";
    case Edition::kStandard: return "Standard Edition (64-bit)";
    case Edition::kEnterprise: break;
  }
  return "Enterprise Edition (64-bit)";
}

void Instance::WriteErrorLog(const std::string& text) const {
  std::ofstream(ErrorLog(), std::ios::app) << FormatDateTime(Now()) << ' ' << text << '\n';
}

}  // namespace dbstow::doubles::sqlserver
