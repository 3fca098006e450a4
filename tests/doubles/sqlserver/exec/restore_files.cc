#include <algorithm>
#include <set>

#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/restore_runner.h"
#include "doubles/sqlserver/media/os_files.h"
#include "doubles/sqlserver/model/new_database.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

// The database, beside `id`, that has a file there.
const Database* OwnerOf(const Instance& instance, const std::string& path, int id) {
  for (const auto& [other_id, other] : instance.databases()) {
    if (other_id == id) continue;
    for (const DatabaseFile& file : other.files) {
      if (file.physical == path) return &other;
    }
  }
  return nullptr;
}

bool HasFile(const Database* database, const std::string& path) {
  return database != nullptr &&
         std::any_of(database->files.begin(), database->files.end(),
                     [&](const DatabaseFile& file) { return file.physical == path; });
}

bool HasFolder(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash != std::string::npos && FileExists(path.substr(0, std::max<std::size_t>(slash, 1)));
}

SqlError NoSuchFile(const std::string& logical, const std::string& database) {
  return {3234, 16,
          "Logical file '" + logical + "' is not part of database '" + database +
              "'. Use RESTORE FILELISTONLY to list the logical file names."};
}

SqlError Misplaced(const DatabaseFile& file) {
  return {3156, 16,
          "File '" + file.logical + "' cannot be restored to '" + file.physical +
              "'. Use WITH MOVE to identify a valid location for the file."};
}

}  // namespace

SqlResult<void> RestoreRunner::Choose(const NamedSelection& selection) {
  const auto choose = [&](auto wanted) {
    for (const BackupFile& file : set_.files) {
      if (!file.file.log && file.present && wanted(file)) chosen_.insert(file.file.id);
    }
  };
  if (selection.kind == SelectionKind::kPage) return ReadPages(selection.name);
  if (selection.kind == SelectionKind::kReadWriteFileGroups) {
    choose([](const BackupFile& file) { return !file.read_only; });
    return {};
  }
  if (selection.kind == SelectionKind::kFileGroup) {
    const auto in_group = [&](const BackupFile& file) {
      return SameName(file.file_group, selection.name);
    };
    choose(in_group);
    bool found = false;
    for (const BackupFile& file : set_.files) {
      if (!in_group(file)) continue;
      found = found || file.present;
      if (file.present) continue;
      Later(3175, "RESTORE FILEGROUP=\"" + selection.name +
                      "\" was specified, but not all of its files are present in the backup set. "
                      "File \"" +
                      file.file.logical +
                      "\" is missing. RESTORE will continue, but if you want all files to be "
                      "restored, you must restore other backup sets.");
    }
    if (found) return {};
    return SqlError{3190, 16,
                    "Filegroup '" + selection.name +
                        "' cannot be restored because it does not exist in the backup set."};
  }
  const auto file = std::find_if(set_.files.begin(), set_.files.end(), [&](const BackupFile& one) {
    return SameName(one.file.logical, selection.name);
  });
  if (file == set_.files.end()) return NoSuchFile(selection.name, name_);
  if (file->file.log) return NotSelectable(selection.name);
  if (!file->present) {
    return SqlError{3144, 16,
                    "File '" + selection.name + "' was not backed up in file " +
                        std::to_string(set_.position) +
                        " on device. The file cannot be restored from this backup set."};
  }
  chosen_.insert(file->file.id);
  return {};
}

