#include "doubles/sqlserver/model/database.h"

#include <algorithm>

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

std::string_view ToString(RecoveryModel model) {
  switch (model) {
    case RecoveryModel::kSimple: return "SIMPLE";
    case RecoveryModel::kBulkLogged: return "BULK_LOGGED";
    case RecoveryModel::kFull: break;
  }
  return "FULL";
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
