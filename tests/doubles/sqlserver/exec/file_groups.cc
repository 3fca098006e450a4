#include "doubles/sqlserver/exec/file_groups.h"

#include <algorithm>

namespace dbstow::doubles::sqlserver {
namespace {

const FileGroup& GroupOf(const Database& database, const Table& table) {
  const FileGroup* group = database.FindFileGroup(table.file_group);
  return group == nullptr ? database.file_groups.front() : *group;
}

}  // namespace

SqlResult<void> CheckReadable(const Database& database, const Table& table) {
  if (database.IsOnline(GroupOf(database, table))) return {};
  return SqlError{8653, 16,
                  "The query processor is unable to produce a plan for the table or view '" +
                      table.name +
                      "' because the table resides in a filegroup that is not "
                      "online."};
}

SqlResult<void> CheckChangeable(const Database& database, const Table& table) {
  DBSTOW_TRY(CheckReadable(database, table));
  const FileGroup& group = GroupOf(database, table);
  if (!group.read_only) return {};
  return SqlError{652, 16,
                  "The index \"\" for table \"" + table.schema + "." + table.name +
                      "\" resides on a read-only filegroup (\"" + group.name +
                      "\"), which cannot be modified."};
}

SqlResult<void> CheckRoom(const Database& database, const std::string& file_group) {
  const FileGroup* group = database.FindFileGroup(file_group);
  if (group == nullptr) {
    return SqlError{1921, 16, "Invalid filegroup '" + file_group + "' specified."};
  }
  if (group->read_only) return SqlError{1924, 16, "Filegroup '" + file_group + "' is read-only."};
  const bool any = std::any_of(
      database.files.begin(), database.files.end(),
      [&](const DatabaseFile& file) { return !file.log && file.file_group == group->id; });
  if (!any) {
    return SqlError{1922, 16,
                    "Filegroup '" + file_group +
                        "' has no files assigned to it. Tables, indexes, and large object columns "
                        "cannot be created on this filegroup."};
  }
  if (database.IsOnline(*group)) return {};
  return SqlError{
      1931, 16,
      "The SQL statement cannot be executed because filegroup '" + file_group + "' is offline."};
}

SqlResult<void> CheckDroppable(const Database& database, const Table& table) {
  const FileGroup& group = GroupOf(database, table);
  const std::string cannot =
      "Cannot drop the table '" + table.name + "' because at least part of the table resides on ";
  if (!database.IsOnline(group)) return SqlError{3741, 16, cannot + "an offline filegroup."};
  if (group.read_only) return SqlError{3740, 16, cannot + "a read-only filegroup."};
  return {};
}

}  // namespace dbstow::doubles::sqlserver
