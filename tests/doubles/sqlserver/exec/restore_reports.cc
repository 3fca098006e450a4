#include "doubles/sqlserver/exec/recovery_model_text.h"
#include "doubles/sqlserver/exec/restore_runner.h"
#include "doubles/sqlserver/exec/system_views.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::string_view kHeaderColumns =
    "BackupName nvarchar(128), BackupDescription nvarchar(255), BackupType smallint, "
    "ExpirationDate datetime, Compressed bit, Position smallint, DeviceType tinyint, "
    "UserName nvarchar(128), ServerName nvarchar(128), DatabaseName nvarchar(128), "
    "DatabaseVersion int, DatabaseCreationDate datetime, BackupSize numeric(20,0), "
    "FirstLSN numeric(25,0), LastLSN numeric(25,0), CheckpointLSN numeric(25,0), "
    "DatabaseBackupLSN numeric(25,0), BackupStartDate datetime, BackupFinishDate datetime, "
    "SortOrder smallint, CodePage smallint, UnicodeLocaleId int, UnicodeComparisonStyle int, "
    "CompatibilityLevel tinyint, SoftwareVendorId int, SoftwareVersionMajor int, "
    "SoftwareVersionMinor int, SoftwareVersionBuild int, MachineName nvarchar(128), Flags int, "
    "BindingID uniqueidentifier, RecoveryForkID uniqueidentifier, Collation nvarchar(128), "
    "FamilyGUID uniqueidentifier, HasBulkLoggedData bit, IsSnapshot bit, IsReadOnly bit, "
    "IsSingleUser bit, HasBackupChecksums bit, IsDamaged bit, BeginsLogChain bit, "
    "HasIncompleteMetaData bit, IsForceOffline bit, IsCopyOnly bit, "
    "FirstRecoveryForkID uniqueidentifier, ForkPointLSN numeric(25,0), "
    "RecoveryModel nvarchar(60), DifferentialBaseLSN numeric(25,0), "
    "DifferentialBaseGUID uniqueidentifier, BackupTypeDescription nvarchar(60), "
    "BackupSetGUID uniqueidentifier, CompressedBackupSize bigint, containment tinyint, "
    "KeyAlgorithm nvarchar(32), EncryptorThumbprint varbinary(20), EncryptorType nvarchar(32)";
constexpr std::string_view kNewHeaderColumns =
    ", LastValidRestoreTime datetime, TimeZone nvarchar(32), CompressionAlgorithm nvarchar(32)";

constexpr std::string_view kFileColumns =
    "LogicalName nvarchar(128), PhysicalName nvarchar(260), Type char(1), "
    "FileGroupName nvarchar(128), Size numeric(20,0), MaxSize numeric(20,0), FileID bigint, "
    "CreateLSN numeric(25,0), DropLSN numeric(25,0), UniqueID uniqueidentifier, "
    "ReadOnlyLSN numeric(25,0), ReadWriteLSN numeric(25,0), BackupSizeInBytes bigint, "
    "SourceBlockSize int, FileGroupID int, LogGroupGUID uniqueidentifier, "
    "DifferentialBaseLSN numeric(25,0), DifferentialBaseGUID uniqueidentifier, IsReadOnly bit, "
    "IsPresent bit, TDEThumbprint varbinary(32), SnapshotURL nvarchar(360)";

constexpr std::string_view kLabelColumns =
    "MediaName nvarchar(128), MediaSetId uniqueidentifier, FamilyCount int, "
    "FamilySequenceNumber int, MediaFamilyId uniqueidentifier, MediaSequenceNumber int, "
    "MediaLabelPresent tinyint, MediaDescription nvarchar(255), SoftwareName nvarchar(128), "
    "SoftwareVendorId int, MediaDate datetime, MirrorCount int, IsCompressed bit";

Value TextOrNull(const std::string& text) { return text.empty() ? Value() : Text(text); }
Value LsnOrZero(const Lsn& lsn) { return lsn.IsNone() ? DecimalOf(0) : lsn.ToValue(); }

