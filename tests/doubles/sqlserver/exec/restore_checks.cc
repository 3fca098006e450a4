#include <algorithm>

#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/restore_runner.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/value/convert.h"
#include "doubles/sqlserver/value/text.h"

// What a RESTORE must be, before anything is touched.
namespace dbstow::doubles::sqlserver {
namespace {

SqlError InUse() {
  return {3101, 16, "Exclusive access could not be obtained because the database is in use."};
}

SqlError OtherDatabase(const Database& existing) {
  return {3154, 16,
          "The backup set holds a backup of a database other than the existing '" + existing.name +
              "' database."};
}

SqlError Interrupted(const Database& existing) {
  return {4319, 16,
          "A previous restore operation was interrupted and did not complete processing on file '" +
              existing.primary().logical + "'."};
}

SqlError OtherPath() {
  return {4330, 16,
          "This backup set cannot be applied because it is on a recovery path that is inconsistent "
          "with the database."};
}

SqlError NoSystemDatabases() { return NotSupportedHere("RESTORE of a system database"); }

SqlError TailNotSaved(const Database& existing) {
  return {3159, 16,
          "The tail of the log for the database \"" + existing.name +
              "\" has not been backed up. Use BACKUP LOG WITH NORECOVERY to backup the log if it "
              "contains work you do not want to lose. Use the WITH REPLACE or WITH STOPAT clause "
              "of the RESTORE statement to just overwrite the contents of the log."};
}

}  // namespace

SqlResult<void> RestoreRunner::CheckOptions(const RestoreStatement& statement) {
  DBSTOW_TRY(options_.Exclude({{"RECOVERY", "NORECOVERY"},
                               {"RECOVERY", "STANDBY"},
                               {"NORECOVERY", "STANDBY"},
                               {"STOPATMARK", "STOPBEFOREMARK"},
                               {"CHECKSUM", "NO_CHECKSUM"},
                               {"STOP_ON_ERROR", "CONTINUE_AFTER_ERROR"},
                               {"KEEP_REPLICATION", "NORECOVERY"},
                               {"KEEP_CDC", "NORECOVERY"},
                               {"ENABLE_BROKER", "NEW_BROKER"},
                               {"ENABLE_BROKER", "ERROR_BROKER_CONVERSATIONS"},
                               {"NEW_BROKER", "ERROR_BROKER_CONVERSATIONS"}}));
  if (statement.verb == RestoreVerb::kLog) {
    DBSTOW_TRY(options_.Forbid({"REPLACE", "PARTIAL"}));
    if (statement.devices.empty() && !statement.snapshot) {
      return SqlError{3207, 16, "Backup or restore requires at least one backup device."};
    }
  }
  DBSTOW_ASSIGN(const TransferLimits limits, LimitsOf(statement.devices, evaluate_));
  DBSTOW_TRY(options_.CheckSizes(limits));
  return ReadStop(statement);
}

SqlResult<void> RestoreRunner::CheckSession(const RestoreStatement& statement) {
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
  if (database->IsSnapshot()) return NoBackupOfSnapshots();
  if (database->id == 1 && !statement.snapshot) {
    return SqlError{3108, 16,
                    "To restore the master database, the server must be running in single-user "
                    "mode."};
  }
  if (database->id == 2) {
    return SqlError{3147, 16, "Backup and restore operations are not allowed on database tempdb."};
  }
  if (database->IsSystem() && statement.devices.empty() && !statement.snapshot) {
    return NoSystemDatabases();
  }
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
  const Database* snapshot = instance_.SnapshotOf(database->id);
  if (snapshot != nullptr && !statement.snapshot) return HasSnapshot("restore", *snapshot);
  if (!CanBeOnline(statement) && context_.engine.InUse(database->id, context_.session)) {
    return InUse();
  }
  return {};
}

// Files of a database that goes on meanwhile.
bool RestoreRunner::CanBeOnline(const RestoreStatement& statement) const {
  const Database& database = *instance_.Find(name_);
  if (database.state != DatabaseState::kOnline || database.standby) return false;
  if (database.RestoresAnything()) return true;
  if (selections_.empty() || options_.Has("PARTIAL")) return false;
  return statement.devices.empty() || instance_.settings().edition == Edition::kEnterprise;
}

SqlResult<void> RestoreRunner::CheckSet(const RestoreStatement& statement, const ReadMedia& media,
                                        std::size_t index) {
  const MediaEntry& entry = media.families.front().entries[index];
  DBSTOW_ASSIGN(set_, MemberOf(entry.set));
  const std::string& device = media.names.front();
  if (entry.fault == MediaFault::kIncomplete) {
    return SqlError{3256, 16,
                    "The backup set on device '" + device +
                        "' was terminated while it was being created and is incomplete. RESTORE "
                        "sequence is terminated abnormally."};
  }
  const int major = instance_.settings().major;
  const Database* existing = instance_.Find(name_);
  if (existing != nullptr && existing->IsSystem()) {
    if (set_.version_major == major && set_.version_build == instance_.Build()) {
      return NoSystemDatabases();
    }
    return SqlError{3168, 16,
                    "The backup of the system database on the device " + device +
                        " cannot be restored because it was created by a different version of the "
                        "server (" +
                        std::to_string(set_.version_major) + ".00." +
                        std::to_string(set_.version_build) + ") than this server (" +
                        instance_.Version() + ")."};
  }
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
  if (context_.engine.InUse(existing.id, context_.session)) return InUse();
  if (options_.Has("REPLACE")) return {};
  if (existing.family_guid != set_.family_guid) return OtherDatabase(existing);
  if (!SameName(existing.name, set_.database)) {
    return SqlError{
        3141, 16,
        "The database to be restored was named '" + set_.database +
            "'. Reissue the statement using the WITH REPLACE option to overwrite the '" +
            existing.name + "' database."};
  }
  const bool has_tail = existing.state != DatabaseState::kRestoring &&
                        existing.state != DatabaseState::kOffline && !existing.standby &&
                        existing.recovery_model != RecoveryModel::kSimple;
  if (!has_tail) return {};
  if (stop_.kind == StopPoint::Kind::kNone) return TailNotSaved(existing);
  if (stop_.kind == StopPoint::Kind::kTime && stop_.time > existing.last_log_backup_time) {
    return SqlError{
        3173, 16,
        "The STOPAT clause provided with this RESTORE statement indicates that the tail "
        "of the log contains changes that must be backed up to reach the target point "
        "in time."};
  }
  return {};
}

SqlResult<void> RestoreRunner::CheckFileRestore(const Database& existing) {
  if (existing.family_guid != set_.family_guid) return OtherDatabase(existing);
  const bool primary = chosen_.contains(existing.primary().id);
  if (existing.state == DatabaseState::kRestoring || existing.standby) {
    if (!primary && existing.primary().redo.lsn.IsNone()) return Interrupted(existing);
    return {};
  }
  online_ = existing.state == DatabaseState::kOnline && !primary &&
            instance_.settings().edition == Edition::kEnterprise;
  if (existing.recovery_model == RecoveryModel::kSimple) {
    for (const int id : chosen_) {
      const DatabaseFile* file = existing.FindFile(id);
      if (file != nullptr && existing.FindFileGroup(file->file_group)->read_only) continue;
      return SqlError{3115, 16,
                      "The database is using the simple recovery model. It is not possible to "
                      "restore a subset of the read-write data."};
    }
  } else if (!online_) {
    return TailNotSaved(existing);
  }
  if (!online_) return {};
  if (options_.Has("STANDBY")) {
    return SqlError{4302, 16,
                    "The option \"STANDBY\" conflicts with online restore. Remove the conflicting "
                    "option and reissue the command."};
  }
  if (!OnPath(existing.forks, set_.last_lsn, set_.last_fork())) {
    return SqlError{3116, 16,
                    "The supplied backup is not on the same recovery path as the database, and is "
                    "ineligible for use for an online file restore."};
  }
  for (const auto& [table_id, table] : existing.tables) {
    const bool changing =
        chosen_.contains(existing.FileOf(table)) &&
        context_.engine.locks.HolderBeside(context_.session.id, {existing.id, table_id});
    if (changing) return InUse();
  }
  return {};
}

SqlResult<void> RestoreRunner::CheckRollForward(const Database* existing) {
  if (existing == nullptr) return NoSuchDatabase(name_);
  if (existing->state == DatabaseState::kSuspect) {
    return SqlError{3185, 16,
                    "RESTORE cannot apply this backup set because the database is suspect. Restore "
                    "a backup set that repairs the damage."};
  }
  if (!existing->RestoresAnything()) {
    return SqlError{3117, 16,
                    "The log or differential backup cannot be restored because no files are ready "
                    "to rollforward."};
  }
  online_ = existing->state == DatabaseState::kOnline && !existing->standby;
  if (!online_ && existing->primary().redo.lsn.IsNone()) return Interrupted(*existing);
  if (existing->family_guid != set_.family_guid) return OtherDatabase(*existing);
  return set_.type == BackupType::kLog ? CheckLog(*existing) : CheckDifferential(*existing);
}

// It is for the files that are being restored, of those that it has, or for pages alone.
SqlResult<void> RestoreRunner::CheckDifferential(const Database& existing) {
  for (const RestoringPage& page : existing.pages) {
    for (const BackupFile& entry : set_.files) {
      const bool fits = entry.file.id == page.id.file && entry.present &&
                        entry.file.base.guid == page.restored_guid &&
                        set_.last_lsn >= page.redo.lsn;
      if (fits) pages_.push_back(page.id);
    }
  }
  if (!pages_.empty()) {
    std::erase_if(chosen_, [&](int id) {
      const DatabaseFile* file = existing.FindFile(id);
      return file != nullptr && file->restored_guid.empty();
    });
  }
  const bool whole = set_.type == BackupType::kDifferential;
  for (const BackupFile& entry : set_.files) {
    const DatabaseFile* file = existing.FindFile(entry.file.id);
    if (!chosen_.contains(entry.file.id) || file == nullptr) continue;
    if (!existing.Restores(*file)) {
      chosen_.erase(entry.file.id);
      continue;
    }
    if (entry.file.base.guid != file->restored_guid) {
      return whole ? SqlError{3136, 16,
                              "This differential backup cannot be restored because the database "
                              "has not been restored to the correct earlier state."}
                   : SqlError{3178, 16,
                              "File " + file->logical +
                                  " is not in the correct state to have this differential backup "
                                  "applied to it."};
    }
    if (set_.last_lsn < file->redo.lsn) {
      return SqlError{3120, 16,
                      "This backup set will not be restored because all data has already been "
                      "restored to a point beyond the time covered by this backup set."};
    }
    if (!OnPath(set_.forks, file->redo.lsn, file->redo.fork)) {
      return SqlError{3121, 16,
                      "The file \"" + file->logical +
                          "\" is on a recovery path that is inconsistent with application of this "
                          "backup set. RESTORE cannot continue."};
    }
  }
  return {};
}

SqlResult<void> RestoreRunner::CheckLog(const Database& existing) const {
  for (const DatabaseFile& file : existing.files) {
    if (!existing.Restores(file) || !file.redo.lsn.IsNone()) continue;
    return SqlError{4320, 16,
                    "The file \"" + file.logical +
                        "\" was not fully restored by a database or file restore. The entire file "
                        "must be successfully restored before applying this backup set."};
  }
  const Position at = existing.RollForwardStart();
  if (set_.first_lsn > at.lsn && set_.begins_chain) {
    return SqlError{4312, 16,
                    "This log cannot be restored because a gap in the log chain was created. Use "
                    "more recent data backups to bridge the gap."};
  }
  if (set_.first_lsn > at.lsn) {
    return SqlError{
        4305, 16,
        "The log in this backup set begins at LSN " + set_.first_lsn.ToDecimal() +
            ", which is too recent to apply to the database. An earlier log backup that "
            "includes LSN " +
            at.lsn.ToDecimal() + " can be restored."};
  }
  if (set_.last_lsn < at.lsn) {
    return SqlError{4326, 16,
                    "The log in this backup set terminates at LSN " + set_.last_lsn.ToDecimal() +
                        ", which is too early to apply to the database. A more recent log backup "
                        "that includes LSN " +
                        at.lsn.ToDecimal() + " can be restored."};
  }
  for (const DatabaseFile& file : existing.files) {
    const bool goes_on =
        existing.Restores(file) && !existing.IsSettled(file) && file.redo.lsn <= set_.last_lsn;
    if (!goes_on || OnPath(set_.forks, file.redo.lsn, file.redo.fork)) continue;
    return OtherPath();
  }
  for (const RestoringPage& page : existing.pages) {
    if (page.redo.lsn > set_.last_lsn) continue;
    if (!OnPath(set_.forks, page.redo.lsn, page.redo.fork)) return OtherPath();
  }
  if (stop_.kind == StopPoint::Kind::kNone) return {};
  if (online_ || existing.primary().redo.lsn > at.lsn) {
    return SqlError{4342, 16,
                    "Point-in-time recovery is not possible unless the primary filegroup is part "
                    "of the restore sequence. Omit the point-in-time clause or restore the primary "
                    "filegroup."};
  }
  const bool beyond = (stop_.kind == StopPoint::Kind::kTime && stop_.time > set_.finish) ||
                      (stop_.kind == StopPoint::Kind::kLsn && stop_.lsn >= set_.last_lsn);
  if (set_.has_bulk_changes && !beyond) {
    return SqlError{4341, 16,
                    "This log backup contains bulk-logged changes. It cannot be used to stop at an "
                    "arbitrary point in time."};
  }
  const bool past = (stop_.kind == StopPoint::Kind::kTime && stop_.time < existing.redo_time) ||
                    (stop_.kind == StopPoint::Kind::kLsn && stop_.lsn < at.lsn);
  if (past) {
    return SqlError{
        4335, 16,
        "The specified STOPAT time is too early. All or part of the database is already "
        "rolled forward beyond that point."};
  }
  return {};
}

}  // namespace dbstow::doubles::sqlserver
