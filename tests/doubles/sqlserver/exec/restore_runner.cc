#include "doubles/sqlserver/exec/restore_runner.h"

#include <algorithm>

#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/value/convert.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

std::string NameOf(RestoreVerb verb) {
  switch (verb) {
    case RestoreVerb::kDatabase: return "RESTORE DATABASE";
    case RestoreVerb::kLog: return "RESTORE LOG";
    case RestoreVerb::kHeaderOnly: return "RESTORE HEADERONLY";
    case RestoreVerb::kFileListOnly: return "RESTORE FILELIST";
    case RestoreVerb::kLabelOnly: return "RESTORE LABELONLY";
    case RestoreVerb::kVerifyOnly: return "VERIFY DATABASE";
    case RestoreVerb::kRewindOnly: break;
  }
  return "RESTORE REWINDONLY";
}

class RunningRestore {
 public:
  RunningRestore(Session& session, const std::string& command, Milliseconds now)
      : session_(session) {
    session_.command = command;
    session_.request_start = now;
    session_.percent = 0;
  }
  ~RunningRestore() {
    session_.command.clear();
    session_.percent = 0;
  }
  RunningRestore(const RunningRestore&) = delete;
  RunningRestore& operator=(const RunningRestore&) = delete;

 private:
  Session& session_;
};

}  // namespace

SqlResult<std::optional<RestoreReport>> RestoreRunner::Run(const RestoreStatement& statement) {
  statement_name_ = NameOf(statement.verb);
  if (statement.database) {
    DBSTOW_ASSIGN(const TypedValue name, evaluate_(*statement.database));
    name_ = ToText(name.value, name.type);
  }
  DBSTOW_ASSIGN(options_, WithOptions::Read(statement.options, evaluate_));
  SqlResult<Report> outcome = Go(statement);
  if (outcome) return outcome;
  context_.sink.Message(outcome.error(), 1);
  return Abnormal(statement_name_);
}

SqlResult<std::optional<RestoreReport>> RestoreRunner::Go(const RestoreStatement& statement) {
  if (context_.session.transaction.depth > 0) {
    return SqlError{3021, 16, "Cannot perform a backup or restore operation within a transaction."};
  }
  if (!statement.database) return Look(statement);
  if (!statement.selections.empty()) return NotSupportedHere("RESTORE of files and pages");
  if (statement.snapshot) return NotSupportedHere("RESTORE … FROM DATABASE_SNAPSHOT");
  DBSTOW_TRY(CheckOptions(statement));
  DBSTOW_TRY(CheckSession(statement));
  const RunningRestore running(context_.session, statement_name_, instance_.Now());
  if (statement.devices.empty()) {
    const Database* database = instance_.Find(name_);
    if (database == nullptr) return NoDatabase(name_);
    if (database->state != DatabaseState::kRestoring && !database->standby) {
      return SqlError{3153, 16, "The database is already fully recovered."};
    }
    if (database->redo_lsn.IsNone()) {
      return SqlError{4333, 16,
                      "The database cannot be recovered because the log was not restored."};
    }
    id_ = database->id;
    UnitOfWork work(instance_);
    DBSTOW_TRY(RestoreTarget(instance_, id_).LeaveStandby());
    DBSTOW_TRY(Conclude(true));
    DBSTOW_TRY(work.Commit());
    Say(3014, statement_name_ + " successfully processed 0 pages in 0.001 seconds (0.000 MB/sec).");
    return Report();
  }
  DBSTOW_ASSIGN(const Devices devices,
                OpenDevices(context_, statement.devices, evaluate_, options_));
  DBSTOW_ASSIGN(const ReadMedia media,
                WithoutLock(context_, [&] { return OpenForReading(devices, true); }));
  // The instance was let go meanwhile.
  DBSTOW_TRY(CheckSession(statement));
  DBSTOW_ASSIGN(const std::size_t index, ChooseSet(media, options_));
  DBSTOW_TRY(CheckSet(statement, media, index));
  const Database* existing = instance_.Find(name_);
  id_ = existing == nullptr ? 0 : existing->id;
  if (set_.type == BackupType::kDatabase) {
    if (stop_.kind == StopPoint::Kind::kTime && set_.finish > stop_.time) {
      return SqlError{
          4338, 16,
          "The STOPAT clause specifies a point too early to allow this backup set to be "
          "restored. Choose a different stop point or use RESTORE DATABASE WITH "
          "RECOVERY to recover at the current point."};
    }
    if (existing != nullptr) DBSTOW_TRY(CheckOverwrite(*existing));
  } else {
    DBSTOW_TRY(CheckRollForward(existing));
  }
  DBSTOW_TRY(ReadPayload(media, index));
  DBSTOW_TRY(PlanFiles(existing));
  DBSTOW_TRY(Apply());
  return Report();
}