SqlResult<void> RestoreRunner::ChooseFiles(const Database* existing) {
  chosen_.clear();
  pages_.clear();
  if (set_.type == BackupType::kLog) return {};
  if (set_.files.empty()) return SqlError{3189, 16, "Damage to the backup set was detected."};
  for (const NamedSelection& selection : selections_) DBSTOW_TRY(Choose(selection));
  if (selections_.empty()) chosen_ = set_.PresentFiles();
  const bool partial = options_.Has("PARTIAL");
  const bool primary = chosen_.contains(set_.files.front().file.id);
  if (partial && (!primary || IsDifferential(set_.type))) {
    return SqlError{3103, 16,
                    "A partial restore sequence cannot be initiated by this command. To initiate a "
                    "partial restore sequence, use the WITH PARTIAL clause of the RESTORE "
                    "statement and provide a backup set which includes a full copy of at least the "
                    "primary data file."};
  }
  if (!pages_.empty()) return existing == nullptr ? NoSuchDatabase(name_) : CheckPages(*existing);
  if (IsDifferential(set_.type)) return {};
  const bool whole = set_.type == BackupType::kDatabase && selections_.empty();
  starts_ = whole || partial || existing == nullptr;
  if (existing == nullptr && !primary) return NoSuchDatabase(name_);
  return {};
}

// What the files need beyond those that they replace.
std::optional<SqlError> RestoreRunner::DiskFull() const {
  constexpr std::int64_t kPage = 8192;
  const std::int64_t free = context_.engine.faults.free_bytes;
  std::int64_t needed = 0;
  for (const DatabaseFile& file : files_) {
    const bool comes = chosen_.contains(file.id) || (file.log && starts_);
    if (comes && !FileExists(file.physical)) needed += file.size_pages * kPage;
  }
  if (free < 0 || needed <= free) return std::nullopt;
  const std::string& place = files_.front().physical;
  return SqlError{
      3257, 16,
      "There is insufficient free space on disk volume '" + place.substr(0, place.rfind('/') + 1) +
          "' to create the database. The database requires " + std::to_string(needed) +
          " additional free bytes, while only " + std::to_string(free) + " bytes are available."};
}

// Every problem is said; what ends the statement is 3119.
SqlResult<void> RestoreRunner::PlanFiles(const Database* existing) {
  files_.clear();
  for (const BackupFile& entry : set_.files) {
    DatabaseFile file = entry.file;
    file.state = FileState::kOnline;
    file.redo = {};
    file.target = {};
    // A file that is put back is put back where it is now.
    const DatabaseFile* there =
        starts_ || existing == nullptr ? nullptr : existing->FindFile(file.id);
    if (there != nullptr) file.physical = there->physical;
    files_.push_back(std::move(file));
  }
  for (const auto& [logical, physical] : options_.moves()) {
    const auto file = std::find_if(
        files_.begin(), files_.end(),
        [&, &wanted = logical](const DatabaseFile& one) { return SameName(one.logical, wanted); });
    if (file == files_.end()) return NoSuchFile(logical, name_);
    file->physical = physical;
  }
  if (set_.type == BackupType::kLog || IsDifferential(set_.type)) return {};
  std::vector<SqlError> problems;
  std::set<std::string> claimed;
  for (const DatabaseFile& file : files_) {
    if (!chosen_.contains(file.id) && !(file.log && starts_)) continue;
    if (!claimed.insert(file.physical).second) {
      problems.push_back({3176, 16,
                          "File '" + file.physical + "' is claimed by '" + file.logical +
                              "' and another file. The WITH MOVE clause can be used to relocate "
                              "one or more files."});
    } else if (const Database* owner = OwnerOf(instance_, file.physical, id_)) {
      problems.push_back({1834, 16,
                          "The file '" + file.physical +
                              "' cannot be overwritten. It is being used by database '" +
                              owner->name + "'."});
      problems.push_back(Misplaced(file));
    } else if (!HasFolder(file.physical)) {
      problems.push_back({5133, 16,
                          "Directory lookup for the file \"" + file.physical +
                              "\" failed with the operating system error 2(The system cannot find "
                              "the file specified.)."});
      problems.push_back(Misplaced(file));
    } else if (FileExists(file.physical) && !HasFile(existing, file.physical) &&
               !options_.Has("REPLACE") && !set_.metadata_only) {
      problems.push_back({3142, 16,
                          "File \"" + file.logical + "\" cannot be restored over the existing \"" +
                              file.physical +
                              "\". Reissue the RESTORE statement using WITH REPLACE "
                              "to overwrite pre-existing files, or WITH MOVE to identify an "
                              "alternate location."});
    }
  }
  if (const std::optional<SqlError> full = DiskFull()) problems.push_back(*full);
  if (problems.empty()) return CheckLicensedSize(instance_, files_);
  for (const SqlError& problem : problems) context_.sink.Message(problem, 1);
  return SqlError{3119, 16,
                  "Problems were identified while planning for the RESTORE statement. Previous "
                  "messages provide details."};
}

