#include <algorithm>
#include <set>

#include "doubles/sqlserver/exec/backup_runner.h"
#include "doubles/sqlserver/value/convert.h"
#include "doubles/sqlserver/value/text.h"

// Which files a BACKUP takes.
namespace dbstow::doubles::sqlserver {
namespace {

SqlError NoBase(const Database& database) {
  return {3035, 16,
          "Cannot perform a differential backup for database \"" + database.name +
              "\", because a current database backup does not exist. Perform a full database "
              "backup by reissuing BACKUP DATABASE, omitting the WITH DIFFERENTIAL option."};
}

SqlError NoBase(const DatabaseFile& file) {
  return {3039, 16,
          "Cannot perform a differential backup for file '" + file.logical +
              "' because a current file backup does not exist. Reissue BACKUP DATABASE omitting "
              "the WITH DIFFERENTIAL option."};
}

}  // namespace

SqlResult<std::vector<NamedSelection>> ReadSelections(const std::vector<FileSelection>& selections,
                                                      const Evaluate& evaluate) {
  std::vector<NamedSelection> named;
  for (const FileSelection& selection : selections) {
    named.push_back({selection.kind, ""});
    if (!selection.name) continue;
    DBSTOW_ASSIGN(const TypedValue name, evaluate(*selection.name));
    named.back().name = ToText(name.value, name.type);
  }
  return named;
}

SqlResult<void> BackupRunner::Select(const Database& database, const NamedSelection& selection) {
  const auto add = [&](auto wanted) {
    for (const DatabaseFile& file : database.files) {
      if (!file.log && wanted(file)) files_.insert(file.id);
    }
  };
  if (selection.kind == SelectionKind::kReadWriteFileGroups) {
    add([&](const DatabaseFile& file) {
      return !database.FindFileGroup(file.file_group)->read_only;
    });
    return {};
  }
  if (selection.kind == SelectionKind::kFileGroup) {
    const FileGroup* group = database.FindFileGroup(selection.name);
    if (group == nullptr) {
      return SqlError{3027, 16,
                      "The filegroup \"" + selection.name + "\" is not part of database \"" +
                          database.name + "\"."};
    }
    add([&](const DatabaseFile& file) { return file.file_group == group->id; });
    return {};
  }
  const auto file =
      std::find_if(database.files.begin(), database.files.end(),
                   [&](const DatabaseFile& one) { return SameName(one.logical, selection.name); });
  if (file == database.files.end()) {
    return SqlError{3235, 16,
                    "The file \"" + selection.name + "\" is not part of database \"" +
                        database.name +
                        "\". You can only list files that are members of this "
                        "database."};
  }
  if (file->log) return NotSelectable(file->logical);
  files_.insert(file->id);
  return {};
}

SqlResult<void> BackupRunner::ChooseFiles(const Database& database) {
  files_ = selections_.empty() ? database.DataFiles() : std::set<int>();
  const bool partial = Selects(selections_, SelectionKind::kReadWriteFileGroups);
  if (partial) {
    set_.type = differential_ ? BackupType::kPartialDifferential : BackupType::kPartial;
  } else if (!selections_.empty()) {
    set_.type = differential_ ? BackupType::kFilesDifferential : BackupType::kFiles;
  } else {
    set_.type = differential_ ? BackupType::kDifferential : BackupType::kDatabase;
  }
  for (const NamedSelection& selection : selections_) DBSTOW_TRY(Select(database, selection));
  if (files_.empty()) {
    return SqlError{3034, 16,
                    "No files were selected to be processed. You may have selected one or more "
                    "filegroups that have no members."};
  }
  for (const int id : files_) {
    const DatabaseFile& file = *database.FindFile(id);
    const FileGroup& group = *database.FindFileGroup(file.file_group);
    if (!database.IsOnline(group)) {
      return SqlError{3007, 16,
                      "The backup of the file or filegroup \"" + file.logical +
                          "\" is not permitted because it is not online. BACKUP can be performed "
                          "by using the FILEGROUP or FILE clauses to restrict the selection to "
                          "include only online data."};
    }
    const bool alone = database.recovery_model == RecoveryModel::kSimple && !group.read_only &&
                       !selections_.empty() && !partial;
    if (alone && file.file_group == 1) {
      return SqlError{3004, 16,
                      "The primary filegroup cannot be backed up as a file backup because the "
                      "database is using the SIMPLE recovery model. Consider taking a partial "
                      "backup by specifying READ_WRITE_FILEGROUPS."};
    }
    if (alone && differential_) {
      return SqlError{3054, 16,
                      "Differential file backups can include only read-only data for databases "
                      "using the simple recovery model. Consider taking a partial backup by "
                      "specifying READ_WRITE_FILEGROUPS."};
    }
    if (alone) {
      warning_ = {3022, 10,
                  "This backup is a file backup of read-write data from a database that uses the "
                  "simple recovery model. This is only appropriate if you plan to set the "
                  "filegroup to read-only followed by a differential file backup."};
    }
  }
  return differential_ ? ChooseBases(database) : SqlResult<void>();
}

SqlResult<void> BackupRunner::ChooseBases(const Database& database) {
  std::set<std::string> bases;
  for (const int id : files_) {
    const DatabaseFile& file = *database.FindFile(id);
    if (!file.base.lsn.IsNone()) {
      bases.insert(file.base.guid);
    } else if (!selections_.empty()) {
      return NoBase(file);
    }
    set_.base = file.base;
  }
  if (bases.empty()) return NoBase(database);
  if (bases.size() == 1) return {};
  set_.base = {};
  if (set_.type == BackupType::kPartialDifferential ||
      database.recovery_model == RecoveryModel::kSimple) {
    return SqlError{3006, 16,
                    "The differential backup is not allowed because it would be based on more than "
                    "one base backup. Multi-based differential backups are not allowed in the "
                    "simple recovery model, and are never allowed for partial differential "
                    "backups."};
  }
  warning_ = {3003, 10,
              "This BACKUP WITH DIFFERENTIAL will be based on more than one file backup. All those "
              "file backups must be restored before attempting to restore this differential "
              "backup."};
  return {};
}

}  // namespace dbstow::doubles::sqlserver
