#include "doubles/sqlserver/exec/database_snapshot.h"

#include <algorithm>

#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/history.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/media/os_files.h"
#include "doubles/sqlserver/model/journal.h"

namespace dbstow::doubles::sqlserver {
namespace {

SqlResult<const Database*> CheckedSource(const Instance& instance, const Session& session,
                                         const CreateDatabaseStatement& statement) {
  const Database* source = instance.Find(statement.snapshot_of);
  if (source == nullptr) return NoDatabase(statement.snapshot_of);
  const Security security(instance);
  if (!security.IsSysadmin(session.login) && !SameName(source->owner, session.login)) {
    return SqlError{1817, 16,
                    "Only the owner of database \"" + source->name +
                        "\" or the system administrator can create a database snapshot on it."};
  }
  if (source->IsSystem()) {
    return SqlError{
        1816, 16, "Database snapshot on the system database " + source->name + " is not allowed."};
  }
  if (source->IsSnapshot()) {
    return SqlError{1821, 16, "Cannot create a database snapshot on another database snapshot."};
  }
  if (source->state != DatabaseState::kOnline) {
    return SqlError{1822, 16, "The database must be online to have a database snapshot."};
  }
  if (instance.Find(statement.name) != nullptr) {
    return SqlError{1801, 16, "Database '" + statement.name + "' already exists.", 3};
  }
  return source;
}

// The sparse files: one for each data file that is online.
SqlResult<std::vector<DatabaseFile>> SparseFiles(const Database& source,
                                                 const CreateDatabaseStatement& statement) {
  std::vector<DatabaseFile> files;
  for (const FileSpec& spec : statement.files) {
    if (!spec.file_group.empty()) {
      return SqlError{1825, 16,
                      "Filegroups and collations cannot be specified for database snapshots."};
    }
    if (spec.sized) {
      return SqlError{1815, 16, "The SIZE property cannot be used with database snapshot files."};
    }
    const auto file =
        std::find_if(source.files.begin(), source.files.end(),
                     [&](const DatabaseFile& one) { return SameName(one.logical, spec.logical); });
    if (file == source.files.end()) {
      return SqlError{5115, 16,
                      "Only SQL Server database files can be specified for database snapshots. '" +
                          spec.logical + "' is not a SQL Server database file."};
    }
    if (file->log || file->state != FileState::kOnline) {
      return SqlError{5114, 16,
                      "Log files, offline files, restoring files, and defunct files for database "
                      "snapshots should not be specified. \"" +
                          spec.logical + "\" is not an eligible file for a database snapshot."};
    }
    files.push_back(*file);
    files.back().physical = spec.physical;
  }
  for (const DatabaseFile& file : source.files) {
    const bool given = std::any_of(files.begin(), files.end(),
                                   [&](const DatabaseFile& one) { return one.id == file.id; });
    if (file.log || given) continue;
    if (file.state == FileState::kOnline) {
      return SqlError{5127, 16,
                      "All files must be specified for database snapshot creation. Missing the "
                      "file \"" +
                          file.logical + "\"."};
    }
    files.push_back(file);
  }
  return files;
}

SqlResult<void> CopyTables(Instance& instance, const Database& from, int to) {
  const Journal source(instance, from.id);
  Journal target(instance, to);
  for (const auto& [table_id, table] : from.tables) {
    if (from.FindFile(from.FileOf(table))->state != FileState::kOnline) continue;
    DBSTOW_TRY(target.CopyRows(table, source));
  }
  return {};
}

SqlError CannotRevert() {
  return {3137, 16,
          "Database cannot be reverted. Either the primary or the snapshot names are improperly "
          "specified, all other snapshots have not been dropped, or there are missing files."};
}

SqlResult<const Database*> CheckedSnapshot(Engine& engine, const Session& session,
                                           const Database& database, const std::string& name) {
  const Instance& instance = engine.instance();
  const Database* snapshot = instance.Find(name);
  if (snapshot == nullptr || snapshot->source_id != database.id) return CannotRevert();
  for (const auto& [id, other] : instance.databases()) {
    if (other.source_id == database.id && id != snapshot->id) return CannotRevert();
  }
  const bool fixed = std::any_of(database.file_groups.begin(), database.file_groups.end(),
                                 [](const FileGroup& group) { return group.read_only; });
  const bool missing =
      std::any_of(snapshot->files.begin(), snapshot->files.end(), [&](const DatabaseFile& file) {
        const DatabaseFile* there = database.FindFile(file.id);
        return file.state == FileState::kOnline &&
               (there == nullptr || there->state != FileState::kOnline);
      });
  if (fixed || missing || database.state != DatabaseState::kOnline) return CannotRevert();
  if (session.database == snapshot->id || engine.InUse(snapshot->id, session) ||
      engine.InUse(database.id, session)) {
    return SqlError{3101, 16,
                    "Exclusive access could not be obtained because the database is in use."};
  }
  return snapshot;
}

}  // namespace

SqlResult<void> CreateSnapshot(Engine& engine, const Session& session,
                               const CreateDatabaseStatement& statement) {
  Instance& instance = engine.instance();
  DBSTOW_ASSIGN(const Database* source, CheckedSource(instance, session, statement));
  if (!statement.collation.empty()) {
    return SqlError{1825, 16,
                    "Filegroups and collations cannot be specified for database snapshots."};
  }
  Database snapshot = *source;
  DBSTOW_ASSIGN(snapshot.files, SparseFiles(*source, statement));
  std::vector<std::string> created;
  SqlResult<void> outcome;
  {
    UnitOfWork work(instance);
    snapshot.id = instance.MutableServer().next_database_id++;
    snapshot.name = statement.name;
    snapshot.source_id = source->id;
    snapshot.create_date = instance.Now();
    snapshot.access = UserAccess::kMulti;
    const int id = snapshot.id;
    const std::vector<DatabaseFile> files = snapshot.files;
    instance.Add(std::move(snapshot));
    const auto make = [&]() -> SqlResult<void> {
      for (const DatabaseFile& file : files) {
        if (file.state != FileState::kOnline) continue;
        DBSTOW_TRY(CreateDataFile(file.physical));
        created.push_back(file.physical);
      }
      DBSTOW_TRY(CopyTables(instance, *source, id));
      DBSTOW_ASSIGN(const std::vector<LogRecord> open, Journal(instance, source->id).OpenChanges());
      for (const LogRecord& record : open) {
        DBSTOW_TRY(Journal(instance, id).UndoQuietly(record));
      }
      return work.Commit();
    };
    outcome = make();
  }
  if (outcome) return {};
  for (const std::string& path : created) RemoveDataFile(path);
  return outcome;
}

SqlResult<void> Revert(Engine& engine, const Session& session, int id, const std::string& name) {
  Instance& instance = engine.instance();
  if (id == 1) {
    return SqlError{3139, 16, "Restore to snapshot is not allowed with the master database."};
  }
  const Database& old = instance.databases().at(id);
  DBSTOW_ASSIGN(const Database* snapshot, CheckedSnapshot(engine, session, old, name));
  UnitOfWork work(instance);
  DBSTOW_TRY(Journal(instance, id).DropEverything());
  DBSTOW_TRY(CopyTables(instance, *snapshot, id));
  Database reverted = *snapshot;
  reverted.id = id;
  reverted.name = old.name;
  reverted.source_id = 0;
  reverted.create_date = old.create_date;
  reverted.access = old.access;
  for (DatabaseFile& file : reverted.files) {
    if (const DatabaseFile* there = old.FindFile(file.id)) file.physical = there->physical;
  }
  for (const DatabaseFile& file : old.files) {
    if (file.log) reverted.files.push_back(file);
  }
  // The log is made anew, and no log backup reaches over that.
  reverted.forks = old.forks;
  reverted.forks.push_back({instance.NewGuid(), old.next_lsn});
  reverted.next_lsn = {old.next_lsn.vlf + 1, 16, 1};
  reverted.checkpoint_lsn = reverted.next_lsn;
  reverted.next_transaction = old.next_transaction;
  reverted.next_object = std::max(reverted.next_object, old.next_object);
  reverted.last_log_backup = {};
  reverted.begins_chain = false;
  instance.Add(std::move(reverted));
  DBSTOW_TRY(RecordRestore(instance, {old.name, session.login, "", "R", false, true, 0}));
  return work.Commit();
}

}  // namespace dbstow::doubles::sqlserver
