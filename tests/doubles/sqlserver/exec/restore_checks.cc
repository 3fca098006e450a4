#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/restore_runner.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/value/convert.h"
#include "doubles/sqlserver/value/text.h"

// What a RESTORE must be, before anything is touched.
namespace dbstow::doubles::sqlserver {

SqlResult<void> RestoreRunner::ReadStop(const RestoreStatement& statement) {
  for (const char* pair : {"STOPATMARK", "STOPBEFOREMARK"}) {
    DBSTOW_TRY(options_.Exclude({{"STOPAT", pair}}));
    const GivenOption* given = options_.Find(pair);
    if (given == nullptr) continue;
    const std::string mark = options_.Text(pair);
    stop_.inclusive = std::string_view(pair) == "STOPATMARK";
    if (mark.starts_with("lsn:")) {
      stop_.kind = StopPoint::Kind::kLsn;
      const std::string text = mark.substr(4);
      const std::optional<Lsn> lsn =
          text.find(':') == std::string::npos ? Lsn::FromDecimal(text) : Lsn::FromHex(text);
      if (!lsn) return SqlError{4334, 16, "The named mark does not identify a valid LSN."};
      stop_.lsn = *lsn;
      continue;
    }
    if (statement.verb != RestoreVerb::kLog) {
      return SqlError{4340, 16,
                      "The point-in-time clause of this RESTORE statement is restricted for use by "
                      "RESTORE LOG statements only."};
    }
    stop_.kind = StopPoint::Kind::kMark;
    stop_.mark = mark;
    if (!IsNull(given->second.value)) {
      stop_.time = ParseDateTime(ToText(given->second.value, given->second.type)).value_or(0);
    }
  }
  if (!options_.Has("STOPAT")) return {};
  const std::optional<Milliseconds> time = ParseDateTime(options_.Text("STOPAT"));
  if (!time) return SqlError{3217, 16, "Invalid value specified for STOPAT parameter."};
  stop_.kind = StopPoint::Kind::kTime;
  stop_.time = *time;
  return {};
}

SqlResult<void> RestoreRunner::CheckOptions(const RestoreStatement& statement) {
  DBSTOW_TRY(options_.Exclude({{"RECOVERY", "NORECOVERY"},
                               {"RECOVERY", "STANDBY"},
                               {"NORECOVERY", "STANDBY"},
                               {"STOPATMARK", "STOPBEFOREMARK"},
                               {"CHECKSUM", "NO_CHECKSUM"},
                               {"STOP_ON_ERROR", "CONTINUE_AFTER_ERROR"}}));
  for (const char* option : {"PARTIAL", "RESTART", "PASSWORD", "MEDIAPASSWORD", "DBNAME"}) {
    if (options_.Has(option)) return NotSupportedHere(std::string("RESTORE … WITH ") + option);
  }
  if (statement.verb == RestoreVerb::kLog) {
    DBSTOW_TRY(options_.Forbid({"REPLACE"}));
    if (statement.devices.empty()) {
      return SqlError{3207, 16, "Backup or restore requires at least one backup device."};
    }
  }
  DBSTOW_ASSIGN(const TransferLimits limits, LimitsOf(statement.devices, evaluate_));
  DBSTOW_TRY(options_.CheckSizes(limits));
  return ReadStop(statement);
}

SqlResult<void> RestoreRunner::CheckSession(const RestoreStatement&) {
  const Database* database = instance_.Find(name_);
  const std::string& login = context_.session.login;
  const Security security(instance_);
  if (database == nullptr) {
    if (security.HasServer(login, "CREATE ANY DATABASE")) return {};
    return Denied("CREATE DATABASE", "master");
  }
  const bool owner = SameName(database->owner, login);
  if (!security.HasServer(login, "RESTORE") && !owner) {
    return SqlError{3110, 14, "User does not have permission to RESTORE database '" + name_ + "'."};
  }
  if (database->id == 1) {
    return SqlError{3108, 16,
                    "To restore the master database, the server must be running in single-user "
                    "mode."};
  }
  if (database->id == 2) {
    return SqlError{3147, 16, "Backup and restore operations are not allowed on database tempdb."};
  }
  if (database->IsSystem()) return NotSupportedHere("RESTORE of a system database");
  if (!database->replica_role.empty()) {
    return SqlError{3104, 16,
                    "RESTORE cannot operate on database '" + name_ +
                        "' because it is configured for database mirroring or has joined an "
                        "availability group."};
  }
  if (context_.session.database == database->id) {
    return SqlError{3102, 16,
                    "RESTORE cannot process database '" + name_ +
                        "' because it is in use by this session. It is recommended that the master "
                        "database be used when performing this operation."};
  }
  if (context_.engine.InUse(database->id, context_.session)) {
    return SqlError{3101, 16,
                    "Exclusive access could not be obtained because the database is in use."};
  }
  return {};
}

SqlResult<void> RestoreRunner::CheckSet(const RestoreStatement& statement, const ReadMedia& media,
                                        std::size_t index) {
  const MediaEntry& entry = media.families.front().entries[index];
  set_ = entry.set;
  const std::string& device = media.names.front();
  if (entry.fault == MediaFault::kIncomplete) {
    return SqlError{3256, 16,
                    "The backup set on device '" + device +
                        "' was terminated while it was being created and is incomplete. RESTORE "
                        "sequence is terminated abnormally."};
  }
  const int major = instance_.settings().major;
  if (set_.version_major > major) {
    return SqlError{
        3169, 16,
        "The database was backed up on a server running version " +
            std::to_string(set_.version_major) + ".00." + std::to_string(set_.version_build) +
            ". That version is incompatible with this server, which is running version " +
            instance_.Version() + "."};
  }
  if (set_.version_major < major && options_.Has("STANDBY")) {
    return SqlError{3180, 16,
                    "This backup cannot be restored using WITH STANDBY because a database upgrade "
                    "is needed."};
  }
  const bool metadata_only = options_.Has("METADATA_ONLY") || options_.Has("SNAPSHOT");
  if (metadata_only != set_.metadata_only) {
    return SqlError{3135, 16,
                    "The backup set in file '" + device + "' was " +
                        (metadata_only ? "not created" : "created") +
                        " WITH METADATA_ONLY and cannot be used for this restore operation."};
  }
  const bool is_log = set_.type == BackupType::kLog;
  if (is_log != (statement.verb == RestoreVerb::kLog)) {
    return SqlError{3135, 16,
                    "The backup set in file '" + device + "' was created by BACKUP " +
                        (is_log ? "LOG" : "DATABASE") +
                        " and cannot be used for this restore operation."};
  }
  if (options_.Has("CHECKSUM") && !set_.checksums) {
    return SqlError{3187, 16,
                    "RESTORE WITH CHECKSUM cannot be specified because the backup set does not "
                    "contain checksum information."};
  }
  return {};
}

SqlResult<void> RestoreRunner::CheckOverwrite(const Database& existing) {
  if (options_.Has("REPLACE")) return {};
  if (existing.family_guid != set_.family_guid) {
    return SqlError{3154, 16,
                    "The backup set holds a backup of a database other than the existing '" +
                        existing.name + "' database."};
  }
  if (!SameName(existing.name, set_.database)) {
    return SqlError{
        3141, 16,
        "The database to be restored was named '" + set_.database +
            "'. Reissue the statement using the WITH REPLACE option to overwrite the '" +
            existing.name + "' database."};
  }
  const bool open = existing.state == DatabaseState::kOnline && !existing.standby;
  const bool has_tail = (open || existing.state == DatabaseState::kPending) &&
                        existing.recovery_model != RecoveryModel::kSimple;
  if (!has_tail) return {};
  if (stop_.kind == StopPoint::Kind::kNone) {
    return SqlError{
        3159, 16,
        "The tail of the log for the database \"" + existing.name +
            "\" has not been backed up. Use BACKUP LOG WITH NORECOVERY to backup the "
            "log if it contains work you do not want to lose. Use the WITH REPLACE or "
            "WITH STOPAT clause of the RESTORE statement to just overwrite the contents "
            "of the log."};
  }
  if (stop_.kind == StopPoint::Kind::kTime && stop_.time > existing.last_log_backup_time) {
    return SqlError{
        3173, 16,
        "The STOPAT clause provided with this RESTORE statement indicates that the tail "
        "of the log contains changes that must be backed up to reach the target point "
        "in time."};
  }
  return {};
}

SqlResult<void> RestoreRunner::CheckRollForward(const Database* existing) {
  if (existing == nullptr) {
    return SqlError{3118, 16,
                    "The database \"" + name_ +
                        "\" does not exist. RESTORE can only create a database when restoring "
                        "either a full backup or a file backup of the primary file."};
  }
  if (existing->state != DatabaseState::kRestoring && !existing->standby) {
    return SqlError{3117, 16,
                    "The log or differential backup cannot be restored because no files are ready "
                    "to rollforward."};
  }
  if (existing->redo_lsn.IsNone()) {
    return SqlError{4319, 16,
                    "A previous restore operation was interrupted and did not complete processing "
                    "on file '" +
                        existing->files.front().logical + "'."};
  }
  if (existing->family_guid != set_.family_guid) {
    return SqlError{3154, 16,
                    "The backup set holds a backup of a database other than the existing '" +
                        existing->name + "' database."};
  }
  const Lsn& at = existing->redo_lsn;
  if (set_.type == BackupType::kDifferential) {
    if (set_.base.guid != existing->restored_full_guid) {
      return SqlError{3136, 16,
                      "This differential backup cannot be restored because the database has not "
                      "been restored to the correct earlier state."};
    }
    if (set_.last_lsn < at) {
      return SqlError{3120, 16,
                      "This backup set will not be restored because all data has already been "
                      "restored to a point beyond the time covered by this backup set."};
    }
    if (!OnPath(set_.forks, at, existing->fork())) {
      return SqlError{3121, 16,
                      "The file \"" + existing->files.front().logical +
                          "\" is on a recovery path that is inconsistent with application of this "
                          "backup set. RESTORE cannot continue."};
    }
    return {};
  }
  if (set_.first_lsn > at) {
    return SqlError{
        4305, 16,
        "The log in this backup set begins at LSN " + set_.first_lsn.ToDecimal() +
            ", which is too recent to apply to the database. An earlier log backup that "
            "includes LSN " +
            at.ToDecimal() + " can be restored."};
  }
  if (set_.last_lsn < at) {
    return SqlError{4326, 16,
                    "The log in this backup set terminates at LSN " + set_.last_lsn.ToDecimal() +
                        ", which is too early to apply to the database. A more recent log backup "
                        "that includes LSN " +
                        at.ToDecimal() + " can be restored."};
  }
  if (!OnPath(set_.forks, at, existing->fork())) {
    return SqlError{4330, 16,
                    "This backup set cannot be applied because it is on a recovery path that is "
                    "inconsistent with the database."};
  }
  if (set_.has_bulk_changes && stop_.kind != StopPoint::Kind::kNone) {
    return SqlError{4341, 16,
                    "This log backup contains bulk-logged changes. It cannot be used to stop at an "
                    "arbitrary point in time."};
  }
  const bool past = (stop_.kind == StopPoint::Kind::kTime && stop_.time < existing->redo_time) ||
                    (stop_.kind == StopPoint::Kind::kLsn && stop_.lsn < at);
  if (past) {
    return SqlError{
        4335, 16,
        "The specified STOPAT time is too early. All or part of the database is already "
        "rolled forward beyond that point."};
  }
  return {};
}

}  // namespace dbstow::doubles::sqlserver
