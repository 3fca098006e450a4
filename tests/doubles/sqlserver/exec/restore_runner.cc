#include "doubles/sqlserver/exec/restore_runner.h"

#include <algorithm>

#include "doubles/sqlserver/exec/database_snapshot.h"
#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/exec/snapshot.h"
#include "doubles/sqlserver/value/convert.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

// As 3013 has it.
std::string SpokenName(RestoreVerb verb) {
  if (verb == RestoreVerb::kFileListOnly) return "RESTORE FILELIST";
  if (verb == RestoreVerb::kVerifyOnly) return "VERIFY DATABASE";
  return std::string(NameOf(verb));
}

SqlError Aborted() { return {3204, 16, "The backup or restore was aborted."}; }

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
  statement_name_ = SpokenName(statement.verb);
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
  DBSTOW_ASSIGN(selections_, ReadSelections(statement.selections, evaluate_));
  DBSTOW_TRY(CheckOptions(statement));
  DBSTOW_TRY(CheckSession(statement));
  const RunningRestore running(context_.session, statement_name_, instance_.Now());
  if (statement.snapshot) return RevertTo(statement);
  if (options_.Has("RESTART")) {
    // An interrupted restore leaves no such file here.
    Say(3018,
        "The restart-checkpoint file was not found. The RESTORE command will continue from the "
        "beginning as if RESTART had not been specified.");
  }
  if (statement.devices.empty()) return RecoverOnly();
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
  DBSTOW_TRY(ChooseFiles(existing));
  const bool log = set_.type == BackupType::kLog;
  if (!log && stop_.kind == StopPoint::Kind::kTime && set_.finish > stop_.time) {
    return SqlError{4338, 16,
                    "The STOPAT clause specifies a point too early to allow this backup set to be "
                    "restored. Choose a different stop point or use RESTORE DATABASE WITH "
                    "RECOVERY to recover at the current point."};
  }
  if (log || IsDifferential(set_.type)) {
    DBSTOW_TRY(CheckRollForward(existing));
  } else if (existing != nullptr) {
    DBSTOW_TRY(starts_ ? CheckOverwrite(*existing) : CheckFileRestore(*existing));
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

SqlResult<std::optional<RestoreReport>> RestoreRunner::RevertTo(const RestoreStatement& statement) {
  const bool simple = statement.verb == RestoreVerb::kDatabase && statement.options.empty() &&
                      statement.selections.empty();
  if (!simple) {
    return SqlError{4355, 16,
                    "The revert command is incorrectly specified. The RESTORE statement must be of "
                    "the form: RESTORE DATABASE <x> FROM DATABASE_SNAPSHOT = <y>."};
  }
  const Database* database = instance_.Find(name_);
  if (database == nullptr) return NoDatabase(name_);
  DBSTOW_ASSIGN(const TypedValue snapshot, evaluate_(*statement.snapshot));
  DBSTOW_TRY(Revert(context_.engine, context_.session, database->id,
                    ToText(snapshot.value, snapshot.type)));
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
  if (statement.verb == RestoreVerb::kFileListOnly) {
    DBSTOW_ASSIGN(const BackupSet set, MemberOf(entry.set));
    RestoreReport report = FileListReport(set);
    for (const BackupSet& member : set.members) {
      if (options_.Has("DBNAME")) continue;
      const RestoreReport more = FileListReport(member);
      report.rows.insert(report.rows.end(), more.rows.begin(), more.rows.end());
    }
    return Report(std::move(report));
  }
  DBSTOW_TRY(Verify(media, index));
  return Report();
}

SqlResult<BackupSet> RestoreRunner::MemberOf(const BackupSet& whole) const {
  if (!options_.Has("DBNAME")) return whole;
  if (!whole.metadata_only) {
    return SqlError{3276, 16,
                    "WITH SNAPSHOT can be used only if the backup set was created WITH SNAPSHOT."};
  }
  const std::string name = options_.Text("DBNAME");
  if (SameName(whole.database, name)) return whole;
  for (const BackupSet& member : whole.members) {
    if (SameName(member.database, name)) return member;
  }
  return SqlError{
      3123, 16, "Invalid database name '" + name + "' specified for backup or restore operation."};
}

SqlResult<void> RestoreRunner::Verify(const ReadMedia& media, std::size_t index) {
  const RunningRestore running(context_.session, "RESTORE VERIFYONLY", instance_.Now());
  set_ = media.families.front().entries[index].set;
  if (options_.Has("CHECKSUM") && !set_.checksums) {
    return SqlError{3187, 16,
                    "RESTORE WITH CHECKSUM cannot be specified because the backup set does not "
                    "contain checksum information."};
  }
  DBSTOW_TRY(RunPercents(context_, options_.stats()));
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

// The lock was let go: others may have been here.
SqlResult<void> RestoreRunner::CheckAgain() {
  const auto found = instance_.databases().find(id_);
  if (found == instance_.databases().end()) return Aborted();
  const Database& now = found->second;
  const bool rolls_on = set_.type == BackupType::kLog || IsDifferential(set_.type);
  if (!starts_ && !rolls_on) return CheckFileRestore(now);
  const bool restoring = now.state == DatabaseState::kRestoring || now.standby;
  return restoring || (online_ && now.RestoresAnything()) ? SqlResult<void>() : Aborted();
}

// As restorehistory has it.
std::string RestoreRunner::Kind() const {
  if (set_.type == BackupType::kLog) return "L";
  if (IsDifferential(set_.type)) return "I";
  if (selections_.empty()) return "D";
  return Selects(selections_, SelectionKind::kFileGroup) ? "G" : "F";
}

SqlResult<void> RestoreRunner::Apply() {
  if (starts_) DBSTOW_TRY(MakeShell());
  DBSTOW_TRY(RunPercents(context_, options_.stats()));
  DBSTOW_TRY(CheckAgain());
  UnitOfWork work(instance_);
  RestoreTarget target(instance_, id_);
  DBSTOW_TRY(target.LeaveStandby());
  bool reached = true;
  if (set_.type == BackupType::kLog) {
    DBSTOW_ASSIGN(reached, target.RollForward(set_, payload_, stop_));
  } else {
    if (!starts_) DBSTOW_TRY(PlaceFiles());
    DBSTOW_TRY(target.Load(set_, payload_, chosen_));
    DBSTOW_TRY(target.LoadPages(set_, payload_, pages_));
    // A data backup that ends before the stop needs logs to reach it.
    reached = stop_.kind == StopPoint::Kind::kNone;
  }
  DBSTOW_TRY(
      RecordRestore(instance_, {name_, context_.session.login, set_.guid, Kind(),
                                options_.Has("REPLACE"), reached && !options_.Has("NORECOVERY"),
                                stop_.kind == StopPoint::Kind::kTime ? stop_.time : 0}));
  DBSTOW_TRY(Conclude(reached));
  DBSTOW_TRY(work.Commit());
  TellWhatWasDone();
  return {};
}

void RestoreRunner::TellWhatWasDone() {
  const bool log = set_.type == BackupType::kLog;
  for (const DatabaseFile& file : instance_.databases().at(id_).files) {
    const bool has_page = std::any_of(pages_.begin(), pages_.end(),
                                      [&](const PageId& page) { return page.file == file.id; });
    if (!log && !file.log && !has_page && !chosen_.contains(file.id)) continue;
    Say(4035, "Processed 320 pages for database '" + name_ + "', file '" + file.logical +
                  "' on file " + std::to_string(set_.position) + ".");
  }
  if (set_.damaged) {
    Say(3188,
        "The backup set was written with damaged data by a BACKUP WITH CONTINUE_AFTER_ERROR.");
    Say(3184,
        "RESTORE WITH CONTINUE_AFTER_ERROR was successful but some damage was encountered. "
        "Inconsistencies in the database are possible.");
  }
  for (const SqlError& message : afterwards_) context_.sink.Message(message, 1);
  Say(3014, statement_name_ + " successfully processed 320 pages in 0.001 seconds (1.000 MB/sec).");
}

}  // namespace dbstow::doubles::sqlserver
