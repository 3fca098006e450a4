#include "doubles/sqlserver/exec/database_snapshot.h"
#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/executor.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/media/os_files.h"
#include "doubles/sqlserver/model/journal.h"
#include "doubles/sqlserver/model/new_database.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr int kModel = 3;
constexpr std::int64_t kModelKb = 8192;

SqlError CreateFailed() {
  return {1802, 16,
          "CREATE DATABASE failed. Some file names listed could not be created. Check related "
          "errors."};
}

// The files of a CREATE DATABASE: as given, or as the defaults are.
std::vector<DatabaseFile> FilesOf(Instance& instance, const CreateDatabaseStatement& statement,
                                  Database& database) {
  if (statement.files.empty() && statement.log_files.empty()) return database.files;
  std::vector<DatabaseFile> files;
  const std::vector<DatabaseFile> defaults = std::move(database.files);
  const auto add = [&](const FileSpec& spec, bool log) {
    DatabaseFile file{static_cast<int>(files.size()) + 1, spec.logical, spec.physical, log, 1};
    file.size_pages = spec.size_kb / 8;
    file.max_pages = spec.max_size_kb < 0 ? -1 : spec.max_size_kb / 8;
    file.create_lsn = database.next_lsn;
    file.guid = instance.NewGuid();
    if (log) {
      file.file_group = 0;
    } else if (!spec.file_group.empty()) {
      if (database.FindFileGroup(spec.file_group) == nullptr) {
        const int id = static_cast<int>(database.file_groups.size()) + 1;
        database.file_groups.push_back({id, spec.file_group, false});
      }
      file.file_group = database.FindFileGroup(spec.file_group)->id;
    }
    files.push_back(std::move(file));
  };
  if (statement.files.empty()) files.push_back(defaults[0]);
  for (const FileSpec& spec : statement.files) add(spec, false);
  if (statement.log_files.empty()) {
    files.push_back(defaults[1]);
    files.back().id = static_cast<int>(files.size());
  }
  for (const FileSpec& spec : statement.log_files) add(spec, true);
  return files;
}

}  // namespace

Executor::OutcomeOr Executor::Execute(const CreateDatabaseStatement& statement) {
  Instance& instance = engine_.instance();
  if (session_.transaction.depth > 0) {
    return SqlError{226, 16,
                    "CREATE DATABASE statement not allowed within multi-statement transaction."};
  }
  const Security security(instance);
  if (!security.HasServer(session_.login, "CREATE ANY DATABASE")) {
    return Denied("CREATE DATABASE", "master");
  }
  if (!statement.snapshot_of.empty()) {
    DBSTOW_TRY(CreateSnapshot(engine_, session_, statement));
    return Outcome{};
  }
  if (instance.Find(statement.name) != nullptr) {
    return SqlError{
        1801, 16,
        "Database '" + statement.name + "' already exists. Choose a different database name.", 3};
  }
  if (!statement.files.empty() && statement.files.front().size_kb < kModelKb) {
    return SqlError{1803, 17,
                    "The CREATE DATABASE statement failed. The primary file must be at least 8 MB "
                    "to accommodate a copy of the model database."};
  }
  if (engine_.InUse(kModel, session_)) {
    sink_.Message({1807, 17,
                   "Could not obtain exclusive lock on database 'model'. Retry the operation "
                   "later."},
                  1);
    return CreateFailed();
  }
  std::vector<std::string> created;
  SqlResult<void> outcome = Work([&]() -> SqlResult<void> {
    Database database =
        MakeDatabase(instance, instance.MutableServer().next_database_id++, statement.name);
    database.owner = session_.login;
    // Express inherits SIMPLE from its model; the others FULL.
    database.recovery_model = instance.databases().at(3).recovery_model;
    if (!statement.collation.empty()) database.collation = statement.collation;
    database.files = FilesOf(instance, statement, database);
    DBSTOW_TRY(CheckNames(database.files));
    DBSTOW_TRY(CheckLicensedSize(instance, database.files));
    for (const DatabaseFile& file : database.files) {
      DBSTOW_TRY(CreateDataFile(file.physical));
      created.push_back(file.physical);
    }
    instance.Add(std::move(database));
    return {};
  });
  if (outcome) return Outcome{};
  for (const std::string& path : created) RemoveDataFile(path);
  const int number = outcome.error().number;
  if (number == 1827 || number == 1828 || number == 1834) return outcome.error();
  sink_.Message(outcome.error(), 1);
  return CreateFailed();
}

SqlResult<void> Executor::DropOne(const std::string& name) {
  Instance& instance = engine_.instance();
  const Database* database = instance.Find(name);
  const SqlError absent{3701, 11,
                        "Cannot drop the database '" + name +
                            "', because it does not exist or you do not have permission."};
  if (database == nullptr) return absent;
  if (database->IsSystem()) {
    return SqlError{3708, 16,
                    "Cannot drop the database '" + name +
                        "' because it is a system "
                        "database."};
  }
  const Security security(instance);
  if (!security.HasServer(session_.login, "ALTER ANY DATABASE") &&
      !security.IsMember(session_.login, *database, "db_owner")) {
    return absent;
  }
  const int id = database->id;
  if (!database->replica_role.empty()) {
    return SqlError{3752, 16,
                    "The database '" + name +
                        "' is currently joined to an availability group. Before you can drop the "
                        "database, you need to remove it from the availability group."};
  }
  if (const Database* snapshot = instance.SnapshotOf(id)) {
    return HasSnapshot("drop", *snapshot);
  }
  if (session_.database == id || engine_.InUse(id, session_)) {
    return SqlError{3702, 16,
                    "Cannot drop database \"" + name + "\" because it is currently in use."};
  }
  const std::vector<DatabaseFile> files = database->files;
  const bool removes_files = database->state != DatabaseState::kOffline;
  DBSTOW_TRY(Work([&]() -> SqlResult<void> {
    DBSTOW_TRY(Journal(instance, id).DropEverything());
    instance.Remove(id);
    return {};
  }));
  for (const DatabaseFile& file : files) {
    if (removes_files) RemoveDataFile(file.physical);
  }
  return {};
}

Executor::OutcomeOr Executor::Execute(const DropDatabaseStatement& statement) {
  if (session_.transaction.depth > 0) {
    return SqlError{226, 16,
                    "DROP DATABASE statement not allowed within multi-statement transaction."};
  }
  for (const std::string& name : statement.names) {
    if (statement.if_exists && engine_.instance().Find(name) == nullptr) continue;
    DBSTOW_TRY(DropOne(name));
  }
  return Outcome{};
}

}  // namespace dbstow::doubles::sqlserver
