#pragma once

#include <string>
#include <utility>
#include <vector>

#include "doubles/sqlserver/media/backup_set.h"
#include "doubles/sqlserver/model/instance.h"

namespace dbstow::doubles::sqlserver {

/// msdb's memory of backups and restores, within the instance's unit of work.

struct HistoryDevice {
  std::string name;
  int type = 2;
  int family = 1;
  int mirror = 0;
  std::string family_guid;
  std::string logical_name;
};

[[nodiscard]] SqlResult<std::vector<std::pair<std::int64_t, BackupSet>>> ReadHistory(
    Instance& instance);
/// Adds the set and, when they are new, its media. Returns the set's number.
[[nodiscard]] SqlResult<std::int64_t> RecordBackup(Instance& instance, BackupSet set,
                                                   const MediaHeader& media,
                                                   const std::vector<HistoryDevice>& devices);

struct RestoreRecord {
  std::string database;
  std::string user;
  std::string set_guid;
  std::string type;  ///< D, F, G, I, L or R
  bool replace = false;
  bool recovery = false;
  Milliseconds stop_at = 0;
};
struct MarkRecord {
  std::string name;
  std::string description;
  std::string user;
};
/// The mark of a transaction whose commit is the next record of the database's log.
[[nodiscard]] SqlResult<void> RecordMark(Instance& instance, int database, const MarkRecord& mark);
/// What suspect_pages says of a page.
enum class PageEvent { kBadChecksum = 2, kRestored = 4 };
[[nodiscard]] SqlResult<void> RecordPage(Instance& instance, int database, const PageId& page,
                                         PageEvent event);
[[nodiscard]] SqlResult<void> RecordRestore(Instance& instance, const RestoreRecord& record);

}  // namespace dbstow::doubles::sqlserver