// The files that the set brings go to their places.
SqlResult<void> RestoreRunner::PlaceFiles() {
  Database& database = instance_.Mutable(id_);
  if (!online_ && database.state != DatabaseState::kRestoring) {
    // Simple recovery: nobody needs the tail of its log.
    for (DatabaseFile& file : database.files) {
      if (!file.log && file.state == FileState::kOnline) {
        file.redo = {database.next_lsn, database.fork()};
      }
    }
    database.state = DatabaseState::kRestoring;
  }
  for (const DatabaseFile& file : files_) {
    if (!chosen_.contains(file.id) || IsDifferential(set_.type)) continue;
    DatabaseFile* there = database.FindFile(file.id);
    if (there == nullptr) {
      database.files.push_back(file);
      there = &database.files.back();
    }
    if (there->physical != file.physical) RemoveDataFile(there->physical);
    there->physical = file.physical;
    const bool goes_offline = online_ && there->state == FileState::kOnline;
    if (goes_offline) there->target = {database.next_lsn, database.fork()};
    DBSTOW_TRY(TakeDataFile(file.physical));
  }
  return {};
}

// Files that are not chosen may be as good as they are.
bool RestoreRunner::KeepsOthers(const Database& existing) const {
  return options_.Has("PARTIAL") && existing.family_guid == set_.family_guid;
}

// From here on the old database is gone, and what is there is in restoring, even if this ends now.
SqlResult<void> RestoreRunner::MakeShell() {
  UnitOfWork work(instance_);
  Database shell;
  const auto existing = instance_.databases().find(id_);
  std::vector<DatabaseFile> old_files;
  if (existing != instance_.databases().end()) {
    const Database& old = existing->second;
    old_files = old.files;
    const bool open = old.state != DatabaseState::kRestoring && !old.standby;
    for (DatabaseFile& file : files_) {
      const DatabaseFile* there = KeepsOthers(old) ? old.FindFile(file.id) : nullptr;
      if (there == nullptr || file.log || chosen_.contains(file.id)) continue;
      file = *there;
      if (open && file.state == FileState::kOnline) file.redo = {old.next_lsn, old.fork()};
    }
    shell = MakeDatabase(instance_, id_, old.name);
    if (KeepsOthers(old)) {
      shell.tables = old.tables;
      shell.file_groups = old.file_groups;
      DBSTOW_TRY(Journal(instance_, id_).DropLog({}));
    } else {
      DBSTOW_TRY(Journal(instance_, id_).DropEverything());
    }
    shell.owner = old.owner;
    shell.create_date = old.create_date;
  } else {
    id_ = instance_.MutableServer().next_database_id++;
    shell = MakeDatabase(instance_, id_, name_);
    shell.owner = context_.session.login;
  }
  shell.state = DatabaseState::kRestoring;
  shell.family_guid = set_.family_guid;
  for (DatabaseFile& file : files_) {
    const bool comes = file.log || chosen_.contains(file.id);
    if (comes) DBSTOW_TRY(TakeDataFile(file.physical));
    if (!comes && options_.Has("PARTIAL")) file.state = FileState::kPending;
  }
  shell.files = files_;
  instance_.Add(std::move(shell));
  DBSTOW_TRY(work.Commit());
  for (const DatabaseFile& file : old_files) {
    if (!HasFile(&instance_.databases().at(id_), file.physical)) RemoveDataFile(file.physical);
  }
  return {};
}

}  // namespace dbstow::doubles::sqlserver
