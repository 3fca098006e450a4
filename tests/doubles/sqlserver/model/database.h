#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "doubles/sqlserver/model/lsn.h"
#include "doubles/sqlserver/value/date_time.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {

enum class RecoveryModel { kSimple, kBulkLogged, kFull };
/// Pending: recovery would need a file that is not there. Suspect: it found damage. Emergency: to
/// be read by administrators.
enum class DatabaseState {
  kOnline,
  kRestoring,
  kOffline,
  kPending,
  kRecovering,
  kSuspect,
  kEmergency
};
enum class UserAccess { kMulti, kRestricted, kSingle };
/// Of a data file, beside the state of its database. Pending: its recovery was put off by a partial
/// restore. Defunct: it cannot be restored any more.
enum class FileState { kOnline, kRestoring, kPending, kDefunct };

struct TableColumn {
  std::string name;
  SqlType type;
  bool nullable = true;
  bool identity = false;
  bool key = false;
};

struct Table {
  int id = 0;
  std::string schema = "dbo";
  std::string name;
  std::vector<TableColumn> columns;
  std::string file_group = "PRIMARY";
  std::int64_t next_identity = 1;
};

struct FileGroup {
  int id = 1;
  std::string name = "PRIMARY";
  bool is_default = true;
  bool read_only = false;
  Lsn read_only_lsn;  ///< since when
};

struct DifferentialBase {
  Lsn lsn;  ///< the checkpoint of the base; none: there is no base
  std::string guid;
  Milliseconds time = 0;
};

/// How far something is rolled forward, and on which recovery fork.
struct Position {
  Lsn lsn;  ///< none: nothing of it is there
  std::string fork;
};

struct DatabaseFile {
  int id = 0;
  std::string logical;
  std::string physical;
  bool log = false;
  int file_group = 1;  ///< 0 for the log
  std::int64_t size_pages = 1024;
  std::int64_t max_pages = -1;
  Lsn create_lsn;
  std::string guid;
  FileState state = FileState::kOnline;
  DifferentialBase base;
  // While it is restored:
  Position redo;
  Position target;            ///< where it must get, when its database is online meanwhile
  std::string restored_guid;  ///< the set that a differential must be based on
};

/// A page of a data file, as "file:page" has it.
struct PageId {
  int file = 1;
  std::int64_t page = 42;
  friend bool operator==(const PageId&, const PageId&) = default;
};

/// A page that is being restored by itself.
struct RestoringPage {
  PageId id;
  Position redo;
  Position target;            ///< as that of a file
  std::string restored_guid;  ///< as that of a file
  bool bad = false;           ///< as it is in the backup
};

/// "G" or "D" by "PERMISSION" or "PERMISSION:object".
using Permissions = std::map<std::string, std::string>;

struct User {
  std::string name;
  std::string login;
  std::vector<std::string> roles;
  Permissions permissions;
};

/// From this LSN on the log was written on this recovery fork.
struct Fork {
  std::string guid;
  Lsn start;
};

/// How it is written: `database_fields.h`.
struct Database {
  int id = 0;
  std::string name;
  std::string owner = "sa";
  int source_id = 0;  ///< of a database snapshot: the database it is of
  Milliseconds create_date = 0;
  RecoveryModel recovery_model = RecoveryModel::kFull;
  DatabaseState state = DatabaseState::kOnline;
  bool standby = false;
  std::string standby_file;
  UserAccess access = UserAccess::kMulti;
  bool read_only = false;
  std::string collation = "SQL_Latin1_General_CP1_CI_AS";
  int compatibility_level = 150;
  int version = 904;
  std::string page_verify = "CHECKSUM";
  bool trustworthy = false;
  bool chaining = false;
  bool clone = false;
  bool verified_clone = false;
  bool has_bulk_changes = false;
  std::vector<PageId> bad_pages;  ///< which a checksum would find
  bool bad_log = false;           ///< which BACKUP would find
  bool synchronizing = true;      ///< of a secondary replica
  std::string replica_role;  ///< PRIMARY or SECONDARY in the availability group; empty: not in it

