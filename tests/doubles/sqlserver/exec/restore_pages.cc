#include <algorithm>
#include <charconv>
#include <map>

#include "doubles/sqlserver/exec/restore_runner.h"

// RESTORE DATABASE … PAGE = '1:57, 2:31'.
namespace dbstow::doubles::sqlserver {
namespace {

constexpr int kMostPages = 1000;

// The boot page, and where the others of its kind begin: free space, allocation, changes.
bool IsControlPage(const PageId& page) {
  return page.page <= 3 || page.page == 6 || page.page == 7 || page == PageId{1, 9};
}

SqlError BadList(std::size_t good, std::size_t offset) {
  return {4350, 16,
          "The list of pages provided with the RESTORE PAGE statement is incorrectly formatted. "
          "Prior to the problem " +
              std::to_string(good) +
              " pages were correctly identified. The problem was hit at "
              "character offset " +
              std::to_string(offset) + "."};
}

}  // namespace

SqlResult<void> RestoreRunner::ReadPages(const std::string& list) {
  std::size_t good = 0;
  const char* at = list.data();
  const char* const end = at + list.size();
  const auto skip = [&](char wanted) {
    while (at != end && *at == ' ') ++at;
    if (at == end || *at != wanted) return false;
    ++at;
    return true;
  };
  const auto number = [&](auto& into) {
    while (at != end && *at == ' ') ++at;
    const auto [next, problem] = std::from_chars(at, end, into);
    at = next;
    return problem == std::errc() && into >= 0;
  };
  do {
    PageId page;
    if (!number(page.file) || !skip(':') || !number(page.page)) {
      return BadList(good, static_cast<std::size_t>(at - list.data()));
    }
    pages_.push_back(page);
    ++good;
  } while (skip(','));
  if (at != end) return BadList(good, static_cast<std::size_t>(at - list.data()));
  return {};
}

SqlResult<void> RestoreRunner::CheckPages(const Database& existing) const {
  if (options_.Has("PARTIAL")) return options_.Forbid({"PARTIAL"});
  if (existing.recovery_model == RecoveryModel::kSimple || existing.last_log_backup.IsNone()) {
    return SqlError{4346, 16,
                    "RESTORE PAGE is not allowed with databases that use the simple recovery model "
                    "or have broken the log backup chain."};
  }
  std::map<int, int> counts;
  for (const PageId& page : pages_) {
    DBSTOW_TRY(CheckPage(existing, page));
    if (++counts[page.file] <= kMostPages) continue;
    return SqlError{3105, 16,
                    "RESTORE cannot restore any more pages into file '" +
                        existing.FindFile(page.file)->logical +
                        "' because the maximum number of pages (1000) are already being restored."};
  }
  return {};
}

SqlResult<void> RestoreRunner::CheckPage(const Database& existing, const PageId& page) const {
  const DatabaseFile* file = existing.FindFile(page.file);
  if (file == nullptr || file->log || page.page >= file->size_pages) {
    return SqlError{3194, 16,
                    "Page " + ToString(page) +
                        " is beyond the end of the file. Only pages that are in the current range "
                        "of the file can be restored."};
  }
  if (IsControlPage(page)) {
    return SqlError{3111, 16,
                    "Page " + ToString(page) +
                        " is a control page which cannot be restored in isolation. To repair this "
                        "page, the entire file must be restored."};
  }
  if (file->state != FileState::kOnline) {
    return SqlError{4310, 16,
                    "RESTORE PAGE is not allowed on file \"" + file->logical +
                        "\" because the file is not online."};
  }
  if (existing.read_only || existing.FindFileGroup(file->file_group)->read_only) {
    return SqlError{4344, 16, "RESTORE PAGE is not allowed on read-only databases or filegroups."};
  }
  if (IsDifferential(set_.type) || !set_.PresentFiles().contains(page.file)) {
    return SqlError{3195, 16,
                    "Page " + ToString(page) +
                        " cannot be restored from this backup set. RESTORE PAGE can only be used "
                        "from full backup sets or from the first log or differential backup taken "
                        "since the file was added to the database."};
  }
  return {};
}

}  // namespace dbstow::doubles::sqlserver
