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

SqlError Misplaced(const DatabaseFile& file) {
  return {3156, 16,
          "File '" + file.logical + "' cannot be restored to '" + file.physical +
              "'. Use WITH MOVE to identify a valid location for the file."};
}

}  // namespace

// Every problem is said; what ends the statement is 3119.
SqlResult<void> RestoreRunner::PlanFiles(const Database* existing) {
  files_.clear();
  for (const BackupFile& file : set_.files) files_.push_back(file.file);
  for (const auto& [logical, physical] : options_.moves()) {
    const auto file = std::find_if(
        files_.begin(), files_.end(),
        [&, &wanted = logical](const DatabaseFile& one) { return SameName(one.logical, wanted); });
    if (file == files_.end()) {
      return SqlError{3234, 16,
                      "Logical file '" + logical + "' is not part of database '" + name_ +
                          "'. Use RESTORE FILELISTONLY to list the logical file names."};
    }
    file->physical = physical;
  }
  if (set_.type != BackupType::kDatabase) return {};
  std::vector<SqlError> problems;
  std::set<std::string> claimed;
  for (const DatabaseFile& file : files_) {
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
  if (problems.empty()) return CheckLicensedSize(instance_, files_);
  for (const SqlError& problem : problems) context_.sink.Message(problem, 1);
  return SqlError{3119, 16,
                  "Problems were identified while planning for the RESTORE statement. Previous "
                  "messages provide details."};
}

// From here on the old database is gone, and what is there is in restoring, even if this ends now.
SqlResult<void> RestoreRunner::MakeShell() {
  UnitOfWork work(instance_);
  Database shell;
  const auto existing = instance_.databases().find(id_);
  std::vector<DatabaseFile> old_files;
  if (existing != instance_.databases().end()) {
    old_files = existing->second.files;
    DBSTOW_TRY(Journal(instance_, id_).DropEverything());
    shell = MakeDatabase(instance_, id_, existing->second.name);
    shell.owner = existing->second.owner;
    shell.create_date = existing->second.create_date;
  } else {
    id_ = instance_.MutableServer().next_database_id++;
    shell = MakeDatabase(instance_, id_, name_);
    shell.owner = context_.session.login;
  }
  shell.state = DatabaseState::kRestoring;
  shell.files = files_;
  shell.family_guid = set_.family_guid;
  shell.redo_lsn = {};
  for (const DatabaseFile& file : files_) DBSTOW_TRY(TakeDataFile(file.physical));
  instance_.Add(std::move(shell));
  DBSTOW_TRY(work.Commit());
  for (const DatabaseFile& file : old_files) {
    if (!HasFile(&instance_.databases().at(id_), file.physical)) RemoveDataFile(file.physical);
  }
  return {};
}

}  // namespace dbstow::doubles::sqlserver
