#include <algorithm>

#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/executor.h"
#include "doubles/sqlserver/exec/file_groups.h"
#include "doubles/sqlserver/exec/properties.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/exec/snapshot.h"
#include "doubles/sqlserver/media/os_files.h"
#include "doubles/sqlserver/model/journal.h"
#include "doubles/sqlserver/model/new_database.h"

namespace dbstow::doubles::sqlserver {

Executor::OutcomeOr Executor::Execute(const AlterDatabaseStatement& statement) {
  Instance& instance = engine_.instance();
  if (session_.transaction.depth > 0) {
    return SqlError{226, 16,
                    "ALTER DATABASE statement not allowed within multi-statement transaction."};
  }
  if (statement.option == "SUSPEND_FOR_SNAPSHOT_BACKUP" && instance.settings().major < 16) {
    return SqlError{102, 15, "Incorrect syntax near '" + statement.option + "'."};
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
  if (database->IsSnapshot()) {
    outcome = SqlError{5093, 16, "The operation cannot be performed on a database snapshot."};
  } else if (!database->replica_role.empty() && changes_group && statement.value != "FULL") {
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
  } else if (statement.action == AlterDatabaseAction::kModifyFileGroup) {
    outcome = ModifyFileGroup(statement, id);
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
      return SqlError{5035, 16,
                      "Filegroup '" + statement.new_name + "' already exists in this database."};
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

SqlResult<void> Executor::ModifyFileGroup(const AlterDatabaseStatement& statement, int id) {
  Instance& instance = engine_.instance();
  const Database& database = instance.databases().at(id);
  DBSTOW_TRY(CheckOpen(database));
  const FileGroup* group = database.FindFileGroup(statement.new_name);
  if (group == nullptr) {
    return SqlError{5014, 16,
                    "The filegroup '" + statement.new_name + "' does not exist in database '" +
                        database.name + "'."};
  }
  if (statement.option == "NAME" || statement.option == "DEFAULT") {
    return RedefineFileGroup(statement, database, *group);
  }
  if (group->id == 1) {
    return SqlError{5047, 16, "Cannot change the READONLY property of the PRIMARY filegroup."};
  }
  const bool any =
      std::any_of(database.files.begin(), database.files.end(),
                  [&](const DatabaseFile& file) { return file.file_group == group->id; });
  if (!any) {
    return SqlError{5050, 16,
                    "Cannot change the properties of empty filegroup '" + group->name +
                        "'. The filegroup must contain at least one file."};
  }
  if (!database.IsOnline(*group)) {
    return SqlError{5056, 16,
                    "Cannot add, remove, or modify a file in filegroup '" + group->name +
                        "' because the filegroup is not online."};
  }
  const bool read_only = statement.option == "READ_ONLY";
  if (group->read_only == read_only) {
    return SqlError{5045, 16,
                    "The filegroup already has the '" + statement.option + "' property set."};
  }
  if (engine_.InUse(id, session_)) {
    return SqlError{5070, 16,
                    "Database state cannot be changed while other users are using the database '" +
                        database.name + "'."};
  }
  FileGroup changed = *group;
  changed.read_only = read_only;
  DBSTOW_TRY(Logged(id, [&](std::int64_t transaction) {
    return Journal(instance, id).ChangeFileGroup(transaction, changed);
  }));
  sink_.Message({5046, 10, "The filegroup property '" + statement.option + "' has been set."}, 1);
  return {};
}

SqlResult<void> Executor::RedefineFileGroup(const AlterDatabaseStatement& statement,
                                            const Database& database, const FileGroup& group) {
  Instance& instance = engine_.instance();
  FileGroup changed = group;
  if (statement.option == "NAME") {
    if (group.id == 1) {
      return SqlError{5031, 16, "Cannot remove or rename the PRIMARY filegroup."};
    }
    const FileGroup* other = database.FindFileGroup(statement.value);
    if (other != nullptr && other->id != group.id) {
      return SqlError{5035, 16,
                      "Filegroup '" + statement.value + "' already exists in this database."};
    }
    changed.name = statement.value;
    return Logged(database.id, [&](std::int64_t transaction) {
      return Journal(instance, database.id).ChangeFileGroup(transaction, changed);
    });
  }
  DBSTOW_TRY(CheckRoom(database, group.name));
  FileGroup before = *std::find_if(database.file_groups.begin(), database.file_groups.end(),
                                   [](const FileGroup& one) { return one.is_default; });
  before.is_default = false;
  changed.is_default = true;
  return Logged(database.id, [&](std::int64_t transaction) -> SqlResult<void> {
    Journal journal(instance, database.id);
    if (before.id != changed.id) DBSTOW_TRY(journal.ChangeFileGroup(transaction, before));
    return journal.ChangeFileGroup(transaction, changed);
  });
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
  const bool opens = option == "EMERGENCY" && now.state != DatabaseState::kPending;
  if (!opens) DBSTOW_TRY(now.state == DatabaseState::kOffline ? SqlResult<void>() : CheckOpen(now));
  const bool suspends = option == "SUSPEND_FOR_SNAPSHOT_BACKUP";
  const bool exclusive = option == "SINGLE_USER" || option == "OFFLINE" || option == "READ_ONLY" ||
                         option == "READ_WRITE" || option == "RESTRICTED_USER";
  if (suspends && now.IsSystem()) {
    return SqlError{
        3091, 16,
        "Database '" + now.name + "' is not allowed to be suspended for snapshot backup."};
  }
  if (exclusive && now.IsSystem()) {
    return SqlError{5058, 16,
                    "Option '" + option + "' cannot be set in database '" + now.name + "'."};
  }
  if (suspends) return AlterSuspension(statement, id);
  if (exclusive && engine_.InUse(id, session_)) {
    if (now.access == UserAccess::kSingle) {
      return SqlError{5064, 16,
                      "Changes to the state or options of database '" + now.name +
                          "' cannot be made at this time. The database is in single-user mode, and "
                          "a user is currently connected to it."};
    }
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
    if (option == "EMERGENCY") database.state = DatabaseState::kEmergency;
    if (option == "PAGE_VERIFY") database.page_verify = statement.value;
    if (option == "TRUSTWORTHY") database.trustworthy = statement.value == "ON";
    if (option == "DB_CHAINING") database.chaining = statement.value == "ON";
    if (option == "COMPATIBILITY_LEVEL") {
      database.compatibility_level = std::atoi(statement.value.c_str());
    }
    return {};
  });
}

// All of them or none.
Executor::OutcomeOr Executor::Execute(const SuspendServerStatement& statement) {
  Instance& instance = engine_.instance();
  if (instance.settings().major < 16) {
    return SqlError{102, 15, "Incorrect syntax near 'SUSPEND_FOR_SNAPSHOT_BACKUP'."};
  }
  if (!Security(instance).IsSysadmin(session_.login)) return NoPermission();
  std::vector<int> ids;
  for (const std::string& name : statement.group) {
    const Database* database = instance.Find(name);
    if (database == nullptr) return NoDatabase(name);
    if (database->IsSystem() || database->IsSnapshot()) {
      return SqlError{
          3091, 16, "Database '" + name + "' is not allowed to be suspended for snapshot backup."};
    }
    if (std::find(ids.begin(), ids.end(), database->id) != ids.end()) {
      return SqlError{3092, 16,
                      "Database '" + name +
                          "' is specified multiple times in the group snapshot backup statement."};
    }
    ids.push_back(database->id);
  }
  for (const auto& [id, database] : instance.databases()) {
    const bool all = statement.group.empty() && !database.IsSystem() && !database.IsSnapshot();
    if (all && database.state == DatabaseState::kOnline) ids.push_back(id);
  }
  if (ids.empty()) {
    return SqlError{3094, 16,
                    "Server '" + instance.settings().server_name +
                        "' has no user databases to suspend for snapshot backup."};
  }
  const DifferentialBitmap bitmap =
      statement.copy_only ? DifferentialBitmap::kKept : DifferentialBitmap::kCleared;
  Outcome outcome;
  std::vector<int> done;
  for (const int id : ids) {
    SqlResult<std::vector<SqlError>> messages =
        statement.suspends ? Suspend(engine_, session_, id, bitmap) : Resume(engine_, session_, id);
    if (!messages) {
      for (const int back : done) {
        if (statement.suspends) DBSTOW_TRY(Resume(engine_, session_, back));
      }
      return messages.error();
    }
    done.push_back(id);
    outcome.messages.insert(outcome.messages.end(), messages->begin(), messages->end());
  }
  return outcome;
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