SqlResult<std::optional<RestoreReport>> RestoreRunner::Look(const RestoreStatement& statement) {
  const Security security(instance_);
  if (!security.HasServer(context_.session.login, "CREATE ANY DATABASE")) {
    return Denied("CREATE DATABASE", "master");
  }
  if (statement.verb == RestoreVerb::kRewindOnly) {
    return SqlError{3216, 16, "RESTORE REWINDONLY is only applicable to tape devices."};
  }
  DBSTOW_TRY(options_.Forbid({"NORECOVERY", "RECOVERY", "STANDBY", "REPLACE", "STOPAT",
                              "STOPATMARK", "STOPBEFOREMARK", "PARTIAL", "RESTART"}));
  DBSTOW_ASSIGN(const TransferLimits limits, LimitsOf(statement.devices, evaluate_));
  DBSTOW_TRY(options_.CheckSizes(limits));
  DBSTOW_ASSIGN(const Devices devices,
                OpenDevices(context_, statement.devices, evaluate_, options_));
  const bool whole = statement.verb == RestoreVerb::kVerifyOnly;
  DBSTOW_ASSIGN(const ReadMedia media,
                WithoutLock(context_, [&] { return OpenForReading(devices, whole); }));
  if (statement.verb == RestoreVerb::kLabelOnly) {
    return Report(LabelReport(media.families.front()));
  }
  if (statement.verb == RestoreVerb::kHeaderOnly) {
    return Report(HeaderReport(media, instance_.settings().major));
  }
  DBSTOW_ASSIGN(const std::size_t index, ChooseSet(media, options_));
  const MediaEntry& entry = media.families.front().entries[index];
  if (entry.fault == MediaFault::kIncomplete) {
    return SqlError{3256, 16,
                    "The backup set on device '" + media.names.front() +
                        "' was terminated while it was being created and is incomplete."};
  }
  if (statement.verb == RestoreVerb::kFileListOnly) return Report(FileListReport(entry.set));
  DBSTOW_TRY(Verify(media, index));
  return Report();
}

SqlResult<void> RestoreRunner::Verify(const ReadMedia& media, std::size_t index) {
  const RunningRestore running(context_.session, "RESTORE VERIFYONLY", instance_.Now());
  set_ = media.families.front().entries[index].set;
  if (options_.Has("CHECKSUM") && !set_.checksums) {
    return SqlError{3187, 16,
                    "RESTORE WITH CHECKSUM cannot be specified because the backup set does not "
                    "contain checksum information."};
  }
  DBSTOW_TRY(RunPercents(context_, options_.stats(), false, ""));
  DBSTOW_TRY(ReadPayload(media, index));
  Say(3262, "The backup set on file " + std::to_string(index + 1) + " is valid.");
  if (!options_.Has("LOADHISTORY")) return {};
  UnitOfWork work(instance_);
  DBSTOW_TRY(RecordBackup(instance_, set_, media.families.front().header, media.devices));
  return work.Commit();
}

