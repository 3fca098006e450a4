#include "doubles/sqlserver/model/database.h"

#include <algorithm>
#include <optional>

namespace dbstow::doubles::sqlserver {

Table* Database::FindTable(std::string_view schema, std::string_view table) {
  for (auto& [table_id, one] : tables) {
    if (SameName(one.name, table) && (schema.empty() || SameName(one.schema, schema))) return &one;
  }
  return nullptr;
}

const User* Database::FindUser(std::string_view user) const {
  const auto found = std::find_if(users.begin(), users.end(),
                                  [&](const User& one) { return SameName(one.name, user); });
  return found == users.end() ? nullptr : &*found;
}

User* Database::FindUser(std::string_view user) {
  return const_cast<User*>(std::as_const(*this).FindUser(user));
}

const FileGroup* Database::FindFileGroup(std::string_view group) const {
  const auto found = std::find_if(file_groups.begin(), file_groups.end(),
                                  [&](const FileGroup& one) { return SameName(one.name, group); });
  return found == file_groups.end() ? nullptr : &*found;
}

const FileGroup* Database::FindFileGroup(int group) const {
  const auto found = std::find_if(file_groups.begin(), file_groups.end(),
                                  [&](const FileGroup& one) { return one.id == group; });
  return found == file_groups.end() ? nullptr : &*found;
}

DatabaseFile* Database::FindFile(int file) {
  return const_cast<DatabaseFile*>(std::as_const(*this).FindFile(file));
}

const DatabaseFile* Database::FindFile(int file) const {
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const DatabaseFile& one) { return one.id == file; });
  return found == files.end() ? nullptr : &*found;
}

const DatabaseFile& Database::primary() const {
  return *std::min_element(files.begin(), files.end(),
                           [](const auto& a, const auto& b) { return a.id < b.id; });
}

int Database::FileOf(const Table& table) const {
  const FileGroup* group = FindFileGroup(table.file_group);
  int first = 0;
  for (const DatabaseFile& file : files) {
    const bool there = group != nullptr && !file.log && file.file_group == group->id;
    if (there && (first == 0 || file.id < first)) first = file.id;
  }
  return first == 0 ? primary().id : first;
}

std::set<int> Database::DataFiles() const {
  std::set<int> data;
  for (const DatabaseFile& file : files) {
    if (!file.log) data.insert(file.id);
  }
  return data;
}

bool Database::IsOnline(const FileGroup& group) const {
  return std::all_of(files.begin(), files.end(), [&](const DatabaseFile& file) {
    return file.log || file.file_group != group.id || file.state == FileState::kOnline;
  });
}

DifferentialBase Database::CommonBase() const {
  const DifferentialBase& first = primary().base;
  const bool common = std::all_of(files.begin(), files.end(), [&](const DatabaseFile& file) {
    return file.log || file.base.guid == first.guid;
  });
  return common ? first : DifferentialBase{};
}

bool Database::Restores(const DatabaseFile& file) const {
  if (file.log || file.state == FileState::kPending || file.state == FileState::kDefunct) {
    return false;
  }
  return state == DatabaseState::kRestoring || standby || file.state == FileState::kRestoring;
}

bool Database::IsSettled(const DatabaseFile& file) const {
  const FileGroup* group = FindFileGroup(file.file_group);
  return group != nullptr && group->read_only && group->read_only_lsn <= file.redo.lsn &&
         OnPath(forks, file.redo.lsn, file.redo.fork);
}

bool Database::RestoresAnything() const {
  return !pages.empty() || std::any_of(files.begin(), files.end(),
                                       [this](const auto& file) { return Restores(file); });
}

Position Database::RollForwardStart() const {
  std::optional<Position> lowest;
  const auto consider = [&](const Position& position) {
    if (!lowest || position.lsn < lowest->lsn) lowest = position;
  };
  for (const DatabaseFile& file : files) {
    if (Restores(file) && !IsSettled(file)) consider(file.redo);
  }
  for (const RestoringPage& page : pages) consider(page.redo);
  return lowest.value_or(primary().redo);
}

std::string_view ToString(RecoveryModel model) {
  switch (model) {
    case RecoveryModel::kSimple: return "SIMPLE";
    case RecoveryModel::kBulkLogged: return "BULK_LOGGED";
    case RecoveryModel::kFull: break;
  }
  return "FULL";
}

std::string ToString(const PageId& page) {
  return "(" + std::to_string(page.file) + ":" + std::to_string(page.page) + ")";
}

const Fork& ForkAt(const std::vector<Fork>& path, const Lsn& lsn) {
  const Fork* found = &path.front();
  for (const Fork& fork : path) {
    if (fork.start <= lsn) found = &fork;
  }
  return *found;
}

bool OnPath(const std::vector<Fork>& path, const Lsn& lsn, const std::string& guid) {
  if (ForkAt(path, lsn).guid == guid) return true;
  // Exactly at a fork point both sides are right.
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (path[i].start == lsn && path[i - 1].guid == guid) return true;
  }
  return false;
}

std::vector<Fork> PathUntil(std::vector<Fork> path, const Lsn& lsn) {
  while (path.size() > 1 && path.back().start >= lsn) path.pop_back();
  return path;
}

}  // namespace dbstow::doubles::sqlserver