  std::vector<FileGroup> file_groups;
  std::vector<DatabaseFile> files;
  std::map<int, Table> tables;
  std::vector<User> users;

  std::string broker_guid;
  bool broker_enabled = true;
  std::string database_guid;
  std::string family_guid;
  std::vector<Fork> forks;  ///< oldest first; the last is the current one

  Lsn next_lsn;
  std::int64_t next_transaction = 1;
  int next_object = 100;
  Lsn checkpoint_lsn;
  Lsn last_log_backup;  ///< none: no log chain
  bool begins_chain = false;
  Milliseconds last_log_backup_time = 0;
  Lsn last_full_checkpoint;

  // While it is restored:
  Milliseconds redo_time = 0;  ///< of the last commit that was rolled forward
  std::vector<RestoringPage> pages;
  std::vector<std::string> standby_undone;  ///< keys of log records taken back for STANDBY

  /// Only the tail of its log can be backed up.
  [[nodiscard]] bool IsDamaged() const {
    return state == DatabaseState::kPending || state == DatabaseState::kSuspect;
  }
  [[nodiscard]] bool IsSystem() const { return id <= 4; }
  [[nodiscard]] bool IsSnapshot() const { return source_id != 0; }
  [[nodiscard]] bool ReadsOnly() const {
    return read_only || standby || IsSnapshot() || replica_role == "SECONDARY";
  }
  [[nodiscard]] const std::string& fork() const { return forks.back().guid; }
  [[nodiscard]] Table* FindTable(std::string_view schema, std::string_view table);
  [[nodiscard]] const User* FindUser(std::string_view user) const;
  [[nodiscard]] User* FindUser(std::string_view user);
  [[nodiscard]] const FileGroup* FindFileGroup(std::string_view group) const;
  [[nodiscard]] const FileGroup* FindFileGroup(int group) const;
  [[nodiscard]] const DatabaseFile* FindFile(int file) const;
  [[nodiscard]] DatabaseFile* FindFile(int file);
  /// The file that holds the catalog: its position is the database's.
  [[nodiscard]] const DatabaseFile& primary() const;
  /// All rows of a table are in the first file of its group.
  [[nodiscard]] int FileOf(const Table& table) const;
  [[nodiscard]] bool IsOnline(const FileGroup& group) const;
  [[nodiscard]] std::set<int> DataFiles() const;
  /// What all data files are based on; none when they differ.
  [[nodiscard]] DifferentialBase CommonBase() const;

  /// Whether the next RESTORE LOG is for that file.
  [[nodiscard]] bool Restores(const DatabaseFile& file) const;
  /// Or for anything.
  [[nodiscard]] bool RestoresAnything() const;
  /// A file that needs no log: of a group that was read-only then and has been ever since.
  [[nodiscard]] bool IsSettled(const DatabaseFile& file) const;
  /// Where rolling forward goes on: the lowest position of what is restored.
  [[nodiscard]] Position RollForwardStart() const;
};

[[nodiscard]] std::string_view ToString(RecoveryModel model);
/// "(1:42)"
[[nodiscard]] std::string ToString(const PageId& page);

/// The fork that wrote the log at `lsn`.
[[nodiscard]] const Fork& ForkAt(const std::vector<Fork>& path, const Lsn& lsn);
/// True when a database that is at `lsn` on fork `guid` is on that path.
[[nodiscard]] bool OnPath(const std::vector<Fork>& path, const Lsn& lsn, const std::string& guid);
/// The path without what came at or after `lsn`, but for its first entry.
[[nodiscard]] std::vector<Fork> PathUntil(std::vector<Fork> path, const Lsn& lsn);

}  // namespace dbstow::doubles::sqlserver