SqlResult<void> RestoreRunner::ReadStop(const RestoreStatement& statement) {
  for (const char* pair : {"STOPATMARK", "STOPBEFOREMARK"}) {
    DBSTOW_TRY(options_.Exclude("STOPAT", pair));
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
  DBSTOW_TRY(options_.Exclude("RECOVERY", "NORECOVERY"));
  DBSTOW_TRY(options_.Exclude("RECOVERY", "STANDBY"));
  DBSTOW_TRY(options_.Exclude("NORECOVERY", "STANDBY"));
  DBSTOW_TRY(options_.Exclude("STOPATMARK", "STOPBEFOREMARK"));
  DBSTOW_TRY(options_.Exclude("CHECKSUM", "NO_CHECKSUM"));
  DBSTOW_TRY(options_.Exclude("STOP_ON_ERROR", "CONTINUE_AFTER_ERROR"));
  for (const char* option : {"PARTIAL", "RESTART", "METADATA_ONLY", "SNAPSHOT", "PASSWORD",
                             "MEDIAPASSWORD", "DBNAME", "CONTINUE_AFTER_ERROR"}) {
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

SqlResult<void> RestoreRunner::ReadPayload(const ReadMedia& media, std::size_t index) {
  PayloadForm form{set_.compressed, ""};
  if (!set_.thumbprint.empty()) {
    for (const Certificate& certificate : instance_.server().certificates) {
      if (certificate.thumbprint == set_.thumbprint) form.key = certificate.key;
    }
    if (form.key.empty()) {
      return SqlError{
          33111, 16, "Cannot find server certificate with thumbprint '0x" + set_.thumbprint + "'."};
    }
  }
  std::vector<const Pieces*> families;
  for (const Media& family : media.families) {
    if (index >= family.entries.size() || family.entries[index].fault != MediaFault::kNone ||
        family.entries[index].set.guid != set_.guid) {
      return SqlError{3189, 16, "Damage to the backup set was detected."};
    }
    families.push_back(&family.entries[index].pieces);
  }
  std::optional<Payload> payload = DecodePayload(Unstripe(families), form);
  if (!payload) return SqlError{3189, 16, "Damage to the backup set was detected."};
  payload_ = std::move(*payload);
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
  const bool has_tail = existing.state == DatabaseState::kOnline && !existing.standby &&
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

SqlResult<void> RestoreRunner::Apply() {
  const bool full = set_.type == BackupType::kDatabase;
  if (full) DBSTOW_TRY(MakeShell());
  DBSTOW_TRY(RunPercents(context_, options_.stats(), false, ""));
  const auto found = instance_.databases().find(id_);
  const bool gone = found == instance_.databases().end() ||
                    (found->second.state != DatabaseState::kRestoring && !found->second.standby);
  if (gone) return SqlError{3204, 16, "The backup or restore was aborted."};
  UnitOfWork work(instance_);
  RestoreTarget target(instance_, id_);
  DBSTOW_TRY(target.LeaveStandby());
  bool reached = true;
  if (full) {
    DBSTOW_TRY(target.LoadFull(set_, payload_));
  } else if (set_.type == BackupType::kDifferential) {
    DBSTOW_TRY(target.LoadDifferential(set_, payload_));
  } else {
    DBSTOW_ASSIGN(reached, target.RollForward(set_, payload_, stop_));
  }
  // A data backup that ends before the stop needs logs to reach it.
  if (set_.type != BackupType::kLog && stop_.kind != StopPoint::Kind::kNone) reached = false;
  DBSTOW_TRY(
      RecordRestore(instance_, {name_, context_.session.login, set_.guid, set_.type,
                                options_.Has("REPLACE"), reached && !options_.Has("NORECOVERY"),
                                stop_.kind == StopPoint::Kind::kTime ? stop_.time : 0}));
  DBSTOW_TRY(Conclude(reached));
  DBSTOW_TRY(work.Commit());
  for (const DatabaseFile& file : instance_.databases().at(id_).files) {
    Say(4035, "Processed 320 pages for database '" + name_ + "', file '" + file.logical +
                  "' on file " + std::to_string(set_.position) + ".");
  }
  if (!reached && !options_.Has("NORECOVERY")) {
    if (stop_.kind == StopPoint::Kind::kTime) {
      Say(4322,
          "This backup set contains records that were logged before the designated point in "
          "time. The database is being left in the restoring state so that more roll forward "
          "can be performed.");
    } else {
      Say(4329,
          "This log file contains records logged before the designated mark. The database is "
          "being left in the Restoring state so you can apply another log file.");
    }
  }
  Say(3014, statement_name_ + " successfully processed 320 pages in 0.001 seconds (1.000 MB/sec).");
  return {};
}

SqlResult<void> RestoreRunner::Conclude(bool reached) {
  RestoreTarget target(instance_, id_);
  if (options_.Has("STANDBY")) return target.EnterStandby(options_.Text("STANDBY"));
  if (options_.Has("NORECOVERY") || !reached) {
    instance_.Mutable(id_).state = DatabaseState::kRestoring;
    return {};
  }
  DBSTOW_TRY(target.Recover());
  if (options_.Has("RESTRICTED_USER")) {
    instance_.Mutable(id_).access = UserAccess::kRestricted;
  }
  return {};
}

}  // namespace dbstow::doubles::sqlserver
