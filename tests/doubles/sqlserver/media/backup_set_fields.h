#pragma once

#include "doubles/sqlserver/media/backup_set.h"
#include "doubles/sqlserver/model/database_fields.h"

namespace dbstow::doubles::sqlserver {

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, BackupFile>
void Fields(Archive& archive, T& file) {
  archive("file", file.file);
  archive("file_group", file.file_group);
  archive("bytes", file.bytes);
  archive("present", file.present);
  archive("read_only", file.read_only);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, BackupSet>
void Fields(Archive& archive, T& set) {
  archive("guid", set.guid);
  archive("type", set.type);
  archive("name", set.name);
  archive("description", set.description);
  archive("position", set.position);
  archive("user", set.user);
  archive("server", set.server);
  archive("database", set.database);
  archive("owner", set.owner);
  archive("database_version", set.database_version);
  archive("database_creation", set.database_creation);
  archive("size", set.size);
  archive("compressed_size", set.compressed_size);
  archive("first_lsn", set.first_lsn);
  archive("last_lsn", set.last_lsn);
  archive("checkpoint_lsn", set.checkpoint_lsn);
  archive("database_backup_lsn", set.database_backup_lsn);
  archive("start", set.start);
  archive("finish", set.finish);
  archive("expiration", set.expiration);
  archive("compatibility_level", set.compatibility_level);
  archive("version_major", set.version_major);
  archive("version_build", set.version_build);
  archive("collation", set.collation);
  archive("database_guid", set.database_guid);
  archive("family_guid", set.family_guid);
  archive("forks", set.forks);
  archive("recovery_model", set.recovery_model);
  archive("base", set.base);
  archive("zone_minutes", set.zone_minutes);
  archive("last_valid_restore_time", set.last_valid_restore_time);
  archive("compressed", set.compressed);
  archive("compression", set.compression);
  archive("has_bulk_changes", set.has_bulk_changes);
  archive("read_only", set.read_only);
  archive("single_user", set.single_user);
  archive("checksums", set.checksums);
  archive("damaged", set.damaged);
  archive("begins_chain", set.begins_chain);
  archive("copy_only", set.copy_only);
  archive("tail", set.tail);
  archive("metadata_only", set.metadata_only);
  archive("incomplete_metadata", set.incomplete_metadata);
  archive("key_algorithm", set.key_algorithm);
  archive("thumbprint", set.thumbprint);
  archive("files", set.files);
  archive("members", set.members);
  archive("media_set_id", set.media_set_id);
  archive("families", set.families);
}

template <class Archive, class T>
  requires std::is_same_v<std::remove_const_t<T>, MediaHeader>
void Fields(Archive& archive, T& header) {
  archive("media_guid", header.media_guid);
  archive("family_guid", header.family_guid);
  archive("family_count", header.family_count);
  archive("family", header.family);
  archive("mirror_count", header.mirror_count);
  archive("name", header.name);
  archive("description", header.description);
  archive("date", header.date);
  archive("compressed", header.compressed);
  archive("encrypted", header.encrypted);
}

}  // namespace dbstow::doubles::sqlserver
