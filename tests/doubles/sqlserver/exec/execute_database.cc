#include <algorithm>

#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/executor.h"
#include "doubles/sqlserver/exec/properties.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/exec/snapshot.h"
#include "doubles/sqlserver/media/os_files.h"
#include "doubles/sqlserver/model/journal.h"
#include "doubles/sqlserver/model/new_database.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

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

SqlResult<void> CheckNames(const std::vector<DatabaseFile>& files) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (SameName(files[i].logical, files[j].logical)) {
        return SqlError{1828, 16,
                        "The logical file name \"" + files[i].logical +
                            "\" is already in use. Choose a different name."};
      }
      if (files[i].physical == files[j].physical) {
        return SqlError{1834, 16,
                        "The file '" + files[i].physical +
                            "' cannot be overwritten. It is being used by another file."};
      }
    }
  }
  return {};
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
  if (instance.Find(statement.name) != nullptr) {
    return SqlError{
        1801, 16,
        "Database '" + statement.name + "' already exists. Choose a different database name.", 3};
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
  return SqlError{1802, 16,
                  "CREATE DATABASE failed. Some file names listed could not be created. Check "
                  "related errors."};
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

Executor::OutcomeOr Executor::Execute(const AlterDatabaseStatement& statement) {
  Instance& instance = engine_.instance();
  if (session_.transaction.depth > 0) {
    return SqlError{226, 16,
                    "ALTER DATABASE statement not allowed within multi-statement transaction."};
  }
  const Database* database = statement.name.empty() ? &instance.databases().at(session_.database)
                                                    : instance.Find(statement.name);
  const Security security(instance);
  const bool allowed =
      database != nullptr && (security.HasServer(session_.login, "ALTER ANY DATABASE") ||
                              security.IsMember(session_.login, *database, "db_owner"));
  if (!allowed) {
    return SqlError{5011, 14,
                    "User does not have permission to alter database '" + statement.name +
                        "', the database does not exist, or the database is not in a state that "
                        "allows access checks."};
  }
  const int id = database->id;
  const bool changes_group = statement.action == AlterDatabaseAction::kRename ||
                             statement.option == "RECOVERY" || statement.option == "OFFLINE" ||
                             statement.option == "READ_ONLY" || statement.option == "SINGLE_USER";
  SqlResult<void> outcome;
  if (!database->replica_role.empty() && changes_group && statement.value != "FULL") {
    outcome = SqlError{1468, 16,
                       "The operation cannot be performed on database \"" + database->name +
                           "\" because it is involved in a database mirroring session or an "
                           "availability group."};
  } else if (statement.action == AlterDatabaseAction::kSet) {
    outcome = AlterOption(statement, id);
  } else if (statement.action == AlterDatabaseAction::kRename) {
    if (instance.Find(statement.new_name) != nullptr) {
      return SqlError{1801, 16, "Database '" + statement.new_name + "' already exists."};
    }
    if (engine_.InUse(id, session_)) {
      return SqlError{5030, 16,
                      "The database could not be exclusively locked to perform the operation."};
    }
    outcome = Work([&]() -> SqlResult<void> {
      instance.Mutable(id).name = statement.new_name;
      return {};
    });
  } else {
    outcome = AddFiles(statement, id);
  }
  if (outcome) return Outcome{};
  if (outcome.error().number == kBlocked) return outcome.error();
  sink_.Message(outcome.error(), 1);
  return SqlError{5069, 16, "ALTER DATABASE statement failed."};
}

SqlResult<void> Executor::AddFiles(const AlterDatabaseStatement& statement, int id) {
  Instance& instance = engine_.instance();
  const Database& database = instance.databases().at(id);
  if (engine_.running_backups.contains({id, false})) {
    return SqlError{3023, 16,
                    "Backup, file manipulation operations (such as ALTER DATABASE ADD FILE) and "
                    "encryption changes on a database must be serialized."};
  }
  if (statement.action == AlterDatabaseAction::kRemoveFile) {
    return NotSupportedHere("ALTER DATABASE … REMOVE FILE");
  }
  if (statement.action == AlterDatabaseAction::kAddFileGroup) {
    if (database.FindFileGroup(statement.new_name) != nullptr) {
      return SqlError{1536, 16, "The file group exists already."};
    }
    const int group = static_cast<int>(database.file_groups.size()) + 1;
    return Logged(id, [&](std::int64_t transaction) {
      return Journal(instance, id).AddFile(transaction, {}, {group, statement.new_name, false});
    });
  }
  for (const FileSpec& spec : statement.files) {
    const FileGroup* group =
        database.FindFileGroup(spec.file_group.empty() ? "PRIMARY" : spec.file_group);
    if (group == nullptr) {
      return SqlError{1921, 16, "Invalid filegroup '" + spec.file_group + "' specified."};
    }
    DatabaseFile file{static_cast<int>(database.files.size()) + 1, spec.logical, spec.physical,
                      statement.log_file, statement.log_file ? 0 : group->id};
    file.size_pages = spec.size_kb / 8;
    file.create_lsn = database.next_lsn;
    file.guid = instance.NewGuid();
    std::vector<DatabaseFile> all = database.files;
    all.push_back(file);
    DBSTOW_TRY(CheckNames(all));
    DBSTOW_TRY(CheckLicensedSize(instance, all));
    DBSTOW_TRY(CreateDataFile(file.physical));
    const FileGroup copy = *group;
    DBSTOW_TRY(Logged(id, [&](std::int64_t transaction) {
      return Journal(instance, id).AddFile(transaction, file, copy);
    }));
  }
  return {};
}

SqlResult<void> Executor::AlterOption(const AlterDatabaseStatement& statement, int id) {
  Instance& instance = engine_.instance();
  const std::string& option = statement.option;
  const Database& now = instance.databases().at(id);
  if (now.state == DatabaseState::kRestoring) {
    return SqlError{5052, 16,
                    "ALTER DATABASE is not permitted while a database is in the "
                    "Restoring state."};
  }
  if (now.state == DatabaseState::kPending) return CheckOpen(now);
  const bool suspends = option == "SUSPEND_FOR_SNAPSHOT_BACKUP";
  if (suspends && instance.settings().major < 16) {
    return SqlError{102, 15, "Incorrect syntax near '" + option + "'."};
  }
  const bool exclusive = option == "SINGLE_USER" || option == "OFFLINE" || option == "READ_ONLY" ||
                         option == "READ_WRITE" || option == "RESTRICTED_USER";
  if ((exclusive || suspends) && now.IsSystem()) {
    return SqlError{5058, 16,
                    "Option '" + option + "' cannot be set in database '" + now.name + "'."};
  }
  if (suspends) return AlterSuspension(statement, id);
  if (exclusive && engine_.InUse(id, session_)) {
    if (!statement.rollback_immediate) {
      return statement.no_wait
                 ? SqlError{5070, 16,
                            "Database state cannot be changed while other users are "
                            "using the database '" +
                                now.name + "'."}
                 : SqlError{5061, 16,
                            "ALTER DATABASE failed because a lock could not be placed on "
                            "database '" +
                                now.name + "'. Try again later."};
    }
    DBSTOW_TRY(engine_.KillUsersOf(id, session_));
  }
  return Work([&]() -> SqlResult<void> {
    Database& database = instance.Mutable(id);
    if (option == "RECOVERY") {
      if (statement.value != "FULL" && statement.value != "SIMPLE" &&
          statement.value != "BULK_LOGGED") {
        return SqlError{102, 15, "Incorrect syntax near '" + statement.value + "'."};
      }
      database.recovery_model = statement.value == "SIMPLE" ? RecoveryModel::kSimple
                                : statement.value == "FULL" ? RecoveryModel::kFull
                                                            : RecoveryModel::kBulkLogged;
      if (database.recovery_model == RecoveryModel::kSimple) database.last_log_backup = {};
      return Journal(instance, id).TruncateIfSimple();
    }
    if (option == "SINGLE_USER") database.access = UserAccess::kSingle;
    if (option == "RESTRICTED_USER") database.access = UserAccess::kRestricted;
    if (option == "MULTI_USER") database.access = UserAccess::kMulti;
    if (option == "READ_ONLY") database.read_only = true;
    if (option == "READ_WRITE") database.read_only = false;
    if (option == "OFFLINE") database.state = DatabaseState::kOffline;
    if (option == "ONLINE") database.state = DatabaseState::kOnline;
    if (option == "PAGE_VERIFY") database.page_verify = statement.value;
    if (option == "TRUSTWORTHY") database.trustworthy = statement.value == "ON";
    if (option == "DB_CHAINING") database.chaining = statement.value == "ON";
    if (option == "COMPATIBILITY_LEVEL") {
      database.compatibility_level = std::atoi(statement.value.c_str());
    }
    return {};
  });
}

SqlResult<void> Executor::AlterSuspension(const AlterDatabaseStatement& statement, int id) {
  const bool copy_only = statement.value.ends_with("COPY_ONLY");
  DBSTOW_ASSIGN(const std::vector<SqlError> messages,
                statement.value == "OFF" ? Resume(engine_, session_, id)
                                         : Suspend(engine_, session_, id,
                                                   copy_only ? DifferentialBitmap::kKept
                                                             : DifferentialBitmap::kCleared));
  for (const SqlError& message : messages) sink_.Message(message, 1);
  return {};
}

}  // namespace dbstow::doubles::sqlserver
