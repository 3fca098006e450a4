#include <algorithm>

#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/restore_runner.h"
#include "doubles/sqlserver/value/convert.h"

// How a RESTORE ends: restoring, in standby, or open for use.
namespace dbstow::doubles::sqlserver {
namespace {

// Whether recovery would find everything at one point.
bool IsConsistent(const Database& database) {
  const Lsn& at = database.primary().redo.lsn;
  const auto fits = [&](const Position& position) {
    return position.lsn == at && OnPath(database.forks, at, position.fork);
  };
  return std::all_of(database.files.begin(), database.files.end(),
                     [&](const DatabaseFile& file) {
                       return !database.Restores(file) || database.IsSettled(file) ||
                              fits(file.redo);
                     }) &&
         std::all_of(database.pages.begin(), database.pages.end(),
                     [&](const RestoringPage& page) { return fits(page.redo); });
}

// Whether something is as the rest of its database, which is online, has it.
bool HasArrived(const Database& database, const Position& at, const Position& target) {
  return !at.lsn.IsNone() && at.lsn >= target.lsn && OnPath(database.forks, at.lsn, at.fork);
}

bool IsDone(const Database& database, const DatabaseFile& file) {
  return HasArrived(database, file.redo, file.target) ||
         (!file.redo.lsn.IsNone() && database.IsSettled(file));
}

// The file that is furthest ahead.
const DatabaseFile& Foremost(const Database& database) {
  const DatabaseFile* foremost = &database.primary();
  for (const DatabaseFile& file : database.files) {
    if (database.Restores(file) && file.redo.lsn > foremost->redo.lsn) foremost = &file;
  }
  return *foremost;
}

SqlError NotConsistent() {
  return {4331, 16,
          "The database cannot be recovered because the files have been restored to inconsistent "
          "points in time."};
}

}  // namespace

void RestoreRunner::NeedMore(const Lsn& now, const Lsn& wanted) {
  Later(4303, "The roll forward start point is now at log sequence number (LSN) " +
                  now.ToDecimal() + ". Additional roll forward past LSN " + wanted.ToDecimal() +
                  " is required to complete the restore sequence.");
}

// Without FROM: what is there is enough.
SqlResult<std::optional<RestoreReport>> RestoreRunner::RecoverOnly() {
  const Database* database = instance_.Find(name_);
  if (database == nullptr) return NoDatabase(name_);
  id_ = database->id;
  online_ = database->state == DatabaseState::kOnline && !database->standby;
  if (!selections_.empty()) {
    if (!online_) {
      return SqlError{3148, 16,
                      "This RESTORE statement is invalid in the current context. The 'Recover Data "
                      "Only' option is only defined for secondary filegroups when the database is "
                      "in an online state. When the database is in an offline state filegroups "
                      "cannot be specified."};
    }
    for (const DatabaseFile& file : database->files) {
      const FileGroup* group = database->FindFileGroup(file.file_group);
      set_.files.push_back({file, group == nullptr ? "" : group->name, 0, true,
                            group != nullptr && group->read_only});
    }
    for (const NamedSelection& selection : selections_) DBSTOW_TRY(Choose(selection));
    for (const int id : chosen_) {
      const DatabaseFile& file = *database->FindFile(id);
      if (file.state != FileState::kPending && file.state != FileState::kRestoring) {
        return SqlError{3149, 16,
                        "The file or filegroup \"" + file.logical +
                            "\" is not in a valid state for the \"Recover Data Only\" option to be "
                            "used. Only secondary files in the OFFLINE or RECOVERY_PENDING state "
                            "can be processed."};
      }
      if (IsDone(*database, file)) continue;
      return SqlError{3129, 16,
                      "The contents of the file \"" + file.logical +
                          "\" are not consistent with a transition into the restore sequence. A "
                          "restore from a backup set may be required."};
    }
  } else {
    if (!database->RestoresAnything()) {
      return SqlError{3153, 16, "The database is already fully recovered."};
    }
    if (!online_ && database->primary().redo.lsn.IsNone()) {
      return SqlError{4333, 16,
                      "The database cannot be recovered because the log was not restored."};
    }
    if (!online_ && !IsConsistent(*database)) return NotConsistent();
  }
  UnitOfWork work(instance_);
  DBSTOW_TRY(RestoreTarget(instance_, id_).LeaveStandby());
  DBSTOW_TRY(Conclude(true));
  DBSTOW_TRY(work.Commit());
  for (const SqlError& message : afterwards_) context_.sink.Message(message, 1);
  Say(3014, statement_name_ + " successfully processed 0 pages in 0.001 seconds (0.000 MB/sec).");
  return Report();
}

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

SqlResult<void> RestoreRunner::Conclude(bool reached) {
  if (online_) return OpenWhatIsDone();
  if (!reached && !options_.Has("NORECOVERY")) {
    if (stop_.kind == StopPoint::Kind::kTime) {
      Later(4322,
            "This backup set contains records that were logged before the designated point in "
            "time. The database is being left in the restoring state so that more roll forward "
            "can be performed.");
    } else {
      Later(4329,
            "This log file contains records logged before the designated mark. The database is "
            "being left in the Restoring state so you can apply another log file.");
    }
  }
  if (options_.Has("NORECOVERY") || (!reached && !options_.Has("STANDBY"))) {
    instance_.Mutable(id_).state = DatabaseState::kRestoring;
    return {};
  }
  return Recover();
}

SqlResult<void> RestoreRunner::Recover() {
  const Database& database = instance_.databases().at(id_);
  if (!IsConsistent(database)) {
    const DatabaseFile& ahead = Foremost(database);
    const Lsn now = database.RollForwardStart().lsn;
    if (set_.type == BackupType::kLog) {
      return SqlError{4318, 16,
                      "File '" + ahead.logical + "' has been rolled forward to LSN " +
                          ahead.redo.lsn.ToDecimal() + ". This log terminates at LSN " +
                          now.ToDecimal() +
                          ", which is too early to apply the WITH RECOVERY option. Reissue the "
                          "RESTORE LOG statement WITH NORECOVERY."};
    }
    if (database.recovery_model == RecoveryModel::kSimple) {
      return SqlError{3125, 16,
                      "The database is using the simple recovery model. The data in the backup it "
                      "is not consistent with the current state of the database. Restoring more "
                      "data is required before recovery is possible."};
    }
    NeedMore(now, ahead.redo.lsn);
    Later(4339,
          "This RESTORE statement successfully performed some actions, but the database could not "
          "be brought online because one or more RESTORE steps are needed. Previous messages "
          "indicate reasons why recovery cannot occur at this point.");
    instance_.Mutable(id_).state = DatabaseState::kRestoring;
    return {};
  }
  RestoreTarget target(instance_, id_);
  if (options_.Has("STANDBY")) {
    return target.EnterStandby(instance_.BackupPath(options_.Text("STANDBY")));
  }
  DBSTOW_TRY(target.Recover());
  Database& recovered = instance_.Mutable(id_);
  if (options_.Has("RESTRICTED_USER")) recovered.access = UserAccess::kRestricted;
  if (options_.Has("NEW_BROKER")) recovered.broker_guid = instance_.NewGuid();
  for (const char* option : {"ENABLE_BROKER", "NEW_BROKER", "ERROR_BROKER_CONVERSATIONS"}) {
    if (options_.Has(option)) recovered.broker_enabled = true;
  }
  for (const DatabaseFile& file : recovered.files) {
    if (file.state != FileState::kDefunct) continue;
    Later(3127, "The file '" + file.logical + "' of restored database '" + name_ +
                    "' is being left in the defunct state because the database is using the "
                    "simple recovery model and the file is marked for read-write access.");
  }
  return {};
}

// What is consistent with its database is opened; for the rest there is more to do.
SqlResult<void> RestoreRunner::OpenWhatIsDone() {
  const Database& database = instance_.databases().at(id_);
  std::set<int> files;
  for (const DatabaseFile& file : database.files) {
    if (!database.Restores(file) && !chosen_.contains(file.id)) continue;
    if (IsDone(database, file)) {
      files.insert(file.id);
    } else {
      NeedMore(file.redo.lsn, file.target.lsn);
    }
  }
  std::vector<PageId> pages;
  for (const RestoringPage& page : database.pages) {
    if (HasArrived(database, page.redo, page.target)) {
      pages.push_back(page.id);
    } else {
      NeedMore(page.redo.lsn, page.target.lsn);
    }
  }
  if (!options_.Has("NORECOVERY")) {
    RestoreTarget target(instance_, id_);
    target.Open(files);
    for (const PageId& page : pages) DBSTOW_TRY(target.OpenPage(page));
  } else if (!files.empty() || !pages.empty()) {
    Later(4308,
          "The online restore is complete, but WITH NORECOVERY was specified. Use RESTORE WITH "
          "RECOVERY to bring affected data online.");
  }
  return {};
}

}  // namespace dbstow::doubles::sqlserver
