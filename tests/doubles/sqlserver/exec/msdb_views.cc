#include <algorithm>

#include "doubles/sqlserver/exec/history.h"
#include "doubles/sqlserver/exec/recovery_model_text.h"
#include "doubles/sqlserver/exec/system_views.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

Value TextOrNull(const std::string& text) { return text.empty() ? Value() : Text(text); }

constexpr std::string_view kSetColumns =
    "backup_set_id int, backup_set_uuid uniqueidentifier, media_set_id int, "
    "first_family_number tinyint, last_family_number tinyint, catalog_family_number tinyint, "
    "position int, expiration_date datetime, software_vendor_id int, name nvarchar(128), "
    "description nvarchar(255), user_name nvarchar(128), software_major_version tinyint, "
    "software_minor_version tinyint, software_build_version smallint, time_zone smallint, "
    "first_lsn numeric(25,0), last_lsn numeric(25,0), checkpoint_lsn numeric(25,0), "
    "database_backup_lsn numeric(25,0), database_creation_date datetime, "
    "backup_start_date datetime, backup_finish_date datetime, type char(1), "
    "compatibility_level tinyint, database_version int, backup_size numeric(20,0), "
    "database_name nvarchar(128), server_name nvarchar(128), machine_name nvarchar(128), "
    "flags int, collation_name nvarchar(128), is_password_protected bit, "
    "recovery_model nvarchar(60), has_bulk_logged_data bit, is_snapshot bit, is_readonly bit, "
    "is_single_user bit, has_backup_checksums bit, is_damaged bit, begins_log_chain bit, "
    "has_incomplete_metadata bit, is_force_offline bit, is_copy_only bit, "
    "first_recovery_fork_guid uniqueidentifier, last_recovery_fork_guid uniqueidentifier, "
    "fork_point_lsn numeric(25,0), database_guid uniqueidentifier, "
    "family_guid uniqueidentifier, differential_base_lsn numeric(25,0), "
    "differential_base_guid uniqueidentifier, compressed_backup_size numeric(20,0), "
    "key_algorithm nvarchar(32), encryptor_thumbprint varbinary(20), encryptor_type nvarchar(32)";
constexpr std::string_view kNewSetColumns =
    ", last_valid_restore_time datetime, compression_algorithm nvarchar(32)";

Row SetRow(std::int64_t id, const BackupSet& set, bool newer) {
  const bool encrypted = !set.thumbprint.empty();
  Row row{Int(id),
          GuidOf(set.guid),
          Int(set.media_set_id),
          Int(1),
          Int(set.families),
          Int(1),
          Int(set.position),
          TimeOf(set.expiration),
          Int(4608),
          TextOrNull(set.name),
          TextOrNull(set.description),
          Text(set.user),
          Int(set.version_major),
          Int(0),
          Int(set.version_build),
          Int(set.zone_minutes / 15),
          set.first_lsn.ToValue(),
          set.last_lsn.ToValue(),
          set.checkpoint_lsn.ToValue(),
          set.database_backup_lsn.IsNone() ? DecimalOf(0) : set.database_backup_lsn.ToValue(),
          TimeOf(set.database_creation),
          TimeOf(set.start),
          TimeOf(set.finish),
          Text(TypeLetter(set.type)),
          Int(set.compatibility_level),
          Int(set.database_version),
          DecimalOf(set.size),
          Text(set.database),
          Text(set.server),
          Text(set.server),
          Int(set.flags()),
          Text(set.collation),
          Bit(false),
          Text(RecoveryModelText(set.recovery_model)),
          Bit(set.has_bulk_changes),
          Bit(set.metadata_only),
          Bit(set.read_only),
          Bit(set.single_user),
          Bit(set.checksums),
          Bit(set.damaged),
          Bit(set.begins_chain),
          Bit(set.incomplete_metadata),
          Bit(set.tail),
          Bit(set.copy_only),
          GuidOf(set.first_fork()),
          GuidOf(set.last_fork()),
          set.fork_point().ToValue(),
          GuidOf(set.database_guid),
          GuidOf(set.family_guid),
          set.base.lsn.ToValue(),
          GuidOf(set.base.guid),
          DecimalOf(set.compressed_size),
          TextOrNull(set.key_algorithm),
          encrypted ? Value(Blob{BytesOfHex(set.thumbprint)}) : Value(),
          encrypted ? Text("CERTIFICATE") : Value()};
  if (newer) {
    row.push_back(TimeOf(set.last_valid_restore_time));
    row.push_back(TextOrNull(set.compression));
  }
  return row;
}

SqlResult<std::optional<ViewRows>> Sets(const ViewContext& context) {
  const bool newer = context.instance.settings().major >= 16;
  ViewRows result;
  result.columns = ColumnsOf(std::string(kSetColumns) + std::string(newer ? kNewSetColumns : ""));
  DBSTOW_ASSIGN(const auto sets, ReadHistory(context.instance));
  for (const auto& [id, set] : sets) result.rows.push_back(SetRow(id, set, newer));
  return std::optional(std::move(result));
}

