#include "doubles/sqlserver/exec/history.h"

#include "doubles/sqlserver/media/backup_set_fields.h"

namespace dbstow::doubles::sqlserver {

SqlResult<std::vector<std::pair<std::int64_t, BackupSet>>> ReadHistory(Instance& instance) {
  DBSTOW_ASSIGN(const std::vector<Row> rows,
                instance.store().Query("SELECT id, json FROM backupset ORDER BY id"));
  std::vector<std::pair<std::int64_t, BackupSet>> sets;
  for (const Row& row : rows) {
    BackupSet set;
    try {
      JsonReader::Decode(nlohmann::json::parse(std::get<std::string>(row[1])), set);
    } catch (const nlohmann::json::exception& broken) {
      return SqlError{9001, 16, std::string("msdb is not readable: ") + broken.what()};
    }
    sets.emplace_back(std::get<std::int64_t>(row[0]), std::move(set));
  }
  return sets;
}

SqlResult<std::int64_t> RecordBackup(Instance& instance, BackupSet set, const MediaHeader& media,
                                     const std::vector<HistoryDevice>& devices) {
  Sqlite& store = instance.store();
  DBSTOW_ASSIGN(std::vector<Row> known,
                store.Query("SELECT media_set_id FROM backupmedia WHERE media_guid = ? LIMIT 1",
                            {Text(media.media_guid)}));
  if (known.empty()) {
    DBSTOW_ASSIGN(known, store.Query("SELECT COALESCE(MAX(media_set_id), 0) + 1 FROM backupmedia"));
    for (const HistoryDevice& device : devices) {
      DBSTOW_TRY(store.Run(
          "INSERT INTO backupmedia VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          {known[0][0], Int(device.family), Int(device.mirror), Text(device.family_guid),
           Text(device.name), Int(device.type), Text(media.media_guid),
           media.name.empty() ? Value() : Text(media.name),
           media.description.empty() ? Value() : Text(media.description), Int(media.family_count),
           device.logical_name.empty() ? Value() : Text(device.logical_name)}));
    }
  }
  set.media_set_id = std::get<std::int64_t>(known[0][0]);
  const std::int64_t id = instance.MutableServer().next_backup_set++;
  DBSTOW_TRY(store.Run("INSERT INTO backupset VALUES (?, ?)",
                       {Int(id), Text(JsonWriter::Encode(set).dump())}));
  return id;
}

SqlResult<void> RecordMark(Instance& instance, int id, const MarkRecord& mark) {
  const Database& database = instance.databases().at(id);
  return instance.store().Run(
      "INSERT INTO logmark VALUES (?, ?, ?, ?, ?, ?)",
      {Text(database.name), Text(mark.name), Text(mark.description), Text(mark.user),
       database.next_lsn.ToValue(), Text(FormatDateTime(RoundToDateTime(instance.Now())))});
}

SqlResult<void> RecordPage(Instance& instance, int database, const PageId& page, PageEvent event) {
  const Value now = Text(FormatDateTime(RoundToDateTime(instance.Now())));
  return instance.store().Run(
      "INSERT INTO suspectpage VALUES (?, ?, ?, ?, 1, ?) ON CONFLICT DO UPDATE SET event = "
      "excluded.event, time = excluded.time, count = count + (excluded.event < 4)",
      {Int(database), Int(page.file), Int(page.page), Int(static_cast<int>(event)), now});
}

SqlResult<void> RecordRestore(Instance& instance, const RestoreRecord& record) {
  return instance.store().Run(
      "INSERT INTO restorehistory (date, database, user, backup_set_guid, type, replace_, "
      "recovery, stop_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      {Text(FormatDateTime(RoundToDateTime(instance.Now()))), Text(record.database),
       Text(record.user), Text(record.set_guid), Text(record.type), Int(record.replace ? 1 : 0),
       Int(record.recovery ? 1 : 0),
       record.stop_at == 0 ? Value() : Text(FormatDateTime(record.stop_at))});
}

}  // namespace dbstow::doubles::sqlserver
