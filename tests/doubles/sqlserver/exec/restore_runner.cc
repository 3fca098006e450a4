#include "doubles/sqlserver/exec/restore_runner.h"

#include <algorithm>

#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/exec/snapshot.h"
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
  if (set_.metadata_only) {
    DBSTOW_TRY(PlanFiles(existing));
    DBSTOW_ASSIGN(payload_, ReadCopiedFiles(set_, files_));
  } else {
    DBSTOW_TRY(ReadPayload(media, index));
    DBSTOW_TRY(PlanFiles(existing));
  }
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
  if (!set_.metadata_only) DBSTOW_TRY(ReadPayload(media, index));
  Say(3262, "The backup set on file " + std::to_string(index + 1) + " is valid.");
  if (!options_.Has("LOADHISTORY")) return {};
  UnitOfWork work(instance_);
  DBSTOW_TRY(RecordBackup(instance_, set_, media.families.front().header, media.devices));
  return work.Commit();
}

SqlResult<void> RestoreRunner::ReadPayload(const ReadMedia& media, std::size_t index) {
  if (set_.damaged && !options_.Has("CONTINUE_AFTER_ERROR")) {
    return SqlError{3183, 16,
                    "RESTORE detected an error on page (1:42) in database \"" + set_.database +
                        "\" as read from the backup set."};
  }
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