SqlResult<std::optional<ViewRows>> Files(const ViewContext& context) {
  ViewRows result;
  result.columns = ColumnsOf(
      "backup_set_id int, first_family_number tinyint, filegroup_name nvarchar(128), "
      "file_size numeric(20,0), file_type char(1), file_number numeric(10,0), "
      "logical_name nvarchar(128), physical_name nvarchar(260), backup_size numeric(20,0), "
      "differential_base_lsn numeric(25,0), differential_base_guid uniqueidentifier, "
      "filegroup_guid uniqueidentifier, is_readonly bit, is_present bit");
  DBSTOW_ASSIGN(const auto sets, ReadHistory(context.instance));
  for (const auto& [id, set] : sets) {
    for (const BackupFile& file : set.files) {
      result.rows.push_back(
          {Int(id), Int(1), TextOrNull(file.file_group), DecimalOf(file.file.size_pages * 8192),
           Text(file.file.log ? "L" : "D"), DecimalOf(file.file.id), Text(file.file.logical),
           Text(file.file.physical), DecimalOf(file.bytes),
           IsDifferential(set.type) ? file.file.base.lsn.ToValue() : Value(),
           IsDifferential(set.type) ? GuidOf(file.file.base.guid) : Value(), Value(),
           Bit(set.read_only || file.read_only), Bit(file.present)});
    }
  }
  return std::optional(std::move(result));
}

SqlResult<std::optional<ViewRows>> Families(const ViewContext& context) {
  ViewRows result;
  result.columns = ColumnsOf(
      "media_set_id int, family_sequence_number tinyint, media_family_id uniqueidentifier, "
      "media_count int, logical_device_name nvarchar(128), physical_device_name nvarchar(260), "
      "device_type tinyint, physical_block_size int, mirror tinyint");
  DBSTOW_ASSIGN(
      const std::vector<Row> rows,
      context.instance.store().Query("SELECT media_set_id, family, guid, 1, logical, device, "
                                     "device_type, 512, mirror FROM backupmedia"));
  result.rows = rows;
  return std::optional(std::move(result));
}

SqlResult<std::optional<ViewRows>> MediaSets(const ViewContext& context) {
  ViewRows result;
  result.columns = ColumnsOf(
      "media_set_id int, media_uuid uniqueidentifier, media_family_count tinyint, "
      "name nvarchar(128), description nvarchar(255), software_name nvarchar(128), "
      "software_vendor_id int, MTF_major_version tinyint, mirror_count tinyint");
  DBSTOW_ASSIGN(result.rows,
                context.instance.store().Query(
                    "SELECT media_set_id, MAX(media_guid), MAX(families), MAX(name), "
                    "MAX(description), 'Microsoft SQL Server', 4608, 1, MAX(mirror) + 1 "
                    "FROM backupmedia GROUP BY media_set_id"));
  return std::optional(std::move(result));
}

SqlResult<std::optional<ViewRows>> Marks(const ViewContext& context) {
  ViewRows result;
  result.columns = ColumnsOf(
      "database_name nvarchar(128), mark_name nvarchar(128), description nvarchar(255), "
      "user_name nvarchar(128), lsn numeric(25,0), mark_time datetime");
  DBSTOW_ASSIGN(result.rows, context.instance.store().Query(
                                 "SELECT database, mark, description, user, lsn, time FROM logmark "
                                 "ORDER BY rowid"));
  return std::optional(std::move(result));
}

SqlResult<std::optional<ViewRows>> SuspectPages(const ViewContext& context) {
  ViewRows result;
  result.columns = ColumnsOf(
      "database_id int, file_id int, page_id bigint, event_type int, error_count int, "
      "last_update_date datetime");
  DBSTOW_ASSIGN(result.rows,
                context.instance.store().Query(
                    "SELECT db, file, page, event, count, time FROM suspectpage ORDER BY 1, 2, 3"));
  return std::optional(std::move(result));
}

SqlResult<std::optional<ViewRows>> Restores(const ViewContext& context) {
  ViewRows result;
  result.columns = ColumnsOf(
      "restore_history_id int, restore_date datetime, destination_database_name nvarchar(128), "
      "user_name nvarchar(128), backup_set_id int, restore_type char(1), \"replace\" bit, "
      "recovery bit, restart bit, stop_at datetime");
  for (Column& column : result.columns) {
    if (column.name == "\"replace\"") column.name = "replace";
  }
  DBSTOW_ASSIGN(const auto sets, ReadHistory(context.instance));
  DBSTOW_ASSIGN(
      std::vector<Row> rows,
      context.instance.store().Query(
          "SELECT id, date, database, user, backup_set_guid, type, replace_, recovery, 0, "
          "stop_at FROM restorehistory ORDER BY id"));
  for (Row& row : rows) {
    const auto set = std::find_if(sets.begin(), sets.end(),
                                  [&](const auto& one) { return Text(one.second.guid) == row[4]; });
    row[4] = set == sets.end() ? Value() : Int(set->first);
  }
  result.rows = std::move(rows);
  return std::optional(std::move(result));
}

}  // namespace

SqlResult<std::optional<ViewRows>> ReadMsdbView(const std::string& name,
                                                const ViewContext& context) {
  if (context.database.id != 4) return std::optional<ViewRows>();
  if (name == "dbo.backupset") return Sets(context);
  if (name == "dbo.backupfile") return Files(context);
  if (name == "dbo.backupmediafamily") return Families(context);
  if (name == "dbo.backupmediaset") return MediaSets(context);
  if (name == "dbo.restorehistory") return Restores(context);
  if (name == "dbo.logmarkhistory") return Marks(context);
  if (name == "dbo.suspect_pages") return SuspectPages(context);
  return std::optional<ViewRows>();
}

}  // namespace dbstow::doubles::sqlserver
