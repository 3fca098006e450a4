#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/backup_store.h"

namespace dbstow::repository {

/// Clocks that differ by less are taken for right.
inline constexpr std::chrono::minutes kClockTolerance{5};

/// The second that an id begins with, as text that sorts by time. It is the second in which the
/// backup began, or one more than the newest there was: in a chain, only backups that were made at
/// the same time can have the same one.
[[nodiscard]] std::string_view SecondOf(std::string_view backup_id);

/// When the id of a backup is to begin that began `now`, beside the newest id that was there: a
/// clock that ran ahead, here or elsewhere, must not make later backups look older.
[[nodiscard]] TimePoint TimeForId(TimePoint now, std::string_view newest_id);

/// Puts records of one chain in the order in which they were made, oldest first. Ids tell; but
/// nothing comes before what it was built upon, which mends the order of chains from before ids
/// heeded each other. A damaged record comes last in its second, as it may be that. Pure.
void SortByMaking(std::vector<BackupRecord>& records);

}  // namespace dbstow::repository
