#include "doubles/sqlserver/model/new_database.h"

#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::uint64_t kFirstVlf = 17126658;
constexpr std::int64_t kExpressPages = 10 * 1024 * 128;  // 10 GiB

}  // namespace

std::vector<DatabaseFile> DefaultFiles(Instance& instance, const std::string& name,
                                       const Lsn& created) {
  DatabaseFile data{1, name, instance.DataFolder() + "/" + name + ".mdf"};
  data.create_lsn = created;
  data.guid = instance.NewGuid();
  DatabaseFile log{2, name + "_log", instance.DataFolder() + "/" + name + "_log.ldf", true, 0};
  log.create_lsn = created;
  log.guid = instance.NewGuid();
  return {data, log};
}

SqlResult<void> CheckNames(const std::vector<DatabaseFile>& files) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (SameName(files[i].logical, files[j].logical)) {
        return SqlError{1828, 16,
                        "The logical file name \"" + files[i].logical +
                            "\" is already in use. Choose a different name."};
      }
      if (files[i].physical == files[j].physical) {
        return SqlError{1834, 16,
                        "The file '" + files[i].physical +
                            "' cannot be overwritten. It is being used by another file."};
      }
    }
  }
  return {};
}

SqlResult<void> CheckLicensedSize(const Instance& instance,
                                  const std::vector<DatabaseFile>& files) {
  if (instance.settings().edition != Edition::kExpress) return {};
  std::int64_t pages = 0;
  for (const DatabaseFile& file : files) pages += file.log ? 0 : file.size_pages;
  if (pages <= kExpressPages) return {};
  return SqlError{1827, 16,
                  "CREATE DATABASE or ALTER DATABASE failed because the resulting cumulative "
                  "database size would exceed your licensed limit of 10240 MB per database."};
}

Database MakeDatabase(Instance& instance, int id, const std::string& name) {
  Database database;
  database.id = id;
  database.name = name;
  database.create_date = instance.Now();
  database.compatibility_level = instance.settings().major * 10;
  database.version = instance.DatabaseVersion();
  database.file_groups.emplace_back();
  database.next_lsn = {kFirstVlf, 16, 1};
  database.checkpoint_lsn = database.next_lsn;
  database.broker_guid = instance.NewGuid();
  database.database_guid = instance.NewGuid();
  database.family_guid = instance.NewGuid();
  database.forks.push_back({instance.NewGuid(), {}});
  database.files = DefaultFiles(instance, name, database.next_lsn);
  return database;
}

}  // namespace dbstow::doubles::sqlserver
