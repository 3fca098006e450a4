#include "doubles/sqlserver/exec/backup_runner.h"
#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/properties.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/value/text.h"

// What a BACKUP must be, before anything is touched.
namespace dbstow::doubles::sqlserver {

SqlResult<void> BackupRunner::CheckOptions(const BackupStatement& statement) const {
  if (options_.Has("FILE_SNAPSHOT")) {
    return SqlError{3073, 16,
                    "The option WITH FILE_SNAPSHOT is only permitted if all database files are in "
                    "Azure Storage."};
  }
  if (metadata_only_ && instance_.settings().major < 16) {
    return NotSupportedHere("BACKUP … WITH METADATA_ONLY");
  }
  if (log_) {
    DBSTOW_TRY(options_.Forbid({"DIFFERENTIAL", "METADATA_ONLY", "SNAPSHOT"}));
  } else {
    DBSTOW_TRY(options_.Forbid({"NORECOVERY", "STANDBY", "NO_TRUNCATE"}));
  }
  if (metadata_only_ && !selections_.empty()) return options_.Forbid({"METADATA_ONLY", "SNAPSHOT"});
  for (const char* other : {"DIFFERENTIAL", "COMPRESSION", "ENCRYPTION"}) {
    DBSTOW_TRY(options_.Exclude({{"METADATA_ONLY", other}, {"SNAPSHOT", other}}));
  }
  DBSTOW_TRY(options_.Exclude({{"NORECOVERY", "STANDBY"},
                               {"COMPRESSION", "NO_COMPRESSION"},
                               {"INIT", "NOINIT"},
                               {"SKIP", "NOSKIP"},
                               {"FORMAT", "NOFORMAT"},
                               {"FORMAT", "NOSKIP"},
                               {"CHECKSUM", "NO_CHECKSUM"},
                               {"STOP_ON_ERROR", "CONTINUE_AFTER_ERROR"},
                               {"EXPIREDATE", "RETAINDAYS"}}));
  if (Utf16Length(options_.Text("NAME")) > 128) {
    return SqlError{3217, 16, "Invalid value specified for NAME parameter."};
  }
  if (Utf16Length(options_.Text("DESCRIPTION")) > 255) {
    return SqlError{3217, 16, "Invalid value specified for DESCRIPTION parameter."};
  }
  DBSTOW_ASSIGN(const TransferLimits limits, LimitsOf(statement.devices, evaluate_));
  return options_.CheckSizes(limits);
}

SqlResult<void> BackupRunner::CheckEdition(const BackupStatement& statement) const {
  const Edition edition = instance_.settings().edition;
  if (edition == Edition::kExpress && (options_.Has("COMPRESSION") || options_.Has("ENCRYPTION"))) {
    return SqlError{1844, 16,
                    "BACKUP DATABASE WITH COMPRESSION or ENCRYPTION is not supported on " +
                        instance_.EditionName() + "."};
  }
  if (statement.mirrors.empty()) return {};
  if (edition != Edition::kEnterprise) {
    return SqlError{3218, 16, "Backup mirroring is not available in this edition of SQL Server."};
  }
  if (statement.mirrors.size() > 3) {
    return SqlError{3214, 16, "Too many backup mirrors are specified. Only 3 are allowed."};
  }
  for (const std::vector<DeviceSpec>& mirror : statement.mirrors) {
    if (mirror.size() != statement.devices.size()) {
      return SqlError{3010, 16,
                      "Invalid backup mirror specification. All mirrors must have the same number "
                      "of members."};
    }
  }
  if (!options_.Has("FORMAT")) {
    return SqlError{3215, 16, "Use WITH FORMAT to create a new mirrored backup set."};
  }
  return {};
}

SqlResult<void> BackupRunner::CheckLog(const Database& database) const {
  if (database.id == 1) {
    return SqlError{4212, 16, "Cannot back up the log of the master database."};
  }
  if (database.recovery_model == RecoveryModel::kSimple) {
    return SqlError{4208, 16,
                    "The statement BACKUP LOG is not allowed while the recovery model is SIMPLE. "
                    "Use BACKUP DATABASE or change the recovery model using ALTER DATABASE."};
  }
  if (database.last_log_backup.IsNone()) {
    return SqlError{4214, 16,
                    "BACKUP LOG cannot be performed because there is no current database backup."};
  }
  if (tail_ && context_.session.database == database.id) {
    return SqlError{3102, 16,
                    "BACKUP LOG cannot process database '" + database.name +
                        "' because it is in use by this session. It is recommended that the master "
                        "database be used when performing this operation."};
  }
  if (tail_ && context_.engine.InUse(database.id, context_.session)) {
    return SqlError{3101, 16,
                    "Exclusive access could not be obtained because the database is in use."};
  }
  return {};
}

SqlResult<void> BackupRunner::CheckDatabase() {
  if (context_.session.transaction.depth > 0) {
    return SqlError{3021, 16, "Cannot perform a backup or restore operation within a transaction."};
  }
  const Database* found = instance_.Find(set_.database);
  if (found == nullptr) return NoDatabase(set_.database);
  id_ = found->id;
  const Database& database = *found;
  const Security security(instance_);
  if (!security.HasDatabase(context_.session.login, database, name_)) {
    return Denied(name_, database.name);
  }
  if (database.IsSnapshot()) return NoBackupOfSnapshots();
  if (database.id == 2) {
    return SqlError{3147, 16, "Backup and restore operations are not allowed on database tempdb."};
  }
  // The log of a database whose data are lost can still be read.
  const bool reads_log_alone = options_.Has("NO_TRUNCATE") ||
                               (options_.Has("NORECOVERY") && options_.Has("CONTINUE_AFTER_ERROR"));
  if (!database.IsDamaged() || !reads_log_alone) DBSTOW_TRY(CheckOpen(database));
  if (database.state == DatabaseState::kEmergency) {
    return SqlError{3033, 16,
                    "BACKUP DATABASE cannot be used on a database opened in emergency mode."};
  }
  if (database.standby) {
    return SqlError{3036, 16,
                    "The database \"" + database.name +
                        "\" is in warm-standby state (set by executing RESTORE WITH STANDBY) and "
                        "cannot be backed up until the entire restore sequence is completed."};
  }
  if (context_.engine.running_backups.contains({id_, log_})) {
    return SqlError{3023, 16,
                    "Backup, file manipulation operations (such as ALTER DATABASE ADD FILE) and "
                    "encryption changes on a database must be serialized."};
  }
  if (metadata_only_ != instance_.suspended.contains(id_)) {
    const std::string name = "Database '" + database.name;
    return metadata_only_ ? SqlError{3082, 16, name + "' is not suspended for snapshot backup."}
                          : SqlError{3090, 16, name + "' snapshot backup in progress."};
  }
  if (database.replica_role == "SECONDARY") {
    if (!database.synchronizing) {
      return SqlError{3062, 16,
                      "Cannot backup from a HADRON secondary because it is not in Synchronizing or "
                      "Synchronized state."};
    }
    const bool possible = log_ ? !copy_only_ && !tail_ : copy_only_;
    if (!possible) {
      return SqlError{3059, 16,
                      "This BACKUP or RESTORE command is not supported on a database mirror or "
                      "secondary replica."};
    }
  }
  if (log_) return CheckLog(database);
  if ((differential_ || !selections_.empty()) && database.id == 1) {
    return SqlError{
        3024, 16,
        "You can only perform a full backup of the master database. Use BACKUP DATABASE "
        "to back up the entire master database."};
  }
  return ChooseFiles(database);
}

}  // namespace dbstow::doubles::sqlserver