Row HeaderRow(const BackupSet& set, int position, int device_type, bool incomplete) {
  const bool encrypted = !set.thumbprint.empty();
  return {TextOrNull(set.name),
          TextOrNull(set.description),
          Int(static_cast<int>(set.type)),
          TimeOf(set.expiration),
          Bit(set.compressed),
          Int(position),
          Int(device_type),
          Text(set.user),
          Text(set.server),
          Text(set.database),
          Int(set.database_version),
          TimeOf(set.database_creation),
          DecimalOf(set.size),
          set.first_lsn.ToValue(),
          set.last_lsn.ToValue(),
          set.checkpoint_lsn.ToValue(),
          LsnOrZero(set.database_backup_lsn),
          TimeOf(set.start),
          incomplete ? Value() : TimeOf(set.finish),
          Int(52),
          Int(0),
          Int(1033),
          Int(196609),
          Int(set.compatibility_level),
          Int(4608),
          Int(set.version_major),
          Int(0),
          Int(set.version_build),
          Text(set.server),
          Int(set.flags()),
          GuidOf(set.database_guid),
          GuidOf(set.last_fork()),
          Text(set.collation),
          GuidOf(set.family_guid),
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
          set.fork_point().ToValue(),
          Text(RecoveryModelText(set.recovery_model)),
          set.base.lsn.ToValue(),
          GuidOf(set.base.guid),
          Text(TypeDescription(set.type)),
          GuidOf(set.guid),
          Int(set.compressed_size),
          Int(0),
          TextOrNull(set.key_algorithm),
          encrypted ? Value(Blob{BytesOfHex(set.thumbprint)}) : Value(),
          encrypted ? Text("CERTIFICATE") : Value()};
}

}  // namespace

RestoreReport HeaderReport(const ReadMedia& media, int server_major) {
  const bool newer = server_major >= 16;
  RestoreReport report;
  report.columns =
      ColumnsOf(std::string(kHeaderColumns) + std::string(newer ? kNewHeaderColumns : ""));
  int position = 0;
  for (const MediaEntry& entry : media.families.front().entries) {
    const bool incomplete = entry.fault == MediaFault::kIncomplete;
    Row row = HeaderRow(entry.set, ++position, media.devices.front().type, incomplete);
    if (newer) {
      row.push_back(TimeOf(entry.set.last_valid_restore_time));
      row.push_back(Text(std::to_string(entry.set.zone_minutes / 15)));
      row.push_back(TextOrNull(entry.set.compression));
    }
    report.rows.push_back(std::move(row));
  }
  return report;
}

RestoreReport FileListReport(const BackupSet& set) {
  RestoreReport report;
  report.columns = ColumnsOf(kFileColumns);
  for (const BackupFile& entry : set.files) {
    const DatabaseFile& file = entry.file;
    const bool based = !file.log && IsDifferential(set.type) && !file.base.lsn.IsNone();
    report.rows.push_back({Text(file.logical),
                           Text(file.physical),
                           Text(file.log ? "L" : "D"),
                           TextOrNull(entry.file_group),
                           DecimalOf(file.size_pages * 8192),
                           DecimalOf(file.max_pages < 0 ? 35184372080640 : file.max_pages * 8192),
                           Int(file.id),
                           LsnOrZero(file.create_lsn),
                           DecimalOf(0),
                           GuidOf(file.guid),
                           DecimalOf(0),
                           DecimalOf(0),
                           Int(entry.bytes),
                           Int(512),
                           Int(file.file_group),
                           {},
                           based ? file.base.lsn.ToValue() : DecimalOf(0),
                           based ? GuidOf(file.base.guid) : Value(),
                           Bit(set.read_only || entry.read_only),
                           Bit(entry.present),
                           {},
                           {}});
  }
  return report;
}

RestoreReport LabelReport(const Media& media) {
  const MediaHeader& header = media.header;
  RestoreReport report;
  report.columns = ColumnsOf(kLabelColumns);
  report.rows.push_back({TextOrNull(header.name), GuidOf(header.media_guid),
                         Int(header.family_count), Int(header.family), GuidOf(header.family_guid),
                         Int(1), Int(0), TextOrNull(header.description),
                         Text("Microsoft SQL Server"), Int(4608), TimeOf(header.date),
                         Int(header.mirror_count), Bit(header.compressed)});
  return report;
}

}  // namespace dbstow::doubles::sqlserver
