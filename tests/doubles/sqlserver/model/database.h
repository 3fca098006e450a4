#pragma once

#include <map>
#include <string>
#include <vector>

#include "doubles/sqlserver/model/lsn.h"
#include "doubles/sqlserver/value/date_time.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {

enum class RecoveryModel { kSimple, kBulkLogged, kFull };
/// Pending: recovery would need a file that is not there.
enum class DatabaseState { kOnline, kRestoring, kOffline, kPending };
enum class UserAccess { kMulti, kRestricted, kSingle };

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

struct DifferentialBase {
  Lsn lsn;  ///< the checkpoint of the base; none: there is no base
  std::string guid;
  Milliseconds time = 0;
};

/// How it is written: `database_fields.h`.
struct Database {
  int id = 0;
  std::string name;
  std::string owner = "sa";
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
  bool has_bad_page = false;  ///< which a checksum would find
  std::string replica_role;   ///< PRIMARY or SECONDARY in the availability group; empty: not in it

  std::vector<FileGroup> file_groups;
  std::vector<DatabaseFile> files;
  std::map<int, Table> tables;
  std::vector<User> users;

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
  DifferentialBase differential_base;

  // While it is restored:
  Lsn redo_lsn;
  Milliseconds redo_time = 0;               ///< of the last commit that was rolled forward
  std::string restored_full_guid;           ///< the set a differential must be based on
  std::vector<std::string> standby_undone;  ///< keys of log records taken back for STANDBY

  [[nodiscard]] bool IsSystem() const { return id <= 4; }
  [[nodiscard]] bool ReadsOnly() const {
    return read_only || standby || replica_role == "SECONDARY";
  }
  [[nodiscard]] const std::string& fork() const { return forks.back().guid; }
  [[nodiscard]] Table* FindTable(std::string_view schema, std::string_view table);
  [[nodiscard]] const User* FindUser(std::string_view user) const;
  [[nodiscard]] User* FindUser(std::string_view user);
  [[nodiscard]] const FileGroup* FindFileGroup(std::string_view group) const;
};

[[nodiscard]] std::string_view ToString(RecoveryModel model);

/// The fork that wrote the log at `lsn`.
[[nodiscard]] const Fork& ForkAt(const std::vector<Fork>& path, const Lsn& lsn);
/// True when a database that is at `lsn` on fork `guid` is on that path.
[[nodiscard]] bool OnPath(const std::vector<Fork>& path, const Lsn& lsn, const std::string& guid);
/// The path without what came at or after `lsn`, but for its first entry.
[[nodiscard]] std::vector<Fork> PathUntil(std::vector<Fork> path, const Lsn& lsn);

}  // namespace dbstow::doubles::sqlserver
