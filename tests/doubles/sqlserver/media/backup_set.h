#pragma once

#include <set>
#include <string>
#include <vector>

#include "doubles/sqlserver/model/database.h"

namespace dbstow::doubles::sqlserver {

/// As HEADERONLY numbers them.
enum class BackupType {
  kDatabase = 1,
  kLog = 2,
  kFiles = 4,
  kDifferential = 5,
  kFilesDifferential = 6,
  kPartial = 7,
  kPartialDifferential = 8
};

[[nodiscard]] constexpr bool IsDifferential(BackupType type) {
  return type == BackupType::kDifferential || type == BackupType::kFilesDifferential ||
         type == BackupType::kPartialDifferential;
}

/// D, L, F, I, G, P or Q, as msdb has them.
[[nodiscard]] std::string TypeLetter(BackupType type);
[[nodiscard]] std::string TypeDescription(BackupType type);

/// A file of the database as it was then, in the set or not.
struct BackupFile {
  DatabaseFile file;
  std::string file_group;
  std::int64_t bytes = 0;
  bool present = true;
  bool read_only = false;
};

/// What a backup set says of itself: on its media, in msdb, in RESTORE HEADERONLY. Times are the
/// server's local ones. How it is written: `backup_set_fields.h`.
struct BackupSet {
  std::string guid;
  BackupType type = BackupType::kDatabase;
  std::string name;
  std::string description;
  int position = 1;
  std::string user;
  std::string server;
  std::string database;
  std::string owner;
  int database_version = 0;
  Milliseconds database_creation = 0;
  std::int64_t size = 0;
  std::int64_t compressed_size = 0;
  Lsn first_lsn;
  Lsn last_lsn;  ///< the next record after the set
  Lsn checkpoint_lsn;
  Lsn database_backup_lsn;  ///< the checkpoint of the full backup before
  Milliseconds start = 0;
  Milliseconds finish = 0;
  Milliseconds expiration = 0;
  int compatibility_level = 150;
  int version_major = 15;
  int version_build = 0;
  std::string collation;
  std::string database_guid;
  std::string family_guid;
  std::vector<Fork> forks;  ///< the path up to last_lsn
  RecoveryModel recovery_model = RecoveryModel::kFull;
  DifferentialBase base;  ///< what a differential is based on, when its files agree
  int zone_minutes = 0;
  Milliseconds last_valid_restore_time = 0;
  bool compressed = false;
  std::string compression;  ///< its algorithm, if any
  bool has_bulk_changes = false;
  bool read_only = false;
  bool single_user = false;
  bool checksums = false;
  bool damaged = false;
  bool begins_chain = false;
  bool copy_only = false;
  bool tail = false;                 ///< NORECOVERY or STANDBY
  bool incomplete_metadata = false;  ///< the data files could not be read
  bool metadata_only = false;
  std::string key_algorithm;
  std::string thumbprint;  ///< of the certificate that encrypts it
  std::vector<BackupFile> files;
  std::vector<BackupSet> members;  ///< the other databases of BACKUP GROUP or SERVER
  std::int64_t media_set_id = 0;   ///< in msdb only
  int families = 1;

  [[nodiscard]] const std::string& first_fork() const { return ForkAt(forks, first_lsn).guid; }
  /// The data files in it.
  [[nodiscard]] std::set<int> PresentFiles() const;
  [[nodiscard]] const std::string& last_fork() const { return forks.back().guid; }
  /// The bits of msdb's `flags`; 512 is set in every one.
  [[nodiscard]] int flags() const {
    return 512 | (has_bulk_changes ? 1 : 0) | (metadata_only ? 2 : 0) | (read_only ? 4 : 0) |
           (single_user ? 8 : 0) | (checksums ? 16 : 0) | (damaged ? 32 : 0) |
           (tail ? 64 | 256 : 0) | (incomplete_metadata ? 128 : 0);
  }
  /// None unless the set crosses a fork.
  [[nodiscard]] Lsn fork_point() const {
    return first_fork() == last_fork() ? Lsn{} : forks.back().start;
  }
};

/// One device of a media set.
struct MediaHeader {
  std::string media_guid;
  std::string family_guid;
  int family_count = 1;
  int family = 1;  ///< from 1
  int mirror_count = 1;
  std::string name;
  std::string description;
  Milliseconds date = 0;
  bool compressed = false;
  bool encrypted = false;
};

}  // namespace dbstow::doubles::sqlserver
